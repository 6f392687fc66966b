"""EmoCaps: the emotion of each modality by a transformer, gathered in a capsule, read in context by an LSTM.

Source: Li et al., *EmoCaps: Emotion Capsule based Model for Conversational Emotion Recognition*, Findings of ACL 2022.
Axis letters: B dialogues, T utterances, M modalities, D width, H states of both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from erc_core.models._backbone import TINY_BACKBONE, Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models._layers import EncoderLayer, run_lstm, sinusoids
from erc_core.models.base import MODELS, Batch


class Emoformer(nn.Module):
    """A transformer encoder and a mapping network that leave the emotion of one modality.

    Source:
        EmoCaps, its Emoformer block.
    """

    def __init__(self, width: int, heads: int, mapping: int, dropout: float) -> None:
        super().__init__()
        self.encoder = EncoderLayer(width, heads, 2 * width, dropout)
        layers: list[nn.Module] = []
        for _ in range(mapping):
            layers += [nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout)]
        self.mapping = nn.Sequential(*layers, nn.Linear(width, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return emotion vectors ``(B, T, D)`` of ``x`` ``(B, T, D)``; ``mask`` ``(B, T)`` are the real ones."""
        out: Tensor = self.mapping(self.encoder(x, mask))
        return out


@MODELS.add("emocaps")
class EmoCaps(Backbone):
    """Emoformers, the capsule, the context LSTM."""

    card = backbone_card(
        "emocaps",
        "EmoCaps",
        "Li et al. 2022, EmoCaps: Emotion Capsule based Model for Conversational Emotion Recognition, Findings of ACL",
        "The Emoformers attend over the utterances of the dialogue, since an utterance is one vector here.",
        "The sentence vector is added to the words' emotion vector; the paper's capsule holds it beside.",
        "The mapping network has two hidden layers (`mapping`); the paper has five.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"heads": 4, "mapping": 2, "state": 96}
    tiny: ClassVar[Mapping[str, Any]] = {**TINY_BACKBONE, "heads": 2, "mapping": 1, "state": 4}

    def build_extraction(self, shape: Streams) -> Streams:
        """Make an Emoformer for each modality."""
        c = self.config
        self.emoformers = nn.ModuleList(
            [Emoformer(shape.width, c["heads"], c["mapping"], c["dropout"]) for _ in range(shape.count)]
        )
        return shape

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return each modality's emotion vectors ``(B, T, M, D)``; the first takes the sentence's own vector in."""
        _, T, _, D = streams.shape
        present = self.present(batch)
        placed = streams + sinusoids(T, D, streams.device).unsqueeze(1)
        found = [former(placed[:, :, m], present[..., m]) for m, former in enumerate(self.emoformers)]
        # The capsule holds the sentence vector beside the emotion vectors; adding it keeps one width for all streams.
        found[0] = found[0] + streams[:, :, 0]
        return torch.stack(found, 2) * present.unsqueeze(-1), {}

    def build_combination(self, shape: Streams) -> int:
        """Make the context LSTM over the capsule."""
        state = int(self.config["state"])
        self.context = nn.LSTM(shape.count * shape.width, state, batch_first=True, bidirectional=True)
        return 2 * state

    def combine(self, streams: Tensor, batch: Batch) -> Tensor:
        """Read the capsules of the dialogue in both directions, ``(B, T, H)``."""
        return run_lstm(self.context, streams.flatten(2), batch.utterances)
