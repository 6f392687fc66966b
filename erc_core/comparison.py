"""Several sources' labels of one dialogue against each other: agreement by pairs, and where they differ."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erc_core.errors import ShapeError
from erc_core.types import Dialogue, FloatArray, Prediction

TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Answers:
    """What one source says of each utterance of a dialogue.

    Attributes:
        name: identifies the source, such as the name of a model
        title: what people call it
        labels: a label an utterance, None where it has none
        probabilities: ``(T, C)``, rows of NaN where it has none; None where it gives labels only
    """

    name: str
    title: str
    labels: tuple[str | None, ...]
    probabilities: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.probabilities is not None and len(self.probabilities) != len(self.labels):
            raise ShapeError(
                f"Labels and probabilities of {self.title} do not fit together",
                got=f"{len(self.labels)} labels, probabilities {self.probabilities.shape}",
            )


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two sources agree.

    Attributes:
        one: name of the first
        other: name of the second
        count: utterances of which both say something
        share: part of them with one label, 0 to 1; NaN where there is none
        kappa: Cohen's kappa, 1 for perfect, 0 for what chance gives; NaN where chance alone would agree always
    """

    one: str
    other: str
    count: int
    share: float
    kappa: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An utterance of which the sources say different things.

    Attributes:
        position: of the utterance on the T axis
        labels: the different labels, the most frequent first
        spread: mean over the pairs of sources of how far they are apart, 0 to 1: total variation distance of the
            probabilities where both give them, else 1 for different labels and 0 for equal ones
    """

    position: int
    labels: tuple[str, ...]
    spread: float


def answers_of(prediction: Prediction, title: str) -> Answers:
    """Return a model's prediction as answers."""
    labels = tuple(prediction.label_of(index) for index in range(len(prediction.utterances)))
    return Answers(prediction.model.name, title, labels, prediction.probabilities)


def truth_of(dialogue: Dialogue) -> Answers | None:
    """Return what is known of a dialogue's emotions, or None where nothing is."""
    labels = tuple(utterance.label or None for utterance in dialogue.utterances)
    return Answers(TRUTH, "Truth", labels) if any(labels) else None


def agreement(one: Answers, other: Answers) -> Agreement:
    """Compare two sources over the utterances of which both say something.

    Raises:
        ShapeError: they are about different numbers of utterances

    Source:
        Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    _check(one, other)
    pairs = [(a, b) for a, b in zip(one.labels, other.labels, strict=True) if a is not None and b is not None]
    if not pairs:
        return Agreement(one.name, other.name, 0, math.nan, math.nan)
    share = sum(a == b for a, b in pairs) / len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(left[label] * right[label] for label in left) / len(pairs) ** 2
    kappa = math.nan if chance == 1 else (share - chance) / (1 - chance)
    return Agreement(one.name, other.name, len(pairs), share, kappa)


def disagreements(sources: Sequence[Answers]) -> tuple[Disagreement, ...]:
    """Return the utterances with more than one label, those with the widest spread first.

    Raises:
        ShapeError: the sources are about different numbers of utterances
    """
    for one, other in itertools.pairwise(sources):
        _check(one, other)
    found = []
    for position in range(len(sources[0].labels) if sources else 0):
        said = Counter(source.labels[position] for source in sources if source.labels[position] is not None)
        if len(said) > 1:
            labels = tuple(label for label, _ in said.most_common() if label is not None)
            found.append(Disagreement(position, labels, _spread(sources, position)))
    return tuple(sorted(found, key=lambda one: (-one.spread, one.position)))


def _spread(sources: Sequence[Answers], position: int) -> float:
    distances = []
    for one, other in itertools.combinations(sources, 2):
        if one.labels[position] is None or other.labels[position] is None:
            continue
        if one.probabilities is None or other.probabilities is None:
            distances.append(float(one.labels[position] != other.labels[position]))
        else:
            gap = np.abs(one.probabilities[position] - other.probabilities[position]).sum() / 2
            distances.append(float(gap))
    return float(np.mean(distances)) if distances else 0.0


def _check(one: Answers, other: Answers) -> None:
    if len(one.labels) != len(other.labels):
        raise ShapeError(
            "Two sources are about different numbers of utterances",
            got=f"{one.title} {len(one.labels)}, {other.title} {len(other.labels)}",
        )
