"""An encoder with a linear head: how encoders are trained and measured on their own corpora."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.face_encoder import FaceEncoder
from erc_core.features.text import TARGET
from erc_core.features.text_encoder import TextEncoder


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """Average ``(N, L, D)`` over the real positions ``(N, L)``; returns ``(N, D)``."""
    weights = mask.to(states.dtype).unsqueeze(-1)
    return (states * weights).sum(1) / weights.sum(1).clamp_min(1.0)


class TextClassifier(nn.Module):
    """The text encoder with a head over the mean of the target utterance's tokens."""

    def __init__(self, encoder: TextEncoder, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.width, classes)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return logits ``(N, C)`` of token ids and segments ``(N, L, 2)`` with their mask ``(N, L)``."""
        last = self.encoder(tokens, mask)[-1]
        logits: Tensor = self.head(self.dropout(pooled(last, mask & (tokens[..., 1] == TARGET)))).float()
        return logits


class AcousticClassifier(nn.Module):
    """The acoustic encoder with a head over the mean of its last layer."""

    def __init__(self, encoder: AcousticEncoder, classes: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.width, classes)

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """Return logits ``(N, C)`` of log-mel frames ``(N, L, 80)`` with their mask ``(N, L)``."""
        states, kept = self.encoder(mel, mask)
        logits: Tensor = self.head(self.dropout(pooled(states[-1], kept))).float()
        return logits


class FaceClassifier(nn.Module):
    """The face encoder with a head."""

    def __init__(self, encoder: FaceEncoder, classes: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.width, classes)

    def forward(self, faces: Tensor) -> Tensor:
        """Return logits ``(N, C)`` of grey faces ``(N, 48, 48)``."""
        logits: Tensor = self.head(self.dropout(self.encoder(faces))).float()
        return logits


def face_logits(model: nn.Module, faces: Tensor, batch: int = 256) -> Tensor:
    """Return logits ``(N, C)`` on the CPU: the mean of each face's and its mirror image's."""
    parts = [model(part.float()) + model(part.flip(-1).float()) for part in torch.split(faces, batch)]
    return torch.cat(parts).float().cpu() / 2


def logits(model: nn.Module, values: Tensor, mask: Tensor, batch: int = 64) -> Tensor:
    """Run a classifier on items of alike lengths at a time; returns logits ``(N, C)`` on the CPU."""
    lengths = mask.sum(-1)
    order = lengths.argsort()
    parts = []
    for index in torch.split(order, batch):
        length = int(lengths[index].max())
        parts.append(model(values[index, :length], mask[index, :length]).float().cpu())
    joined = torch.cat(parts)
    return torch.empty_like(joined).index_copy_(0, order.cpu(), joined)


def probabilities(model: nn.Module, values: Tensor, mask: Tensor, batch: int = 64) -> Tensor:
    """Run a classifier like :func:`logits`; returns probabilities ``(N, C)`` on the CPU."""
    return logits(model, values, mask, batch).softmax(-1)
