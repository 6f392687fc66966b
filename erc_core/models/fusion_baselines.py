"""The fusion methods that the papers compare themselves with, on the same features.

Each is a module that any backbone takes by name, and a model of its own: features, fusion, classifier, and no other
context. Modules that attend do so over the utterances of the dialogue.

Axis letters: B dialogues, T utterances, M modalities, D width, r rank, N = B * M.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.models._backbone import Backbone, backbone_card
from erc_core.models._fusion import FUSIONS, Fused, Fusion, Streams
from erc_core.models._layers import Attention, EncoderLayer, feed_forward, sinusoids
from erc_core.models.base import MODELS, Batch
from erc_core.models.lmam import masked_softmax

HEADS = 4
LAYERS = 2
DROPOUT = 0.1
NARROW = 16  # width to which TFN brings each modality, since its product has (NARROW + 1)^M numbers
BOTTLENECKS = 4


@FUSIONS.add("add")
class Add(Fusion):
    """The sum of the modalities."""

    title: ClassVar[str] = "Add"
    keeps_streams: ClassVar[bool] = False

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        self.out = Streams(1, shape.width)

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        return Fused(streams.sum(2, keepdim=True))


@FUSIONS.add("concatenate")
class Concatenate(Fusion):
    """The modalities side by side."""

    title: ClassVar[str] = "Concatenate"

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        return Fused(streams)


@FUSIONS.add("tfn")
class TensorFusion(Fusion):
    """The outer product of all modalities, each with a 1 behind it, so that all subsets of factors are in it.

    Source:
        Zadeh et al. 2017 (Tensor Fusion Network), over modalities brought to a small width first.
    """

    title: ClassVar[str] = "TFN"
    keeps_streams: ClassVar[bool] = False

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        narrow = min(NARROW, shape.width)
        self.narrow = nn.ModuleList([nn.Linear(shape.width, narrow) for _ in range(shape.count)])
        self.wide = nn.Linear((narrow + 1) ** shape.count, shape.width)
        self.out = Streams(1, shape.width)

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        B, T, M, _ = streams.shape
        product = streams.new_ones(B, T, 1)
        for m in range(M):
            factor = F.pad(torch.tanh(self.narrow[m](streams[:, :, m])) * present[..., m, None], (0, 1), value=1.0)
            product = (product.unsqueeze(-1) * factor.unsqueeze(-2)).flatten(2)  # (B, T, (D' + 1)^m)
        return Fused(F.relu(self.wide(product)).unsqueeze(2))


@FUSIONS.add("lmf")
class LowRankFusion(Fusion):
    """The tensor fusion above through factors of low rank, one set a modality.

    Source:
        Liu et al. 2018, Efficient Low-rank Multimodal Fusion with Modality-Specific Factors.
    """

    title: ClassVar[str] = "LMF"
    keeps_streams: ClassVar[bool] = False

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        D, rank = shape.width, settings["rank"]
        self.factors = nn.Parameter(torch.randn(shape.count, rank, D + 1, D) / math.sqrt(D))
        self.weights = nn.Parameter(torch.randn(rank) / math.sqrt(rank))
        self.bias = nn.Parameter(torch.zeros(D))
        self.out = Streams(1, D)

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        padded = F.pad(streams, (0, 1), value=1.0)  # (B, T, M, D + 1)
        product = torch.einsum("btmw,mrwd->btmrd", padded, self.factors).prod(2)  # (B, T, r, D)
        return Fused((torch.einsum("btrd,r->btd", product, self.weights) + self.bias).unsqueeze(2))


@FUSIONS.add("self_attention")
class SelfAttention(Fusion):
    """Cross-modal self-attention with full query, key and value weights of every modality, else as LMAM is built.

    It attends over the same pairs, ends in the same norm, linear layer and ReLU, and differs in what it learns: this
    is what LMAM's size and speed are held against.

    Source:
        Vaswani et al. 2017, eq. 1, placed as LMAM's Fig. 1b has it.
    """

    title: ClassVar[str] = "Self-attention"

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        M, D = range(shape.count), shape.width
        self.query = nn.ModuleList([nn.Linear(D, D) for _ in M])
        self.key = nn.ModuleList([nn.Linear(D, D, bias=False) for _ in M])  # a bias would cancel in the softmax
        self.value = nn.ModuleList([nn.Linear(D, D) for _ in M])
        self.norm = nn.ModuleList([nn.LayerNorm(D) for _ in M])
        self.last = nn.ModuleList([nn.Linear(D, D) for _ in M])

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        B, T, M, D = streams.shape
        there = present.transpose(1, 2).unsqueeze(1)  # (B, 1, M, T)
        keys = torch.stack([self.key[j](streams[:, :, j]) for j in range(M)], 1).flatten(1, 2)
        values = torch.stack([self.value[j](streams[:, :, j]) for j in range(M)], 1).flatten(1, 2)
        count = there.any(-1).sum(-1).clamp_min(1).view(B, 1, 1)
        fused, attention = [], []
        for i in range(M):
            query = self.query[i](streams[:, :, i])  # (B, T, D)
            shares = masked_softmax((query @ keys.transpose(1, 2) / math.sqrt(D)).view(B, T, M, T), there)
            mixed = shares.view(B, T, M * T) @ values / count
            fused.append(F.relu(self.last[i](self.norm[i](mixed + streams[:, :, i]))))
            attention.append(shares)
        return Fused(
            torch.stack(fused, 2) * present.unsqueeze(-1), torch.stack(attention, 2) * present[..., None, None]
        )


def heads_for(width: int) -> int:
    """Return the number of attention heads for a width: four where they fit, else one."""
    return HEADS if width % HEADS == 0 else 1


class CrossModalLayer(nn.Module):
    """Queries of one modality, memory of another (pre-norm).

    Source:
        Tsai et al. 2019, Multimodal Transformer for Unaligned Multimodal Language Sequences.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads_for(width), DROPOUT)
        self.norm_query = nn.LayerNorm(width)
        self.norm_memory = nn.LayerNorm(width)
        self.norm_inner = nn.LayerNorm(width)
        self.inner = feed_forward(width, 2 * width, DROPOUT)

    def forward(self, query: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Return ``(B, T, D)`` from queries ``(B, T, D)``, memory ``(B, T, D)`` and its mask ``(B, T)``."""
        query = query + self.attention(self.norm_query(query), self.norm_memory(memory), mask)[0]
        out: Tensor = query + self.inner(self.norm_inner(query))
        return out


@FUSIONS.add("mult")
class MulT(Fusion):
    """Every modality reinforced by each other one, then encoded by itself.

    Source:
        Tsai et al. 2019; over utterances of a dialogue, where the paper has words and frames of one utterance.
    """

    title: ClassVar[str] = "MulT"
    keeps_streams: ClassVar[bool] = False  # each goes out wider

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        M, D = shape.count, shape.width
        pairs = [(i, j) for i in range(M) for j in range(M) if i != j]
        self.cross = nn.ModuleDict({f"{i}-{j}": CrossModalStack(D) for i, j in pairs})
        wide = D * max(1, M - 1)
        self.own = nn.ModuleList([EncoderLayer(wide, heads_for(wide), 2 * wide, DROPOUT) for _ in range(M)])
        self.out = Streams(M, wide)

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        _, T, M, D = streams.shape
        placed = streams + sinusoids(T, D, streams.device).unsqueeze(1)
        fused = []
        for i in range(M):
            others = [j for j in range(M) if j != i]
            parts = [self.cross[f"{i}-{j}"](placed[:, :, i], placed[:, :, j], present[..., j]) for j in others]
            fused.append(self.own[i](torch.cat(parts or [placed[:, :, i]], -1), present[..., i]))
        return Fused(torch.stack(fused, 2) * present.unsqueeze(-1))


class CrossModalStack(nn.Module):
    """Layers in which one modality is reinforced by another."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([CrossModalLayer(width) for _ in range(LAYERS)])

    def forward(self, query: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Return ``(B, T, D)`` from queries ``(B, T, D)``, memory ``(B, T, D)`` and its mask ``(B, T)``."""
        for layer in self.layers:
            query = layer(query, memory, mask)
        return query


class BottleneckLayer(nn.Module):
    """One transformer layer a modality, each over its own utterances and the shared tokens."""

    def __init__(self, shape: Streams) -> None:
        super().__init__()
        D = shape.width
        self.own = nn.ModuleList([EncoderLayer(D, heads_for(D), 2 * D, DROPOUT) for _ in range(shape.count)])

    def forward(self, streams: Tensor, shared: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return the streams ``(B, T, M, D)`` and what the tokens ``(B, K, D)`` heard, on average."""
        T, K = streams.shape[1], shared.shape[1]
        always = present.new_ones(len(streams), K)
        parts, told = [], []
        for m, layer in enumerate(self.own):
            mask = torch.cat([present[..., m], always], 1)
            part, heard = layer(torch.cat([streams[:, :, m], shared], 1), mask).split([T, K], 1)
            parts.append(part)
            told.append(heard)
        return torch.stack(parts, 2), torch.stack(told).mean(0)


@FUSIONS.add("mbt")
class Bottleneck(Fusion):
    """Modalities that exchange through a few bottleneck tokens only.

    Source:
        Nagrani et al. 2021, Attention Bottlenecks for Multimodal Fusion, over utterances of a dialogue.
    """

    title: ClassVar[str] = "MBT"

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        D = shape.width
        self.tokens = nn.Parameter(torch.randn(BOTTLENECKS, D) * 0.02)
        self.layers = nn.ModuleList([BottleneckLayer(shape) for _ in range(LAYERS)])

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        B, T, _, D = streams.shape
        x, shared = streams + sinusoids(T, D, streams.device).unsqueeze(1), self.tokens.expand(B, -1, -1)
        for layer in self.layers:
            x, shared = layer(x, shared, present)
        return Fused(x * present.unsqueeze(-1))


@FUSIONS.add("single_stream")
class SingleStream(Fusion):
    """One transformer over the utterances of all modalities in one row.

    Source:
        Named single-stream attention by the papers, after joint encoders such as Chen et al. 2020 (UNITER).
    """

    title: ClassVar[str] = "Single-stream attention"

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__(shape, settings)
        D = shape.width
        self.kinds = nn.Parameter(torch.randn(shape.count, D) * 0.02)
        self.layers = nn.ModuleList([EncoderLayer(D, heads_for(D), 2 * D, DROPOUT) for _ in range(LAYERS)])

    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse; see :class:`Fusion`."""
        B, T, M, D = streams.shape
        x = (streams + sinusoids(T, D, streams.device).unsqueeze(1) + self.kinds).view(B, T * M, D)
        for layer in self.layers:
            x = layer(x, present.view(B, T * M))
        return Fused(x.view(B, T, M, D) * present.unsqueeze(-1))


class FusionBaseline(Backbone):
    """Features, one fusion module, a classifier."""

    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def build_extraction(self, shape: Streams) -> Streams:
        """Nothing is extracted beyond the features."""
        return shape

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features as they are."""
        return streams, {}


BASELINES: dict[str, tuple[type[Fusion], str]] = {
    "add": (Add, "The sum of the modalities (no paper of its own)"),
    "concatenate": (Concatenate, "The modalities side by side (no paper of its own)"),
    "tfn": (TensorFusion, "Zadeh et al. 2017, Tensor Fusion Network for Multimodal Sentiment Analysis, EMNLP"),
    "lmf": (
        LowRankFusion,
        "Liu et al. 2018, Efficient Low-rank Multimodal Fusion with Modality-Specific Factors, ACL",
    ),
    "self_attention": (SelfAttention, "Vaswani et al. 2017, Attention Is All You Need, NeurIPS"),
    "mult": (MulT, "Tsai et al. 2019, Multimodal Transformer for Unaligned Multimodal Language Sequences, ACL"),
    "mbt": (Bottleneck, "Nagrani et al. 2021, Attention Bottlenecks for Multimodal Fusion, NeurIPS"),
    "single_stream": (SingleStream, "Chen et al. 2020, UNITER: Universal Image-Text Representation Learning, ECCV"),
}


def _register(name: str, module: type[Fusion], paper: str) -> None:
    card = backbone_card(
        f"fusion_{name}",
        module.title,
        paper,
        "The module alone, between the features and a classifier; what attends does so over the utterances of the "
        "dialogue, where the paper has the words and frames of one utterance.",
    )
    about = {
        "__module__": __name__,
        "__doc__": f"{module.title} between the features and a classifier.",
        "card": replace(card, role="baseline"),
        "defaults": {"fusion": name},
    }
    MODELS.add(card.name)(type(f"{module.__name__}Baseline", (FusionBaseline,), about))


for _name, (_module, _paper) in BASELINES.items():
    _register(_name, _module, _paper)
