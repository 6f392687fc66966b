"""The contract of a model: a card, a batch in, logits and a trace out.

Axis letters: B dialogues, T utterances, L tokens or frames, C classes, D width, M modalities (t, a, v).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from erc_core.errors import ShapeError, UnknownNameError
from erc_core.registry import Registry
from erc_core.types import MODALITIES, Features, Knob, LabelSet, Modality, TraceArray

# A system is what the pages offer; a backbone, a baseline or an example stands beside it in tables and on demand.
Role = Literal["system", "backbone", "baseline", "example"]
PicturePart = Literal["face", "action_units", "background"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class KnobSpec:
    """A setting that can be turned at inference, with its range and what it does."""

    name: str
    low: float
    high: float
    default: float
    step: float
    meaning: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is, as data: shown on the page and checked by the contract tests.

    ``picture`` tells which parts of a visual row the model reads, where it reads any.
    ``whole_dialogue`` tells that utterances must be in one batch because the model looks from one to another; else
    context is inside the features, and a long dialogue may be predicted in pieces. ``finding`` is what was measured of
    the system's own mechanism with the bundled weights; its figures stand in docs/results.md.
    """

    name: str
    title: str
    paper: str
    modalities: tuple[Modality, ...]
    extractors: tuple[str, ...]
    sees_future: bool
    whole_dialogue: bool
    licence: str
    deviations: tuple[str, ...]
    knobs: tuple[KnobSpec, ...] = ()
    role: Role = "system"
    picture: tuple[PicturePart, ...] = ("face",)
    finding: str = ""


@dataclass(frozen=True, slots=True)
class ModalityInput:
    """One modality of a batch: values ``(B, T, L, D)`` and which positions of L are real ``(B, T, L)``."""

    values: Tensor
    mask: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded dialogues: the one place where padding exists.

    Attributes:
        inputs: the modalities that at least one utterance has
        utterances: which utterances are real, ``(B, T)``
        present: which modality each utterance has, ``(B, T, M)`` in the order t, a, v
        speakers: speaker index by order of appearance in the dialogue, ``(B, T)``
        labels: label index, -1 where unknown, ``(B, T)``
        content: utterances of one number have equal inputs and presence, ``(B, T)``; None where nobody knows
    """

    inputs: Mapping[Modality, ModalityInput]
    utterances: Tensor
    present: Tensor
    speakers: Tensor
    labels: Tensor
    content: Tensor | None = None

    def to(self, device: torch.device | str) -> Batch:
        """Return this batch on ``device``."""
        return Batch(
            {
                m: ModalityInput(x.values.to(device, non_blocking=True), x.mask.to(device, non_blocking=True))
                for m, x in self.inputs.items()
            },
            self.utterances.to(device),
            self.present.to(device),
            self.speakers.to(device),
            self.labels.to(device),
            None if self.content is None else self.content.to(device),
        )

    def without(self, modalities: Sequence[Modality]) -> Batch:
        """Return this batch with ``modalities`` absent from every utterance."""
        present = self.present.clone()
        for modality in modalities:
            present[..., MODALITIES.index(modality)] = False
        return replace(self, present=present)

    def with_inputs(self, inputs: Mapping[Modality, ModalityInput]) -> Batch:
        """Return this batch with other inputs, such as their encodings."""
        return replace(self, inputs=inputs)

    def different(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return where the utterances are that differ, and which of them each real utterance equals.

        What a model makes of an utterance by itself is made once for many versions of one dialogue.

        Returns:
            indices into B and into T of the first of each content ``(K,)``, and the number of its content for every
            real utterance in the order of ``utterances.nonzero()``, ``(N,)``
        """
        b, t = self.utterances.nonzero().unbind(1)
        order = torch.arange(len(b), device=b.device)
        if self.content is None:
            return b, t, order
        found, place = torch.unique(self.content[b, t], return_inverse=True)
        first = order.new_full((len(found),), len(b)).scatter_reduce(0, place, order, "amin")
        return b[first], t[first], place

    def rows_with(self, modality: Modality) -> tuple[Tensor, Tensor]:
        """Return where the utterances are that have ``modality``: indices into B and into T, each ``(N,)``."""
        there = self.present[..., MODALITIES.index(modality)] & self.utterances
        b, t = there.nonzero().unbind(1)
        return b, t


