"""How far an explanation can be trusted, in figures and in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from erc_core.explanation import Fidelity, FidelityKind

TIE = 1e-9
FAIR_FIT = 0.5
STABLE = 0.9
FAIR_RANKS = 0.7


def rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation of two rankings ``(U,)``; NaN where one of them ranks nothing."""
    from scipy.stats import rankdata

    if min(np.ptp(first), np.ptp(second)) < TIE:
        return float("nan")
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def stability(rankings: Sequence[NDArray[np.float64]]) -> Fidelity:
    """Return how alike several seeds rank the units: the mean correlation of all pairs, and their range.

    Args:
        rankings: the units' weights by each seed's versions alone, each ``(U,)``
    """
    if len(rankings[0]) < 2:
        return Fidelity.none("There is only one unit, so there is no ranking that could change.")
    pairs = [rank_correlation(a, b) for a, b in combinations(rankings, 2)]
    if not np.isfinite(pairs).all():
        return Fidelity.none("No unit moves the value, so there is no ranking that could change.")
    meaning = (
        f"{len(rankings)} seeds, each with its own part of the versions, rank the units alike to this degree "
        "(Spearman; 1 is the same ranking, 0 none): the whole, which all parts make together, is steadier."
    )
    return Fidelity("stability", float(np.mean(pairs)), meaning, float(min(pairs)), float(max(pairs)))


def local_fit(r2: float, spread: float) -> Fidelity:
    """Return how well the surrogate follows the model nearby."""
    if spread < TIE or not np.isfinite(r2):
        return Fidelity.none("The value stays the same whatever is removed, so there is nothing to fit.")
    meaning = (
        "Share of the value's changes in nearby versions that a plain sum of the units explains (weighted R2): "
        "near 1 the units act by themselves, near 0 they act together and single weights say little."
    )
    return Fidelity("local_fit", r2, meaning)


def verdict(fidelity: Sequence[Fidelity]) -> str:
    """Return one sentence that says how far to trust an explanation, from its measures."""
    found: dict[FidelityKind, Fidelity] = {measure.kind: measure for measure in fidelity}
    doubts: list[str] = []
    strengths: list[str] = []
    if fit := found.get("local_fit"):
        words = f"a plain sum of the units explains {max(0.0, fit.value):.0%} of what nearby versions change"
        (doubts if fit.value < FAIR_FIT else strengths).append(words)
    if ranks := found.get("stability"):
        (strengths if ranks.value >= FAIR_RANKS else doubts).append(f"seeds agree on the ranking to {ranks.value:.2f}")
    if gain := found.get("deletion"):
        better = gain.low is not None and gain.low > 0
        words = "removing the strongest units first changes the value " + (
            "more than chance does" if better else "no more than chance does"
        )
        (strengths if better else doubts).append(words)
    if (rest := found.get("completeness")) and rest.tolerance is not None and rest.value > rest.tolerance:
        doubts.append(f"the values miss {rest.value:.3f} of the difference that they should add up to")
    if not strengths and not doubts:
        return "Nothing here could be checked; read it as a hint."
    if not doubts:
        return f"This can be relied on: {'; '.join(strengths)}."
    if not strengths:
        return f"Do not rely on this: {'; '.join(doubts)}."
    return f"Read this with care: {'; '.join(doubts)}; but {'; '.join(strengths)}."
