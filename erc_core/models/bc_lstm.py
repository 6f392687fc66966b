"""bc-LSTM: a bidirectional LSTM over the utterances of each modality, then one over all.

Source: Poria et al., *Context-Dependent Sentiment Analysis in User-Generated Videos*, ACL 2017. Axis letters: B
dialogues, T utterances, M modalities, D width, H states of both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from erc_core.models._backbone import Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models._layers import run_lstm
from erc_core.models.base import MODELS, Batch


@MODELS.add("bc_lstm")
class BcLstm(Backbone):
    """The hierarchical variant of the paper: unimodal contexts feed a multimodal one."""

    card = backbone_card(
        "bc_lstm",
        "bc-LSTM",
        "Poria et al. 2017, Context-Dependent Sentiment Analysis in User-Generated Videos, ACL",
        "Both levels are trained at once; the paper trains the unimodal level first and keeps it.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"state": 64}  # of one direction

    def build_extraction(self, shape: Streams) -> Streams:
        """Make one contextual LSTM a modality."""
        state = self.config["state"]
        self.unimodal = nn.ModuleList(
            [nn.LSTM(shape.width, state, batch_first=True, bidirectional=True) for _ in range(shape.count)]
        )
        return Streams(shape.count, 2 * state)

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Read each modality of the dialogue in both directions, ``(B, T, M, H)``."""
        states = [run_lstm(lstm, streams[:, :, m], batch.utterances) for m, lstm in enumerate(self._unimodal())]
        return self.dropout(torch.stack(states, 2)), {}

    def _unimodal(self) -> list[nn.LSTM]:
        return [module for module in self.unimodal if isinstance(module, nn.LSTM)]

    def build_combination(self, shape: Streams) -> int:
        """Make the contextual LSTM over all modalities."""
        state = int(self.config["state"])
        self.multimodal = nn.LSTM(shape.count * shape.width, state, batch_first=True, bidirectional=True)
        return 2 * state

    def combine(self, streams: Tensor, batch: Batch) -> Tensor:
        """Read the modalities together, ``(B, T, H)``."""
        return run_lstm(self.multimodal, streams.flatten(2), batch.utterances)