def spread(values: Tensor, b: Tensor, t: Tensor, batch: Batch) -> Tensor:
    """Put rows ``(N, ...)`` at their places ``b``, ``t`` of a batch; the others are zero, ``(B, T, ...)``."""
    out = values.new_zeros((*batch.utterances.shape, *values.shape[1:]))
    return out.index_put((b, t), values)


@dataclass(slots=True)
class ModelOutput:
    """What a forward pass gives: differentiable logits and everything that the model tells of itself.

    Attributes:
        logits: the model's answer, ``(B, T, C)``
        unimodal: logits of one modality alone, each ``(B, T, C)``; meaningless where the modality is absent
        internals: named tensors with leading axes ``(B, T)`` from which losses and the trace are made
    """

    logits: Tensor
    unimodal: dict[Modality, Tensor] = field(default_factory=dict)
    internals: dict[str, Tensor] = field(default_factory=dict)


class ErcModel(nn.Module, ABC):
    """A model of emotion recognition in conversation.

    It works in two steps, so that what is frozen is computed once: ``encode`` reads each utterance's row by itself,
    ``decode`` does everything else. Fusion is trained on encoded batches; explainers encode only what they changed.
    """

    card: ClassVar[ModelCard]
    # Submodules whose weights lie in a checkpoint of their own, by the name of that checkpoint's folder.
    encoders: Mapping[str, str] = {}
    # A configuration so small that the contract tests build and run it in a blink.
    tiny: ClassVar[Mapping[str, Any]] = {}
    # Other configurations worth a checkpoint of their own, such as the paper's ablations, by the variant's name.
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init__(self, labels: LabelSet, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.labels = labels
        self.config = dict(config)
        self.knobs = {spec.name: spec.default for spec in self.card.knobs}

    @abstractmethod
    def encode(self, batch: Batch) -> Batch:
        """Run the encoders on every row by itself.

        Args:
            batch: rows as the extractors give them

        Returns:
            the batch with its inputs replaced by their encodings: a row's encoding depends on that row alone
        """

    @abstractmethod
    def decode(self, encoded: Batch) -> ModelOutput:
        """Predict every utterance of a padded batch of encodings."""

    def forward(self, batch: Batch) -> ModelOutput:
        """Predict every utterance of a padded batch."""
        return self.decode(self.encode(batch))

    def faded(self, modality: Modality, values: Tensor, share: float) -> Tensor:
        """Return encodings ``(..., D)`` of a modality of which only ``share``, 0 to 1, is left.

        What an encoding says of itself, such as that something was measured, must stay.
        """
        return share * values

    def encoding_name(self, modality: Modality) -> str:
        """Name what ``encode`` makes of a modality's rows; empty where no other model makes the same.

        Models of one name over the same encoder weights share each other's encodings.
        """
        return ""

    @abstractmethod
    def loss(self, output: ModelOutput, batch: Batch) -> Tensor:
        """Return the paper's training loss, a scalar, over the labelled utterances."""

    @abstractmethod
    def trace(self, output: ModelOutput, batch: Batch, utterance_ids: Sequence[str]) -> tuple[TraceArray, ...]:
        """Name the internals of a batch of one dialogue."""

    @classmethod
    def knob_values(cls, knobs: Sequence[Knob]) -> dict[str, float]:
        """Return the value of every knob: those named, and the others at their default.

        Raises:
            UnknownNameError: the model has no such knob, or the value is out of its range
        """
        specs = {spec.name: spec for spec in cls.card.knobs}
        values = {spec.name: spec.default for spec in cls.card.knobs}
        for knob in knobs:
            spec = specs.get(knob.name)
            if spec is None or not spec.low <= knob.value <= spec.high:
                raise UnknownNameError(
                    f"{cls.card.title} has no such knob setting",
                    got=f"{knob.name} = {knob.value}",
                    allowed="; ".join(f"{s.name} from {s.low} to {s.high}" for s in cls.card.knobs) or "no knobs",
                )
            values[knob.name] = knob.value
        return values

    def turn(self, knobs: Sequence[Knob]) -> None:
        """Set inference knobs; those not named return to their default.

        Raises:
            UnknownNameError: the model has no such knob, or the value is out of its range
        """
        self.knobs = self.knob_values(knobs)


MODELS: Registry[type[ErcModel]] = Registry("model", "erc_core.models")


def model_class(name: str) -> type[ErcModel]:
    """Return the class of a model, or of a variant of one.

    Args:
        name: a registered name, or one with a suffix such as ``bc_lstm+lmam``: the same class, configured otherwise,
            with a checkpoint folder of that whole name

    Raises:
        UnknownNameError: there is no such model; the message lists those there are
    """
    base, plus, variant = name.partition("+")
    if plus and not variant.isidentifier():  # the name is a folder's, and may come from an address
        raise UnknownNameError("Unknown model variant", got=name, allowed="a model's name, +, and a word")
    return MODELS.get(base)


@dataclass(frozen=True, slots=True)
class Sample:
    """One dialogue ready for a batch: its features, speaker indices ``(T,)`` and label indices ``(T,)``."""

    features: tuple[Features, ...]
    speakers: tuple[int, ...]
    labels: tuple[int, ...]


def collate(samples: Sequence[Sample]) -> Batch:
    """Pad dialogues into one batch.

    Args:
        samples: at least one dialogue with at least one utterance

    Returns:
        the batch; a feature row ``(D,)`` counts as one position ``(1, D)``

    Raises:
        ShapeError: there is nothing to pad, or one modality has rows of several widths
    """
    if not samples or not max(len(sample.speakers) for sample in samples):
        raise ShapeError("A batch needs at least one utterance", got=len(samples))
    B, T = len(samples), max(len(sample.speakers) for sample in samples)
    utterances = torch.zeros(B, T, dtype=torch.bool)
    present = torch.zeros(B, T, len(MODALITIES), dtype=torch.bool)
    speakers = torch.zeros(B, T, dtype=torch.long)
    labels = torch.full((B, T), -1, dtype=torch.long)
    rows: dict[Modality, list[tuple[int, int, np.ndarray[Any, Any]]]] = {}
    for b, sample in enumerate(samples):
        n = len(sample.speakers)
        utterances[b, :n] = True
        speakers[b, :n] = torch.tensor(sample.speakers, dtype=torch.long)
        labels[b, :n] = torch.tensor(sample.labels, dtype=torch.long)
        for features in sample.features:
            for t, row in enumerate(features.rows):
                if row.values is not None:
                    present[b, t, MODALITIES.index(features.modality)] = True
                    rows.setdefault(features.modality, []).append((b, t, np.atleast_2d(row.values)))
    inputs = {modality: _pad(found, B, T) for modality, found in rows.items()}
    return Batch(inputs, utterances, present, speakers, labels)


def _pad(rows: Sequence[tuple[int, int, np.ndarray[Any, Any]]], B: int, T: int) -> ModalityInput:
    widths = {values.shape[1] for _, _, values in rows}
    if len(widths) != 1:
        raise ShapeError("One modality has rows of several widths", got=sorted(widths))
    L, D = max(values.shape[0] for _, _, values in rows), widths.pop()
    whole = np.issubdtype(rows[0][2].dtype, np.integer)
    padded = torch.zeros(B, T, L, D, dtype=torch.long if whole else torch.float32)
    mask = torch.zeros(B, T, L, dtype=torch.bool)
    for b, t, values in rows:
        padded[b, t, : values.shape[0]] = torch.from_numpy(np.array(values)).to(padded.dtype)
        mask[b, t, : values.shape[0]] = True
    return ModalityInput(padded, mask)
