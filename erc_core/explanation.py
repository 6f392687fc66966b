"""What an explanation is: attributions to units that people know, never without how far they can be trusted.

Axis letters: K points of a curve, H and W rows and columns of a map. Values are in the target's unit: probability
(0 to 1) or logit. Times are seconds from the start of the clip.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from erc_core.errors import InputError, ShapeError, UnknownNameError
from erc_core.types import FloatArray, Interval, Modality, ModelRef, Span

Scale = Literal["probability", "logit"]
AttributionUnit = Literal[
    "word", "audio_span", "action_unit", "face_region", "image_region", "utterance", "modality", "interaction"
]
FidelityKind = Literal[
    "completeness",
    "local_fit",
    "stability",
    "deletion",
    "insertion",
    "comprehensiveness",
    "sufficiency",
    "none",
]


SLIGHT = 0.01  # of a probability: nobody acts on less
_TIMES = re.compile(r"[\d.]+ to [\d.]+ s")  # what a stretch of sound without a word is named


@dataclass(frozen=True, slots=True)
class Target:
    """What is explained: the value that a model gives one label for one utterance.

    Attributes:
        utterance: id
        label: the emotion that the attributions speak for or against
        scale: whether values are calibrated probabilities or logits
        value: what the model gives the label for the utterance as it is
        baseline: what it gives once everything that the method can remove is removed; NaN where that is not asked
        predicted: the label that the model gives the utterance
    """

    utterance: str
    label: str
    scale: Scale
    value: float
    baseline: float
    predicted: str


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a picture: 0, 0 is its upper left corner and 1, 1 its lower right one."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Region:
    """A closed outline at a time, on the whole frame or on the levelled face picture that the model reads."""

    outline: tuple[Point, ...]
    space: Literal["frame", "face"]
    time_s: float | None = None

    def __post_init__(self) -> None:
        if len(self.outline) < 3:
            raise InputError("An outline needs at least three points", got=len(self.outline))


@dataclass(frozen=True, slots=True)
class Characters:
    """Which characters of an utterance's text: from ``start`` up to but not including ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much one unit speaks for (positive) or against (negative) the target's label.

    Attributes:
        unit: what kind of thing it is
        name: what people call it, such as the word itself
        value: in the target's unit
        utterance: id of the utterance in which it lies
        modality: where the model reads it; None for a whole utterance or an interaction of modalities
        span: when it happens
        characters: where a word stands in its utterance's text
        regions: where it is seen, one outline for each keyframe
    """

    unit: AttributionUnit
    name: str
    value: float
    utterance: str
    modality: Modality | None = None
    span: Span | None = None
    characters: Characters | None = None
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise InputError(f"The attribution to {self.name} is no number", got=self.value)
        if self.unit == "word" and self.characters is None:
            raise InputError(f"The word {self.name} lacks its place in the text")
        if self.unit == "audio_span" and self.span is None:
            raise InputError(f"The span {self.name} lacks its times")
        if self.unit in ("face_region", "image_region") and not self.regions:
            raise InputError(f"The region {self.name} lacks its outline")

    @property
    def title(self) -> str:
        """What people read beside the value: the name; of a stretch of sound, when in the clip it is heard."""
        if self.unit != "audio_span" or self.span is None:
            return self.name
        heard = f"{self.span.start_s:.1f} to {self.span.end_s:.1f} s"
        return heard if _TIMES.fullmatch(self.name) else f"{self.name} ({heard})"


@dataclass(frozen=True, slots=True)
class Fidelity:
    """One measure of how far an explanation can be trusted, or ``none`` with the reason why it was not measured.

    Attributes:
        kind: what was measured
        value: the figure; NaN for ``none``
        meaning: one plain sentence that says how to read the figure, or why there is none
        low: lower bound of its 95% interval, where it was sampled
        high: upper bound
        tolerance: for ``completeness``, the largest residual that counts as none
    """

    kind: FidelityKind
    value: float
    meaning: str
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if not self.meaning:
            raise InputError("A measure of fidelity needs its meaning", got=self.kind)
        if self.kind != "none" and not math.isfinite(self.value):
            raise InputError(f"The fidelity {self.kind} is no number", got=self.value, do="use none with the reason")

    @classmethod
    def none(cls, reason: str) -> Fidelity:
        """Say why a measure could not be taken."""
        return cls("none", math.nan, reason)


@dataclass(frozen=True, slots=True)
class Curve:
    """The target's value while units are removed or put back, the strongest first, against random orders.

    Attributes:
        kind: ``deletion`` removes from the whole input, ``insertion`` puts back into the empty one
        shares: share of the units that are removed or put back, ``(K,)``
        values: the target's value by the explanation's order, ``(K,)``
        random_values: the mean over random orders, ``(K,)``
        area: area under ``values`` over the shares
        random_area: the mean area of random orders with the interval of the orders' areas
        gain: by how much the explanation's order is better than a random one, with the mean's interval: above zero
            is better
    """

    kind: Literal["deletion", "insertion"]
    shares: FloatArray
    values: FloatArray
    random_values: FloatArray
    area: float
    random_area: Interval
    gain: Interval

    def __post_init__(self) -> None:
        if not self.shares.shape == self.values.shape == self.random_values.shape:
            raise ShapeError("A curve's axes differ", got=(self.shares.shape, self.values.shape))

    @property
    def beats_random(self) -> bool:
        """Tell whether the whole interval of the gain is above zero."""
        return self.gain.low > 0


@dataclass(frozen=True, slots=True)
class Map:
    """Attributions to the points of a picture, such as a spectrogram or a face.

    Attributes:
        name: what is shown
        values: signed, ``(H, W)``
        rows: what H counts and in which unit
        columns: what W counts and in which unit
        utterance: id of the utterance
        modality: where the model reads it
        time_s: when it is seen, for a keyframe
    """

    name: str
    values: FloatArray
    rows: str
    columns: str
    utterance: str
    modality: Modality
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of the method and its value."""

    name: str
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Change:
    """A smallest change that was found to change the prediction.

    Attributes:
        removed: names of the units that were removed
        before: the label predicted before
        after: the label predicted after
        value: the target's value after
    """

    removed: tuple[str, ...]
    before: str
    after: str
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model gives a label to an utterance, by one method, with everything needed to repeat it.

    Attributes:
        dialogue: id
        target: what is explained
        model: which weights
        method: name of the explainer
        params: the method's parameters, all of them
        seed: of the method's draws
        attributions: one for each unit, in the units' order
        fidelity: at least one measure
        seconds: how long it took
        samples: versions of the input that the model answered, equal ones counted each time
        distinct: how many of them differed, which is how often the model ran
        baseline: what stands in place of what is removed, for people
        sentence: how far to trust this, in plain words
        curves: deletion and insertion
        maps: attributions to points
        changes: for counterfactuals
        notes: for the user
        device: where it ran
        precision: of the perturbed predictions
    """

    dialogue: str
    target: Target
    model: ModelRef
    method: str
    params: tuple[Setting, ...]
    seed: int
    attributions: tuple[Attribution, ...]
    fidelity: tuple[Fidelity, ...]
    seconds: float
    samples: int
    distinct: int
    baseline: str
    sentence: str
    curves: tuple[Curve, ...] = ()
    maps: tuple[Map, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    device: str = "cpu"
    precision: str = "float32"

    def __post_init__(self) -> None:
        if not self.fidelity:
            raise InputError("An explanation needs its fidelity", do="measure it, or say with Fidelity.none why not")
        if not self.sentence:
            raise InputError("An explanation needs a sentence that says how far to trust it")
        if self.target.label not in self.model.labels.labels:
            raise UnknownNameError(
                "The explained label is not the model's", got=self.target.label, allowed=", ".join(self.model.labels)
            )

    def measure(self, kind: FidelityKind) -> Fidelity | None:
        """Return the measure of a kind, None where it was not taken."""
        return next((fidelity for fidelity in self.fidelity if fidelity.kind == kind), None)

    @property
    def reading(self) -> str:
        """The sentence for people; where no unit moves a probability by :data:`SLIGHT`, that is said before it."""
        largest = max((abs(a.value) for a in self.attributions), default=0.0)
        if self.target.scale != "probability" or largest >= SLIGHT or not self.attributions:
            return self.sentence
        most = max(math.ceil(largest * 1000), 1) / 1000  # rounded up, so that the sentence is true
        moves = f"the probability of {self.target.label} by more than {most:.3f}"
        if len(self.attributions) == 1:
            return f"This hardly matters here: it does not move {moves}. {self.sentence}"
        order = f"{self.sentence[:1].lower()}{self.sentence[1:]}"
        return f"These units hardly matter here: none moves {moves}. Of their order: {order}"

    def ranked(self) -> tuple[Attribution, ...]:
        """Return the attributions from the strongest to the weakest, whatever their sign."""
        return tuple(sorted(self.attributions, key=lambda a: -abs(a.value)))
