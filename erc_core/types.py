"""The values that cross a border: frozen, slotted, self-checking.

Axis letters: T utterances, C classes, M modalities, L tokens or frames, D width. Times are seconds from the start
of the clip. Arrays are numpy and read-only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError, ShapeError, UnknownNameError

Modality = Literal["t", "a", "v"]
MODALITIES: tuple[Modality, ...] = ("t", "a", "v")
MODALITY_NAMES: dict[Modality, str] = {"t": "text", "a": "acoustic", "v": "visual"}
FloatArray = NDArray[np.floating]


class Progress(Protocol):
    """Called by long work between its parts; raises CancelledError when the work shall stop."""

    def __call__(self, step: str, fraction: float) -> None:
        """Report that ``step`` is done to ``fraction`` in [0, 1]."""


def silent(step: str, fraction: float) -> None:
    """Report to nobody: the Progress of a caller that does not watch."""


def frozen_array(values: object, dtype: type[np.generic] = np.float32) -> NDArray[Any]:
    """Return a read-only copy of ``values`` as ``dtype``."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Emotion labels in the order of a model's output axis."""

    name: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels) or not self.labels:
            raise InputError("A label set needs distinct labels", got=self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def index(self, label: str) -> int:
        """Return the position of ``label`` on the output axis.

        Raises:
            UnknownNameError: the set has no such label

        >>> MELD7.index("joy")
        4
        """
        if label not in self.labels:
            raise UnknownNameError(f"Unknown label in {self.name}", got=label, allowed=", ".join(self.labels))
        return self.labels.index(label)


MELD7 = LabelSet("MELD-7", ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"))
IEMOCAP6 = LabelSet("IEMOCAP-6", ("happy", "sad", "neutral", "angry", "excited", "frustrated"))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting of a model that can be turned at inference, such as ``tau``, and its value."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; ``timed`` tells whether its times were given, aligned, or spread over the utterance."""

    text: str
    start_s: float
    end_s: float
    timed: Literal["given", "estimated"] = "estimated"


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker says at a stretch. ``text`` is None where no words are known."""

    id: str
    speaker: str
    text: str | None
    start_s: float
    end_s: float
    label: str | None = None
    words: tuple[Word, ...] = ()
    face_track: int | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.start_s < self.end_s):
            raise InputError(
                f"Utterance {self.id} has no usable times",
                got=f"start {self.start_s} s, end {self.end_s} s",
                allowed="0 <= start < end",
                do="correct the times in the transcript",
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Media:
    """What a probe found in a clip. The file itself is addressed by ``sha256``; its name is never a path."""

    sha256: str
    name: str
    container: str
    duration_s: float
    has_video: bool
    has_audio: bool
    width: int = 0
    height: int = 0
    fps: float = 0.0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation: utterances in order of their start, and the clip they come from, if any."""

    id: str
    title: str
    source: str
    utterances: tuple[Utterance, ...]
    media: Media | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ids = [utterance.id for utterance in self.utterances]
        if len(set(ids)) != len(ids):
            raise InputError("Two utterances of a dialogue have one id", got=", ".join(ids))

    @classmethod
    def of(
        cls,
        title: str,
        source: str,
        utterances: tuple[Utterance, ...],
        media: Media | None = None,
        notes: tuple[str, ...] = (),
    ) -> Dialogue:
        """Build a dialogue whose id is the hash of its content (media and utterances, not the title)."""
        content = json.dumps([media and media.sha256, [asdict(u) for u in utterances]], sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        return cls(digest, title, source, utterances, media, notes)

    def with_utterances(self, utterances: tuple[Utterance, ...]) -> Dialogue:
        """Return this dialogue with other utterances, and so with another id."""
        return Dialogue.of(self.title, self.source, utterances, self.media, self.notes)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Speakers by order of appearance."""
        return tuple(dict.fromkeys(utterance.speaker for utterance in self.utterances))

    def position(self, utterance_id: str) -> int:
        """Return the index of an utterance on the T axis.

        Raises:
            UnknownNameError: the dialogue has no such utterance
        """
        for index, utterance in enumerate(self.utterances):
            if utterance.id == utterance_id:
                return index
        raise UnknownNameError(
            "The dialogue has no such utterance",
            got=utterance_id,
            allowed=", ".join(u.id for u in self.utterances[:20]),
        )


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One utterance's features of one modality: ``(D,)`` or ``(L, D)``, or None with the reason why it is absent.

    ``note`` says what has to be known of features that are there, such as how the speaker's face was told.
    """

    utterance: str
    values: NDArray[np.generic] | None
    reason: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.values is None and not self.reason:
            raise InputError(f"The features of utterance {self.utterance} are absent without a reason")


@dataclass(frozen=True, slots=True)
class Features:
    """One modality's features of a dialogue, a row an utterance, in the dialogue's order."""

    dialogue: str
    modality: Modality
    extractor: str
    rows: tuple[FeatureRow, ...]

    def present(self) -> NDArray[np.bool_]:
        """Return which utterances have this modality, ``(T,)``."""
        return np.array([row.values is not None for row in self.rows], dtype=bool)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which weights made a result."""

    name: str
    sha256: str
    labels: LabelSet


@dataclass(frozen=True, slots=True)
class Missing:
    """A modality that an utterance does not have, and why."""

    utterance: str
    modality: Modality
    reason: str


@dataclass(frozen=True, slots=True)
class UnimodalPrediction:
    """What one modality alone says: probabilities ``(T, C)``; rows of absent utterances are NaN."""

    modality: Modality
    probabilities: FloatArray


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's answer for a dialogue: probabilities ``(T, C)`` in the order of ``model.labels``."""

    dialogue: str
    model: ModelRef
    utterances: tuple[str, ...]
    probabilities: FloatArray
    calibrated: bool
    unimodal: tuple[UnimodalPrediction, ...] = ()
    missing: tuple[Missing, ...] = ()
    switched_off: tuple[Modality, ...] = ()
    knobs: tuple[Knob, ...] = ()
    device: str = "cpu"
    precision: str = "float32"
    seconds: float = 0.0

    def __post_init__(self) -> None:
        expected = (len(self.utterances), len(self.model.labels))
        if self.probabilities.shape != expected:
            raise ShapeError("Probabilities have the wrong axes", got=self.probabilities.shape, allowed=expected)
        if len(self.utterances) and not np.allclose(self.probabilities.sum(axis=1), 1, atol=1e-3):
            raise ShapeError("Probabilities of an utterance do not sum to one")

    def label_of(self, index: int) -> str:
        """Return the predicted label of the utterance at ``index`` on the T axis."""
        return self.model.labels.labels[int(np.argmax(self.probabilities[index]))]


@dataclass(frozen=True, slots=True)
class TraceArray:
    """One named array that a model reports about itself; ``axes`` names each axis, ``ticks`` its positions."""

    name: str
    axes: tuple[str, ...]
    ticks: tuple[tuple[str, ...], ...]
    values: FloatArray
    meaning: str

    def __post_init__(self) -> None:
        if self.values.shape != tuple(len(tick) for tick in self.ticks) or len(self.axes) != len(self.ticks):
            raise ShapeError(
                f"Trace {self.name} does not fit its axes",
                got=self.values.shape,
                allowed=[f"{axis}={len(tick)}" for axis, tick in zip(self.axes, self.ticks, strict=False)],
            )


@dataclass(frozen=True, slots=True)
class Trace:
    """What a model reports of its own working, from the same forward pass as the prediction."""

    dialogue: str
    model: ModelRef
    arrays: tuple[TraceArray, ...]

    def array(self, name: str) -> TraceArray:
        """Return the array called ``name``.

        Raises:
            UnknownNameError: the trace has no such array
        """
        for array in self.arrays:
            if array.name == name:
                return array
        raise UnknownNameError(
            f"The trace of {self.model.name} has no such array",
            got=name,
            allowed=", ".join(a.name for a in self.arrays),
        )

    def has(self, name: str) -> bool:
        """Tell whether the trace holds an array called ``name``."""
        return any(array.name == name for array in self.arrays)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its confidence interval."""

    value: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Shift:
    """A speaker's predicted emotion differs from that of the speaker's utterance before."""

    utterance: str
    speaker: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Emotion of one speaker or of the whole dialogue (``who`` is empty): one interval per label, in label order."""

    who: str
    utterances: int
    speech_s: float
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A dialogue with one model's prediction, trace and summaries: what a page or the command line shows."""

    dialogue: Dialogue
    prediction: Prediction
    trace: Trace
    whole: Summary | None
    speakers: tuple[Summary, ...]
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...] = ()

    def with_notes(self, *notes: str) -> Analysis:
        """Return this analysis with further notes for the user."""
        return replace(self, notes=(*self.notes, *notes))
