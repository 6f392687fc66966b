"""The contract of an explainer: a card, parameters, a case in, a finding out.

Axis letters: B versions of a dialogue, T utterances, C classes, U units.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers._predict import Predictor, Variant
from erc_core.explainers._settings import Params, ParamSpec, build, setting, settings_of, specs
from erc_core.explanation import Attribution, AttributionUnit, Change, Curve, Fidelity, Map, Scale
from erc_core.models.base import ModelCard
from erc_core.registry import Registry
from erc_core.types import Dialogue, Features, LabelSet, Modality, Progress, Utterance, frozen_array, silent

__all__ = [
    "EXPLAINERS",
    "Case",
    "Explainer",
    "ExplainerCard",
    "FacePlace",
    "Finding",
    "ParamSpec",
    "Params",
    "build",
    "setting",
    "settings_of",
    "specs",
]


ParamsKind = TypeVar("ParamsKind", bound=Params)


@dataclass(frozen=True, slots=True)
class ExplainerCard:
    """What a method is, as data: shown on the page and checked by the contract tests.

    Attributes:
        name: in the registry
        title: for people
        paper: where it comes from
        units: what it attributes to
        modalities: what it changes; empty where it is about all at once
        meaning: one sentence that says what its numbers are
        reading: how to read the picture, and how not to
        gradients: whether it needs the model's gradients
        sampled: whether it compares so many answers that a lower precision does no harm
    """

    name: str
    title: str
    paper: str
    units: tuple[AttributionUnit, ...]
    modalities: tuple[Modality, ...]
    meaning: str
    reading: str
    gradients: bool = False
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Where a keyframe's face picture lies in its frame; lengths are shares of the frame's width and height.

    Attributes:
        time_s: when the frame is seen
        left: left edge
        top: upper edge
        width: of the square, as a share of the frame's width
        height: of the square, as a share of the frame's height
        landmarks: the mesh on the face picture, 0 to 1, ``(468, 2)``; None where there is none
        faces: outlines of all faces of the frame as left, top, right and bottom shares, ``(F, 4)``
    """

    time_s: float
    left: float
    top: float
    width: float
    height: float
    landmarks: NDArray[np.floating] | None = None
    faces: NDArray[np.floating] = field(default_factory=lambda: frozen_array(np.zeros((0, 4))))


@dataclass(frozen=True, slots=True)
class Case:
    """One utterance to be explained.

    Attributes:
        dialogue: the conversation
        position: index of the utterance
        features: what the model reads of the dialogue, as the extractors gave it
        label: index of the explained label
        predictor: answers changed versions of the dialogue
        seed: of all draws
        places: where the keyframes' faces lie in their frames, one a keyframe; None or empty where that is not known
    """

    dialogue: Dialogue
    position: int
    features: tuple[Features, ...]
    label: int
    predictor: Predictor
    seed: int
    places: tuple[FacePlace | None, ...] = ()

    @property
    def utterance(self) -> Utterance:
        """The explained utterance."""
        return self.dialogue.utterances[self.position]

    @property
    def labels(self) -> LabelSet:
        """The model's labels."""
        return self.predictor.labels

    def values(
        self,
        variants: Iterable[Variant],
        scale: Scale,
        progress: Progress = silent,
        step: str = "explain",
        total: int = 0,
    ) -> NDArray[np.float64]:
        """Return the target's value in every version, ``(S,)``; see :meth:`Predictor.answers`."""
        answers = self.predictor.answers(variants, progress, step, total)
        found: NDArray[np.float64] = (answers.logits if scale == "logit" else answers.probabilities)[:, self.label]
        return found

    def of(self, modality: Modality) -> Features | None:
        """Return the features of a modality, None where the model does not read it."""
        return next((f for f in self.features if f.modality == modality), None)

    def row(self, modality: Modality) -> NDArray[np.generic] | None:
        """Return the explained utterance's row of a modality, None where it is absent."""
        found = self.of(modality)
        return None if found is None else found.rows[self.position].values

    def present(self) -> tuple[Modality, ...]:
        """Return the modalities that the explained utterance has, in the order t, a, v."""
        return tuple(f.modality for f in self.features if f.rows[self.position].values is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a method found; with the case and the time it becomes an explanation.

    Attributes:
        attributions: one for each unit
        fidelity: at least one measure
        baseline: what stands in place of what is removed
        sentence: how far to trust it, in plain words
        empty_value: the target's value with everything removed; NaN where the method does not ask for it
        curves: deletion and insertion
        maps: attributions to the points of pictures
        changes: smallest changes that change the prediction
        notes: for the user
    """

    attributions: tuple[Attribution, ...]
    fidelity: tuple[Fidelity, ...]
    baseline: str
    sentence: str
    empty_value: float = float("nan")
    curves: tuple[Curve, ...] = ()
    maps: tuple[Map, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    def with_notes(self, *notes: str) -> Finding:
        """Return this finding with further notes for the user."""
        return replace(self, notes=(*self.notes, *notes))


class Explainer(ABC, Generic[ParamsKind]):
    """A method that explains one prediction."""

    card: ClassVar[ExplainerCard]
    params: ClassVar[type[Params]] = Params

    @abstractmethod
    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or the reason why the method does not apply, as a sentence for the user.

        Args:
            model: the model's card
            features: what it reads of the dialogue; empty before they are extracted
        """

    @abstractmethod
    def explain(self, case: Case, params: ParamsKind, progress: Progress) -> Finding:
        """Explain one utterance. The model is left as it was, also after an exception.

        Raises:
            UnsupportedError: the method does not apply to this utterance
            CancelledError: ``progress`` asks to stop
        """


EXPLAINERS: Registry[type[Explainer[Any]]] = Registry("explainer", "erc_core.explainers")
