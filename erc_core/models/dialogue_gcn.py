"""DialogueGCN: utterances as the nodes of a graph, edges by who speaks and what comes first.

Source: Ghosal et al., *DialogueGCN: A Graph Convolutional Neural Network for Emotion Recognition in Conversation*,
EMNLP 2019. Axis letters: B dialogues, T utterances, H width of a node, R relations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.models._backbone import Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models._layers import run_lstm
from erc_core.models.base import MODELS, Batch


def edges(speakers: Tensor, utterances: Tensor, window: int) -> Tensor:
    """Return which utterances are joined by which relation.

    Args:
        speakers: ``(B, T)``
        utterances: which are real, ``(B, T)``
        window: how many utterances back and ahead an edge reaches

    Returns:
        ``(B, 4, T, T)`` as (relation, node, neighbour): the same speaker earlier, another one earlier, the same one
        now or later, another one later
    """
    place = torch.arange(speakers.shape[1], device=speakers.device)
    near = (place[:, None] - place).abs() <= window
    earlier = (place < place[:, None]).expand(len(speakers), -1, -1)
    same = speakers[:, :, None] == speakers[:, None]
    real = utterances[:, :, None] & utterances[:, None] & near
    kinds = (same & earlier, ~same & earlier, same & ~earlier, ~same & ~earlier)
    return torch.stack([kind & real for kind in kinds], 1)


@MODELS.add("dialogue_gcn")
class DialogueGcn(Backbone):
    """Sequential context, two graph convolutions, similarity attention."""

    card = backbone_card(
        "dialogue_gcn",
        "DialogueGCN",
        "Ghosal et al. 2019, DialogueGCN: A Graph Convolutional Neural Network for Emotion Recognition in "
        "Conversation, EMNLP",
        "Four relations (same or other speaker, earlier or not) take the place of two for each pair of speakers, so "
        "that any number of them may speak.",
        "Its features of the conversation are one stream: behind them LMAM would match utterances and not modalities; "
        "it stands before them, with a residual.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"state": 64, "window": 10, "embedding": "early_residual"}
    reported: ClassVar[Mapping[str, str]] = {
        "edges": "weight of the edge from each utterance within the window; rows sum to one"
    }

    def build_extraction(self, shape: Streams) -> Streams:
        """Make the sequential encoder, the edge weights and the convolutions."""
        state, H = self.config["state"], 2 * self.config["state"]
        self.sequence = nn.LSTM(shape.count * shape.width, state, batch_first=True, bidirectional=True)
        self.edge = nn.Linear(H, H, bias=False)
        self.relations = nn.ModuleList([nn.Linear(H, H, bias=False) for _ in range(4)])
        self.own = nn.Linear(H, H)
        self.neighbours = nn.Linear(H, H, bias=False)
        self.self_loop = nn.Linear(H, H)
        self.score = nn.Linear(2 * H, 2 * H, bias=False)
        return Streams(1, 2 * H)

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return nodes after the convolutions, ``(B, T, 1, 4 state)``, and the edge weights ``(B, T, T)``."""
        nodes = self.dropout(run_lstm(self.sequence, streams.flatten(2), batch.utterances))  # (B, T, H)
        joined = edges(batch.speakers, batch.utterances, self.config["window"])
        shares = _softmax(self.edge(nodes) @ nodes.transpose(1, 2), joined.any(1))
        first = shares.diagonal(dim1=1, dim2=2).unsqueeze(-1) * self.own(nodes)
        for r, relation in enumerate(self.relations):
            count = joined[:, r].sum(-1, keepdim=True).clamp_min(1)
            first = first + (shares * joined[:, r]) / count @ relation(nodes)
        first = F.relu(first)
        second = F.relu(joined.any(1).to(first.dtype) @ self.neighbours(first) + self.self_loop(first))
        both = self.dropout(torch.cat([nodes, second], -1))
        real = batch.utterances.unsqueeze(1).expand(-1, both.shape[1], -1)
        return (_softmax(self.score(both) @ both.transpose(1, 2), real) @ both).unsqueeze(2), {"edges": shares}


def _softmax(scores: Tensor, mask: Tensor) -> Tensor:
    return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1) * mask
