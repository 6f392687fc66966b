"""TextCNN: filters of several lengths and the largest answer of each, without any conversation.

Source: Kim, *Convolutional Neural Networks for Sentence Classification*, EMNLP 2014, used by LMAM (Shou et al. 2024,
section V) on the features of three modalities. Axis letters: B dialogues, T utterances, M modalities, D width, F
filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.models._backbone import Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models.base import MODELS, Batch

LENGTHS = (3, 4, 5)  # section 3.1 of the paper


class Filters(nn.Module):
    """Filters of three lengths along one signal."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv1d(1, filters, length) for length in LENGTHS])

    def forward(self, signal: Tensor) -> Tensor:
        """Return the largest answer of each filter to signals ``(N, D)``, ``(N, 3 F)``."""
        return torch.cat([F.relu(convolve(signal.unsqueeze(1)).amax(-1)) for convolve in self.convolutions], -1)


@MODELS.add("text_cnn")
class TextCnn(Backbone):
    """Filters along the feature vector of each modality."""

    card = backbone_card(
        "text_cnn",
        "TextCNN",
        "Kim 2014, Convolutional Neural Networks for Sentence Classification, EMNLP",
        "The filters run along the utterance's feature vector, as LMAM feeds it; the paper's run along its words.",
        "Without LMAM no utterance sees another one.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"filters": 32}  # of each length

    def build_extraction(self, shape: Streams) -> Streams:
        """Make filters of three lengths for each modality."""
        filters = self.config["filters"]
        self.filters = nn.ModuleList([Filters(filters) for _ in range(shape.count)])
        return Streams(shape.count, filters * len(LENGTHS))

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the largest answer of each filter, ``(B, T, M, 3 F)``."""
        B, T, _, _ = streams.shape
        found = [filters(streams[:, :, m].flatten(0, 1)).view(B, T, -1) for m, filters in enumerate(self.filters)]
        return self.dropout(torch.stack(found, 2)), {}
