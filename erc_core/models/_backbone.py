"""A backbone: features in, features of the conversation out; a fusion module before it, in it, or none.

Axis letters: B dialogues, T utterances, M streams (modalities), D width, C classes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from erc_core.errors import InputError
from erc_core.models._fusion import FUSIONS, Fused, Fusion, Streams
from erc_core.models._traces import plain, traced
from erc_core.models._utterance import EXTRACTORS, TINY, UtteranceModel
from erc_core.models.base import Batch, ModelCard, ModelOutput
from erc_core.types import MODALITIES, LabelSet, TraceArray

Embedding = Literal["early", "early_residual", "late"]
DEFAULTS: dict[str, Any] = {
    "width": 128,  # every modality is first brought to this width
    "hidden": 128,  # of the classifier
    "dropout": 0.3,
    "fusion": "",  # a module's name; empty for none
    "embedding": "late",  # where the module stands, as suits the backbone
    "rank": 45,  # of LMAM's query weights and of LMF's factors
}
TINY_BACKBONE: dict[str, Any] = {**TINY, "width": 8, "hidden": 8, "rank": 3}
LICENCE = "Apache-2.0 (code); the weights follow their training data, see the checkpoint's card"
SHARED_DEVIATIONS = (
    "Reads one vector per modality and utterance of the encoders that all models here share, each brought to one "
    "width by a linear layer; the paper has features of its own.",
    "The classifier is one hidden layer for all backbones, trained with weighted cross-entropy.",
    "An absent modality is zero and is left out of every attention; the paper has all three always.",
)


def backbone_card(name: str, title: str, paper: str, *deviations: str) -> ModelCard:
    """Return the card of a backbone, with the deviations that all of them share at the end."""
    return ModelCard(
        name=name,
        title=title,
        paper=paper,
        modalities=MODALITIES,
        extractors=EXTRACTORS,
        sees_future=True,
        whole_dialogue=True,
        licence=LICENCE,
        deviations=(*deviations, *SHARED_DEVIATIONS),
        role="backbone",
    )


class Backbone(UtteranceModel):
    """The frame of all backbones.

    ``extract`` makes features in the context of the conversation, ``combine`` makes one vector of an utterance's
    streams. A fusion module stands before the first (``early``; ``early_residual`` adds what went in) or between the
    two (``late``).

    Source:
        LMAM (Shou et al. 2024), Fig. 4.
    """

    tiny: ClassVar[Mapping[str, Any]] = TINY_BACKBONE
    defaults: ClassVar[Mapping[str, Any]] = {}
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "lmam": {"fusion": "lmam"},
        "lmam_early": {"fusion": "lmam", "embedding": "early"},
        "lmam_residual": {"fusion": "lmam", "embedding": "early_residual"},
        "lmam_late": {"fusion": "lmam", "embedding": "late"},
        "attention": {"fusion": "self_attention"},
    }
    # Internals (B, T, T) of the backbone itself that belong into the trace, with what they mean.
    reported: ClassVar[Mapping[str, str]] = {}
    class_weights: Tensor

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__(labels, {**DEFAULTS, **self.defaults, **config})
        c = self.config
        if c["embedding"] not in get_args(Embedding):
            raise InputError(
                "Unknown way to embed a fusion module", got=c["embedding"], allowed=", ".join(get_args(Embedding))
            )
        self.project = nn.ModuleDict({m: nn.Linear(width, c["width"]) for m, width in self.widths.items()})
        self.dropout = nn.Dropout(c["dropout"])
        shape = Streams(len(self.widths), c["width"])
        self.streams: tuple[str, ...] = tuple(self.widths)  # names of what the fusion module mixes
        early = bool(c["fusion"]) and c["embedding"] != "late"
        self.fusion = self._fusion(shape) if early else None
        shape = self.build_extraction(shape)
        if c["fusion"] and not early:
            self.fusion = self._fusion(shape)
            self.streams = self.streams if shape.count == len(self.streams) else ("context",)
            shape = self.fusion.out
        width = self.build_combination(shape)
        self.head = nn.Sequential(
            nn.Linear(width, c["hidden"]), nn.ReLU(), nn.Dropout(c["dropout"]), nn.Linear(c["hidden"], len(labels))
        )
        self.register_buffer("class_weights", torch.ones(len(labels)))

    def _fusion(self, shape: Streams) -> Fusion:
        kind = FUSIONS.get(self.config["fusion"])
        if self.config["embedding"] != "late" and not kind.keeps_streams:
            raise InputError(
                f"{kind.title} makes one vector of all modalities and cannot stand before a backbone",
                got=self.config["embedding"],
                allowed="late",
            )
        return kind(shape, self.config)

    @abstractmethod
    def build_extraction(self, shape: Streams) -> Streams:
        """Make the submodules of ``extract`` for streams of this shape; returns the shape that it gives."""

    @abstractmethod
    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Make features in the context of the conversation.

        Args:
            streams: ``(B, T, M, D)``, zero where absent
            batch: gives masks and speakers

        Returns:
            features ``(B, T, M', D')`` and internals for the trace, each with leading axes ``(B, T)``
        """

    def build_combination(self, shape: Streams) -> int:
        """Make the submodules of ``combine``; returns the width that it gives."""
        return shape.count * shape.width

    def combine(self, streams: Tensor, batch: Batch) -> Tensor:
        """Make one vector ``(B, T, D')`` of an utterance's streams ``(B, T, M, D)``: here, side by side."""
        return streams.flatten(2)

    def present(self, batch: Batch) -> Tensor:
        """Return which of the configured modalities each real utterance has, ``(B, T, M)``."""
        columns = [MODALITIES.index(m) for m in self.widths]
        return batch.present[..., columns] & batch.utterances.unsqueeze(-1)

    def decode(self, encoded: Batch) -> ModelOutput:
        """Predict every utterance of a dialogue in its context."""
        present = self.present(encoded)
        vectors = self.vectors(encoded)
        projected = [self.project[m](vectors[m]) for m in self.widths]
        x = self.dropout(torch.stack(projected, 2)) * present.unsqueeze(-1)  # (B, T, M, D)
        early, late = self.config["embedding"] != "late", self.config["embedding"] == "late"
        fused: Fused | None = None
        if self.fusion is not None and early:
            fused = self.fusion(x, present)
            x = fused.values + x if self.config["embedding"] == "early_residual" else fused.values
        x, internals = self.extract(x, encoded)
        if self.fusion is not None and late:
            streams = present if x.shape[2] == present.shape[2] else encoded.utterances.unsqueeze(-1)
            fused = self.fusion(x, streams)
            x = fused.values
        combined = self.combine(x, encoded)
        internals["features_fused"] = combined
        if fused is not None and fused.attention is not None:
            internals["attention"] = fused.attention
        return ModelOutput(self.head(self.dropout(combined)).float(), {}, internals)

    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return the weighted cross-entropy over the labelled utterances."""
        known = batch.utterances & (batch.labels >= 0)
        return F.cross_entropy(output.logits[known], batch.labels[known], weight=self.class_weights)

    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        """Return the fused features, the module's attention by pair and the singular values of its low-rank weights."""
        found = output.internals["features_fused"][0]
        dimensions = tuple(str(i) for i in range(found.shape[-1]))
        meaning = "the vector that the classifier reads; near points are alike to the model"
        arrays = [traced("features_fused", utterance_ids, found, meaning, ("dimension", dimensions))]
        T = len(utterance_ids)
        for name, meaning in self.reported.items():
            shares = output.internals[name][0][:, :T]
            arrays.append(traced(name, utterance_ids, shares, meaning, ("attended", tuple(utterance_ids))))
        if "attention" in output.internals:
            arrays += self._attention(output.internals["attention"][0], utterance_ids)
        if self.fusion is not None:
            for stream, values in self.fusion.singular_values().items():
                arrays.append(_singular(self.streams[stream], values))
        return tuple(arrays)

    def _attention(self, weights: Tensor, ids: Sequence[str]) -> list[TraceArray]:
        arrays = []
        for i, query in enumerate(self.streams):
            for j, key in enumerate(self.streams):
                meaning = (
                    f"how much each utterance's {query} draws from the {key} of every utterance of the dialogue; rows "
                    "sum to one where both are there; it shows where the module looked, not why"
                )
                shares = weights[:, i, j, : len(ids)]
                arrays.append(traced(f"attention/{query}-{key}", ids, shares, meaning, ("attended", tuple(ids))))
        return arrays


def _singular(stream: str, values: Tensor) -> TraceArray:
    return TraceArray(
        f"singular_values/{stream}",
        ("index",),
        (tuple(str(i + 1) for i in range(len(values))),),
        plain(values),
        "singular values of the learned query weight, largest first: all beyond the rank are zero and are not listed",
    )
