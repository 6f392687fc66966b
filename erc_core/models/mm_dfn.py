"""MM-DFN: a graph of all utterances of all modalities, fused layer by layer through gates.

Source: Hu et al., *MM-DFN: Multimodal Dynamic Fusion Network for Emotion Recognition in Conversations*, ICASSP 2022.
Axis letters: B dialogues, T utterances, M modalities, D width, N = M * T nodes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.models._backbone import Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models._layers import run_lstm
from erc_core.models.base import MODELS, Batch

KEPT = 0.2  # share of the first layer in every layer, alpha of GCNII
DECAY = 0.5  # eta of GCNII: layer k mixes its weight in by log(eta / k + 1)


def graph(nodes: Tensor, present: Tensor) -> Tensor:
    """Return the normalised adjacency of a dialogue's graph.

    Args:
        nodes: ``(B, M, T, D)``
        present: which of them are there, ``(B, M, T)``

    Returns:
        ``(B, N, N)``: utterances of one modality are all joined, the modalities of one utterance too; an edge weighs
        as much as its ends are alike (one minus their angle over pi); rows and columns of absent nodes are zero

    Source:
        MM-DFN, whose graph is that of Hu et al. 2021 (MMGCN).
    """
    M, T = nodes.shape[1:3]
    flat, there = nodes.flatten(1, 2), present.flatten(1, 2)
    unit = F.normalize(flat, dim=-1)
    cosine = (unit @ unit.transpose(1, 2)).clamp(-1 + 1e-6, 1 - 1e-6)
    modality = torch.arange(M, device=nodes.device).repeat_interleave(T)
    utterance = torch.arange(T, device=nodes.device).repeat(M)
    joined = (modality[:, None] == modality) | (utterance[:, None] == utterance)
    weights = (1 - torch.arccos(cosine) / math.pi) * joined * (there[:, :, None] & there[:, None])
    scale = weights.sum(-1).clamp_min(1e-6).rsqrt() * there
    return scale[:, :, None] * weights * scale[:, None]


@MODELS.add("mm_dfn")
class MmDfn(Backbone):
    """Context and speakers of each modality, then dynamic fusion on the graph."""

    card = backbone_card(
        "mm_dfn",
        "MM-DFN",
        "Hu et al. 2022, MM-DFN: Multimodal Dynamic Fusion Network for Emotion Recognition in Conversations, ICASSP",
        "Four layers instead of sixteen (`layers`), and a BiLSTM for the context of every modality, where the paper "
        "has a BiGRU for text and linear layers for the others.",
        "The gates of the dynamic fusion are those of one LSTM cell shared by all layers.",
        "Speakers are embedded by order of appearance; those beyond the eighth share one embedding.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"layers": 4, "speakers": 9}

    def build_extraction(self, shape: Streams) -> Streams:
        """Make the context encoders, the speaker embedding and the graph's layers."""
        D = shape.width
        self.context = nn.ModuleList(
            [nn.LSTM(D, D // 2, batch_first=True, bidirectional=True) for _ in range(shape.count)]
        )
        self.speaker = nn.Embedding(self.config["speakers"], D)
        self.layers = nn.ModuleList([nn.Linear(D, D, bias=False) for _ in range(self.config["layers"])])
        self.gates = nn.LSTMCell(D, D)
        return Streams(shape.count, 2 * D)

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return what entered the graph beside what the gates kept, ``(B, T, M, 2 D)``."""
        B, T, M, D = streams.shape
        present = self.present(batch)
        states = [run_lstm(lstm, streams[:, :, m], batch.utterances) for m, lstm in enumerate(self._contexts())]
        voices = self.speaker(batch.speakers.clamp_max(self.config["speakers"] - 1))
        first = self.dropout(torch.stack(states, 1) + voices.unsqueeze(1))  # (B, M, T, D)
        joined = graph(first, present.transpose(1, 2))
        first = first.flatten(1, 2)  # (B, N, D)
        hidden = first
        kept = cell = first.new_zeros(B * M * T, D)
        for k, layer in enumerate(self.layers):
            mixed = (1 - KEPT) * joined @ hidden + KEPT * first
            share = math.log(DECAY / (k + 1) + 1)
            hidden = F.relu((1 - share) * mixed + share * layer(mixed))
            kept, cell = self.gates(hidden.reshape(B * M * T, D), (kept, cell))
            hidden = self.dropout(hidden + kept.view_as(hidden))
        out = torch.cat([first, kept.view(B, M * T, D)], -1).view(B, M, T, 2 * D).transpose(1, 2)
        return out * present.unsqueeze(-1), {}

    def _contexts(self) -> list[nn.LSTM]:
        return [module for module in self.context if isinstance(module, nn.LSTM)]
