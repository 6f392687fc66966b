"""LMAM: low-rank matching attention, a light module that fuses modalities inside other models.

Source: Shou et al., *A Low-rank Matching Attention based Cross-modal Feature Fusion Method for Conversational Emotion
Recognition*, IEEE Transactions on Affective Computing 2024 (arXiv:2306.17799v2). Equation numbers are the paper's.

The module comes first and can be read alone; ``lmam`` as the name of a model is EmoCaps with it.

Axis letters: B dialogues, T utterances that query, S utterances that are attended, M modalities, D width, W = D + 1,
r rank.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import InputError
from erc_core.models._fusion import FUSIONS, Fused, Fusion, Streams
from erc_core.models.base import MODELS
from erc_core.models.emocaps import EmoCaps


class LowRankLinear(nn.Module):
    """A linear layer whose weight is a product ``down @ up`` of inner size r, which is never multiplied out.

    Source:
        LMAM, eq. 8 and 9. As printed they sum vectors and have no rank; Fig. 2 shows the product that is meant.
    """

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        if not 1 <= rank <= width:
            raise InputError("A weight cannot have that rank", got=rank, allowed=f"1 to {width}")
        self.down = nn.Parameter(torch.randn(width, rank) / math.sqrt(width))
        self.up = nn.Parameter(torch.randn(rank, width) / math.sqrt(rank))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., W)`` to ``(..., W)`` in two steps through r."""
        return x @ self.down @ self.up + self.bias

    def singular_values(self) -> Tensor:
        """Return the singular values of ``down @ up`` that can differ from zero, ``(r,)``, largest first."""
        left = torch.linalg.qr(self.down.detach().double()).R  # (r, r)
        right = torch.linalg.qr(self.up.detach().double().T).R
        values: Tensor = torch.linalg.svdvals(left @ right.T)
        return values


class MatchingAttention(nn.Module):
    """One modality matched against itself and all others: the only projection is the query's.

    Args:
        width: D
        rank: of the query weight

    Source:
        LMAM, eq. 4 to 7. d_k, which the paper calls a sequence length, is the width W. Algorithm 1 ends in a GELU
        residual; this follows eq. 7.
    """

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        self.query = LowRankLinear(width + 1, rank)
        self.norm = nn.LayerNorm(width + 1)
        self.out = nn.Linear(width + 1, width)

    def forward(self, own: Tensor, others: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Match the utterances of one modality with those of all.

        Args:
            own: this modality's features behind which stands a 1, ``(B, T, W)``
            others: the same of all modalities, its own among them, ``(B, M, S, W)``; they are keys and values alike
            present: which of them are there, ``(B, M, S)``

        Returns:
            the fused features ``(B, T, D)`` and the attention ``(B, T, M, S)``; the weights of each modality sum to
            one, or to zero where it is absent from the whole dialogue
        """
        B, T, W = own.shape
        M, S = present.shape[1:]
        keys = others.reshape(B, M * S, W)
        scores = torch.tanh(self.query(own) @ keys.transpose(1, 2) / math.sqrt(W)).view(B, T, M, S)  # eq. 4, 5
        weights = masked_softmax(scores, present.unsqueeze(1))
        # Intra- and inter-modal matches are fused by their mean over the modalities that the dialogue has.
        matched = weights.view(B, T, M * S) @ keys / present.any(-1).sum(-1).clamp_min(1).view(B, 1, 1)  # eq. 6
        return F.relu(self.out(self.norm(matched + own))), weights  # eq. 7


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return the softmax over the last axis where ``mask``; a row without any real position is zero."""
    shares = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
    return shares * mask


@FUSIONS.add("lmam")
class LowRankMatching(Fusion):
    """The whole module: matching attention of every modality, each with a low-rank weight of its own.

    Source:
        LMAM, eq. 3 and Algorithm 1; a column of ones behind the features keeps what is said by one modality alone.
    """

    title: ClassVar[str] = "LMAM"

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        self.matching = nn.ModuleList([MatchingAttention(shape.width, settings["rank"]) for _ in range(shape.count)])

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        padded = F.pad(streams, (0, 1), value=1.0).transpose(1, 2)  # (B, M, T, W), eq. 3
        there = present.transpose(1, 2)  # (B, M, T)
        found = [match(padded[:, i], padded, there) for i, match in enumerate(self.matching)]
        values = torch.stack([fused for fused, _ in found], 2) * present.unsqueeze(-1)  # (B, T, M, D)
        attention = torch.stack([weights for _, weights in found], 2)  # (B, T, M, M, T)
        return Fused(values, attention * present[..., None, None])

    def singular_values(self) -> dict[int, Tensor]:
        """Return each modality's; see :class:`Fusion`."""
        found = {}
        for i, match in enumerate(self.matching):
            if isinstance(match, MatchingAttention):
                found[i] = match.query.singular_values()
        return found


@MODELS.add("lmam")
class Lmam(EmoCaps):
    """EmoCaps with the module behind its feature extraction: the pair that the paper reports as its best."""

    card = replace(
        EmoCaps.card,
        name="lmam",
        title="LMAM",
        paper="Shou et al. 2024, A Low-rank Matching Attention based Cross-modal Feature Fusion Method for "
        "Conversational Emotion Recognition, IEEE Transactions on Affective Computing (arXiv:2306.17799v2)",
        deviations=(
            "The weight is W = U V with inner size r: eq. 8 and 9 as printed sum vectors and are not low-rank.",
            "d_k in eq. 5 is the width; the paper calls it a sequence length.",
            "The output is eq. 7 (norm, linear, ReLU); Algorithm 1 ends in a GELU residual instead.",
            "How intra- and inter-modal matches are fused is not said: we take the mean over modalities.",
            *EmoCaps.card.deviations,
        ),
        role="system",
        finding=(
            "Trained anew with three seeds on the composite corpus, the module leaves five of seven backbones as good "
            "as without it and makes bc-LSTM and MM-DFN worse. Likely because the corpus pairs voices and faces with "
            "words by their label alone: beyond it there is nothing between modalities to match."
        ),
    )
    defaults: ClassVar[Mapping[str, Any]] = {**EmoCaps.defaults, "fusion": "lmam", "embedding": "late"}
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "early": {"embedding": "early"},
        "residual": {"embedding": "early_residual"},
        **{f"rank{rank}": {"rank": rank} for rank in (5, 15, 25, 35, 55, 65, 75)},
    }
