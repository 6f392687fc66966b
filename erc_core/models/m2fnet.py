"""M2FNet: transformers over the utterances of each modality, then attention that brings them into the words.

Source: Chudasama et al., *M2FNet: Multi-modal Fusion Network for Emotion Recognition in Conversation*, CVPR Workshops
2022. Axis letters: B dialogues, T utterances, M modalities, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import InputError
from erc_core.models._backbone import TINY_BACKBONE, Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models._layers import Attention, EncoderLayer, sinusoids
from erc_core.models.base import MODELS, Batch


class ResidualEncoder(nn.Module):
    """Encoder layers over the utterances of one modality, with what went in added at the end."""

    def __init__(self, width: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList([EncoderLayer(width, heads, 2 * width, dropout) for _ in range(layers)])

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode ``x`` ``(B, T, D)`` with real positions ``mask`` ``(B, T)``."""
        encoded = x + sinusoids(x.shape[1], x.shape[2], x.device)
        for layer in self.layers:
            encoded = layer(encoded, mask)
        return encoded + x


class FusionAttention(nn.Module):
    """One layer of the paper's multi-head attention fusion: the first stream takes from each of the others."""

    def __init__(self, width: int, others: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([Attention(width, heads, dropout) for _ in range(others)])
        self.join = nn.Linear((others + 1) * width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, first: Tensor, others: Tensor, present: Tensor) -> Tensor:
        """Return ``(B, T, D)`` from the first stream ``(B, T, D)`` and the others ``(B, T, M - 1, D)``."""
        taken = [a(first, others[:, :, m], present[..., m])[0] for m, a in enumerate(self.attentions)]
        out: Tensor = self.norm(first + F.relu(self.join(torch.cat([first, *taken], -1))))
        return out


@MODELS.add("m2fnet")
class M2FNet(Backbone):
    """Transformer encoders with residuals, then the fusion attention."""

    card = backbone_card(
        "m2fnet",
        "M2FNet",
        "Chudasama et al. 2022, M2FNet: Multi-modal Fusion Network for Emotion Recognition in Conversation, CVPR "
        "Workshops",
        "Two encoder and two fusion layers; the paper has five of each.",
        "In the fusion the words query the sound and the picture.",
        "Only the conversation level is here: the paper's extractors with triplet loss are replaced by our encoders.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"layers": 2, "heads": 4}
    tiny: ClassVar[Mapping[str, Any]] = {**TINY_BACKBONE, "layers": 1, "heads": 2}

    def build_extraction(self, shape: Streams) -> Streams:
        """Make a stack of encoder layers for each modality."""
        c = self.config
        self.contexts = nn.ModuleList(
            [ResidualEncoder(shape.width, c["layers"], c["heads"], c["dropout"]) for _ in range(shape.count)]
        )
        return shape

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Encode each modality over the dialogue, ``(B, T, M, D)``."""
        present = self.present(batch)
        found = [encode(streams[:, :, m], present[..., m]) for m, encode in enumerate(self.contexts)]
        return torch.stack(found, 2) * present.unsqueeze(-1), {}

    def build_combination(self, shape: Streams) -> int:
        """Make the fusion attention over the streams.

        Raises:
            InputError: a fusion module before it has made one stream of all
        """
        if shape.count != len(self.widths):
            raise InputError(
                "M2FNet fuses several streams itself", got=self.config["fusion"], allowed="a module that keeps streams"
            )
        c = self.config
        self.mixing = nn.ModuleList(
            [FusionAttention(shape.width, shape.count - 1, c["heads"], c["dropout"]) for _ in range(c["layers"])]
        )
        return shape.count * shape.width

    def combine(self, streams: Tensor, batch: Batch) -> Tensor:
        """Bring the other modalities into the first and put all side by side, ``(B, T, M * D)``."""
        first, others, present = streams[:, :, 0], streams[:, :, 1:], self.present(batch)[..., 1:]
        for layer in self.mixing:
            first = layer(first, others, present)
        return torch.cat([first.unsqueeze(2), others], 2).flatten(2)
