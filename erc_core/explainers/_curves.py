"""Deletion and insertion against random orders, and what the strongest units do by themselves.

Axis letters: U units, K points, R random orders.

Source:
    Deletion and insertion after Petsiuk et al. 2018 (RISE); comprehensiveness and sufficiency after DeYoung et al. 2020
    (ERASER), here the mean over the curve's points up to half of the units.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers._space import Space
from erc_core.explainers.base import Case
from erc_core.explanation import Curve, Fidelity, Scale
from erc_core.types import Interval, Progress, frozen_array, silent

POINTS = 10
ORDERS = 12
RESAMPLES = 1000
STEP = "check against random orders"


@dataclass(frozen=True, slots=True)
class Checked:
    """Curves of an explanation and the measures that are read from them."""

    curves: tuple[Curve, ...]
    fidelity: tuple[Fidelity, ...]


def check_order(
    case: Case, space: Space, weights: NDArray[np.float64], scale: Scale, progress: Progress = silent
) -> Checked:
    """Remove and put back units by their weights, the strongest for the label first, and in random orders.

    Args:
        case: what is explained
        space: the units
        weights: of the units, ``(U,)``
        scale: of the target's value
        progress: told between batches
    """
    U = len(space)
    if U < 2:
        reason = Fidelity.none("There is only one unit, so there is no order to check against chance.")
        return Checked((), (reason,))
    counts = np.unique(np.linspace(0, U, min(U, POINTS) + 1).round().astype(int))
    own = np.argsort(-weights, kind="stable")
    orders = _random_orders(U, np.random.default_rng([case.seed, 1]))
    masks = [_without(own, counts), ~_without(own, counts)] + [_without(order, counts) for order in orders]
    K = len(counts)
    found = space.values(case, np.concatenate(masks), scale, progress, STEP).reshape(len(masks), K)
    deletion, insertion, others = found[0], found[1], found[2:]
    shares = counts / U
    # What a random order leaves after a removal is what its reverse has put back: the same versions serve both.
    curves = (
        _curve("deletion", shares, deletion, others, case.seed),
        _curve("insertion", shares, insertion, others[:, ::-1], case.seed),
    )
    half = np.flatnonzero((shares > 0) & (shares <= 0.5))
    whole = deletion[0]
    return Checked(curves, (*(_gain(curve) for curve in curves), *_rationale(whole, deletion[half], insertion[half])))


def _random_orders(units: int, rng: np.random.Generator) -> list[NDArray[np.int_]]:
    if factorial(min(units, 10)) <= ORDERS:
        return [np.array(order) for order in permutations(range(units))]
    return [rng.permutation(units) for _ in range(ORDERS)]


def _without(order: NDArray[np.int_], counts: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Return masks of what is left when the first of ``order`` are removed, ``(K, U)``."""
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    return rank[None, :] >= counts[:, None]


def _curve(
    kind: Literal["deletion", "insertion"],
    shares: NDArray[np.float64],
    values: NDArray[np.float64],
    others: NDArray[np.float64],
    seed: int,
) -> Curve:
    area = float(np.trapezoid(values, shares))
    areas = np.atleast_1d(np.trapezoid(others, shares, axis=1))
    gains = (areas - area) if kind == "deletion" else (area - areas)
    return Curve(
        kind,
        frozen_array(shares),
        frozen_array(values),
        frozen_array(others.mean(axis=0)),
        area,
        Interval(float(areas.mean()), float(np.quantile(areas, 0.025)), float(np.quantile(areas, 0.975))),
        _mean_interval(gains, seed),
    )


def _mean_interval(values: NDArray[np.float64], seed: int) -> Interval:
    """Return a mean with its bootstrap interval; where all orders there are were tried, it is known."""
    if len(values) < ORDERS:
        return Interval(float(values.mean()), float(values.mean()), float(values.mean()))
    rng = np.random.default_rng([seed, 2])
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    return Interval(float(values.mean()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975)))


def _gain(curve: Curve) -> Fidelity:
    removed = "removed" if curve.kind == "deletion" else "put back"
    verdict = "faster than" if curve.beats_random else "no faster than"
    change = "falls" if curve.kind == "deletion" else "rises"
    return Fidelity(
        curve.kind,
        curve.gain.value,
        f"When the strongest units are {removed} first, the value {change} {verdict} in random orders; "
        "the figure is the difference of the areas, and above zero is better.",
        curve.gain.low,
        curve.gain.high,
    )


def _rationale(whole: float, without: NDArray[np.float64], only: NDArray[np.float64]) -> tuple[Fidelity, Fidelity]:
    return (
        Fidelity(
            "comprehensiveness",
            float(whole - without.mean()),
            "How much the value falls without the strongest units, up to half of them; higher is better.",
        ),
        Fidelity(
            "sufficiency",
            float(whole - only.mean()),
            "How much the value falls when only the strongest units are kept, up to half; nearer to zero is better.",
        ),
    )
