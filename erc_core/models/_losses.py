"""Losses of AMuSE that stand by themselves: for rare classes, and for telling instances apart."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def focal_loss(logits: Tensor, labels: Tensor, gamma: float, weight: Tensor) -> Tensor:
    """Return the mean of ``-(1 - p)^gamma log p`` of the true labels, each weighted by its class.

    Source:
        AMuSE, eq. 5, whose printed form lacks the logarithm.
    """
    log_p = logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    each = -((1 - log_p.exp()).clamp_min(1e-6) ** gamma) * log_p * weight[labels]
    return each.sum() / weight[labels].sum().clamp_min(1e-6)


def noise_contrast(first: Tensor, second: Tensor, temperature: float, modes: int) -> Tensor:
    """Tell an utterance's two descriptors from those of all others in the batch.

    Args:
        first: descriptors of one mode, ``(N, D)``
        second: of another mode, ``(N, D)``
        temperature: divisor of the cosines
        modes: the |M| of eq. 4

    Source:
        AMuSE, eq. 4, with ``log(1 - ...)`` in the negatives' term; P is a softmax of cosines over the batch.
    """
    scores = F.normalize(first, dim=-1) @ F.normalize(second, dim=-1).T / temperature
    share = scores.softmax(-1)  # (N, N)
    noise = max(len(first) - 1, 1) / modes
    own = torch.eye(len(first), dtype=torch.bool, device=first.device)
    drawn = share / (share + noise)
    positive = -drawn[own].clamp_min(1e-9).log()
    negative = -(1 - drawn).log().masked_fill(own, 0.0).sum(-1)
    return (positive + negative).mean()
