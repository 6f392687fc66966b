"""Figures of a classifier, with bootstrap intervals and paired tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import ShapeError
from erc_core.types import Interval, LabelSet

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a classifier reaches on one split; ``per_class_f1`` and ``confusion`` (truth, prediction) in label order."""

    n: int
    labels: tuple[str, ...]
    accuracy: float
    weighted_f1: float
    macro_f1: float
    uar: float
    per_class_f1: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]
    ece: float
    weighted_f1_interval: Interval
    uar_interval: Interval
    accuracy_interval: Interval


def confusion_matrix(truth: IntArray, predicted: IntArray, classes: int) -> NDArray[np.int64]:
    """Count (truth, prediction) pairs, ``(C, C)``.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    flat = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(np.int64)


def class_f1(confusion: NDArray[np.int64]) -> FloatArray:
    """Return the F1 of each class, ``(C,)``; zero where a class is neither there nor predicted."""
    hits = np.diag(confusion).astype(float)
    total = confusion.sum(0) + confusion.sum(1)
    f1: FloatArray = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    return f1


def weighted_f1(confusion: NDArray[np.int64]) -> float:
    """Return the mean of the classes' F1 weighted by their support.

    >>> round(weighted_f1(np.array([[1, 1], [0, 1]])), 4)
    0.6667
    """
    support = confusion.sum(1)
    return float((class_f1(confusion) * support).sum() / max(support.sum(), 1))


def unweighted_recall(confusion: NDArray[np.int64]) -> float:
    """Return the mean recall over the classes that are there (UAR).

    >>> unweighted_recall(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]))
    0.75
    """
    support = confusion.sum(1)
    there = support > 0
    return float((np.diag(confusion)[there] / support[there]).mean()) if there.any() else 0.0


def accuracy(confusion: NDArray[np.int64]) -> float:
    """Return the share of right predictions."""
    return float(np.trace(confusion) / max(confusion.sum(), 1))


def calibration_error(truth: IntArray, probabilities: FloatArray, bins: int = 15) -> float:
    """Return the expected calibration error over equally wide bins of the top probability.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks, eq. 3.
    """
    if not len(truth):
        return 0.0
    top = probabilities.max(1)
    right = (probabilities.argmax(1) == truth).astype(float)
    bin_of = np.minimum((top * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = bin_of == b
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - top[inside].mean())
    return float(error)


def bootstrap(
    truth: IntArray,
    predicted: IntArray,
    classes: int,
    figure: Callable[[NDArray[np.int64]], float],
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """Return a figure with its 95% percentile interval over resampled items."""
    return bootstraps(truth, predicted, classes, (figure,), draws, seed)[0]


def bootstraps(
    truth: IntArray,
    predicted: IntArray,
    classes: int,
    figures: Sequence[Callable[[NDArray[np.int64]], float]],
    draws: int = 1000,
    seed: int = 0,
) -> tuple[Interval, ...]:
    """Return several figures with their 95% percentile intervals over the same resampled items."""
    rng = np.random.default_rng(seed)
    n = len(truth)
    whole = confusion_matrix(truth, predicted, classes)
    values = [figure(whole) for figure in figures]
    if not n:
        return tuple(Interval(value, value, value) for value in values)
    cells = truth * classes + predicted
    drawn = []
    for _ in range(draws):
        picked = cells[rng.integers(n, size=n)]
        counts = np.bincount(picked, minlength=classes * classes).reshape(classes, classes).astype(np.int64)
        drawn.append([figure(counts) for figure in figures])
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    return tuple(Interval(value, float(a), float(b)) for value, a, b in zip(values, low, high, strict=True))


def paired_difference(
    truth: IntArray,
    first: IntArray,
    second: IntArray,
    classes: int,
    figure: Callable[[NDArray[np.int64]], float],
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """Return how much a figure of the first predictions is above the second's on the same items.

    Args:
        truth: label indices, ``(N,)``
        first: predictions, ``(N,)``
        second: the others, ``(N,)``
        classes: how many labels there are
        figure: of a confusion matrix
        draws: resamplings of the items
        seed: of the resampling

    Returns:
        the difference with its 95% percentile interval; both predictions are resampled together
    """

    def gap(pick: IntArray) -> float:
        one, two = (figure(confusion_matrix(truth[pick], found[pick], classes)) for found in (first, second))
        return one - two

    rng = np.random.default_rng(seed)
    found = [gap(rng.integers(len(truth), size=len(truth))) for _ in range(draws)]
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(gap(np.arange(len(truth))), float(low), float(high))


def score(truth: IntArray, probabilities: FloatArray, labels: LabelSet) -> Scores:
    """Measure probabilities against the truth.

    Args:
        truth: label indices, ``(N,)``
        probabilities: ``(N, C)`` in label order
        labels: the label set

    Raises:
        ShapeError: the two do not fit together
    """
    if probabilities.shape != (len(truth), len(labels)):
        raise ShapeError("Truth and probabilities differ", got=probabilities.shape, allowed=(len(truth), len(labels)))
    C = len(labels)
    predicted = probabilities.argmax(1)
    confusion = confusion_matrix(truth, predicted, C)
    f1 = class_f1(confusion)
    intervals = bootstraps(truth, predicted, C, (weighted_f1, unweighted_recall, accuracy))
    return Scores(
        n=len(truth),
        labels=labels.labels,
        accuracy=accuracy(confusion),
        weighted_f1=weighted_f1(confusion),
        macro_f1=float(f1.mean()),
        uar=unweighted_recall(confusion),
        per_class_f1=tuple(float(value) for value in f1),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        ece=calibration_error(truth, probabilities),
        weighted_f1_interval=intervals[0],
        uar_interval=intervals[1],
        accuracy_interval=intervals[2],
    )
