"""LIME over any space of units: the package's surrogate, kernel and feature selection, our versions and answers.

Axis letters: S versions, U units.

Source:
    Ribeiro et al. 2016. As in the package's text explainer the number of removed units is drawn first and then which
    ones, nearness is the cosine to the whole, and the surrogate is a ridge regression. Ours differs in two things:
    versions come from several seeds, so that their agreement is known, and they grow in number until it is high.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers._curves import check_order
from erc_core.explainers._settings import Params, setting
from erc_core.explainers._space import Mask, Space
from erc_core.explainers._trust import STABLE, TIE, local_fit, stability, verdict
from erc_core.explainers.base import Case, Finding
from erc_core.explanation import Fidelity
from erc_core.types import Progress

PARTS = 3  # seeds, each with a third of the versions
FIRST = 32  # versions of a part in the first round
STEP = "ask for versions"


@dataclass(frozen=True, slots=True)
class LimeParams(Params):
    """What every LIME can be told."""

    samples: int = setting(
        1000, "Most versions", "The number of versions grows until the ranking is stable, up to this.", 48, 20_000
    )
    until_stable: bool = setting(
        True, "Stop when stable", "Stop before that number once three seeds agree on the ranking of the units."
    )
    kernel_width: float = setting(
        0.25, "Kernel width", "How near a version must be to count: larger looks further from the utterance.", 0.05, 5.0
    )
    ridge: float = setting(
        0.01, "Ridge", "How strongly the surrogate shrinks weights; the lime package's own value is 1.", 0.0001, 100.0
    )
    selection: Literal["all", "highest_weights", "forward_selection", "lasso_path"] = setting(
        "all",
        "Units to keep",
        "Whether all units get a weight or only the strongest, and how these are found.",
        choices=("all", "highest_weights", "forward_selection", "lasso_path"),
    )
    features: int = setting(10, "How many", "How many units get a weight where not all of them do.", 1, 100)


@dataclass(frozen=True, slots=True)
class Fit:
    """A surrogate: the units' weights ``(U,)`` and its weighted R2."""

    weights: NDArray[np.float64]
    r2: float


def draw(units: int, count: int, rng: np.random.Generator) -> Mask:
    """Draw versions ``(S, U)``: how many units are removed, 1 to all, then which."""
    removed = rng.integers(1, units + 1, size=count)
    order = rng.random((count, units)).argsort(axis=1).argsort(axis=1)
    masks: Mask = order >= removed[:, None]
    return masks


def fit(masks: Mask, values: NDArray[np.float64], params: LimeParams) -> Fit:
    """Fit the package's surrogate to versions, the whole one first.

    Args:
        masks: which units are kept, ``(S, U)``
        values: the target's value of each, ``(S,)``
        params: kernel, ridge and feature selection
    """
    from lime.lime_base import LimeBase
    from sklearn.linear_model import Ridge

    def kernel(distances: NDArray[np.float64]) -> NDArray[np.float64]:
        near: NDArray[np.float64] = np.sqrt(np.exp(-(distances**2) / params.kernel_width**2))
        return near

    U = masks.shape[1]
    distances = 1.0 - np.sqrt(masks.sum(axis=1) / U)  # cosine distance to the whole
    selection = "none" if params.selection == "all" else params.selection
    base = LimeBase(kernel, random_state=np.random.RandomState(0))
    _, pairs, r2, _ = base.explain_instance_with_data(
        masks.astype(float),
        values[:, None],
        distances,
        0,
        U if params.selection == "all" else params.features,
        feature_selection=selection,
        model_regressor=Ridge(alpha=params.ridge, fit_intercept=True, random_state=0),
    )
    weights = np.zeros(U)
    for unit, weight in pairs:
        weights[unit] = weight
    return Fit(weights, float(r2))


class Sampling:
    """Versions and values that grow, a part for each seed."""

    def __init__(self, case: Case, space: Space, params: LimeParams) -> None:
        self.case, self.space, self.params = case, space, params
        self.rngs = [np.random.default_rng([case.seed, part]) for part in range(PARTS)]
        whole = np.ones((1, len(space)), dtype=bool)
        self.masks = [whole] * PARTS
        self.values = [space.values(case, whole, params.scale)] * PARTS

    @property
    def count(self) -> int:
        return sum(len(masks) for masks in self.masks)

    def grow(self, each: int, progress: Progress) -> None:
        drawn = [draw(len(self.space), each, rng) for rng in self.rngs]
        found = self.space.values(self.case, np.concatenate(drawn), self.params.scale, progress, STEP)
        for part, masks in enumerate(drawn):
            self.masks[part] = np.concatenate([self.masks[part], masks])
            self.values[part] = np.concatenate([self.values[part], found[part * each : (part + 1) * each]])

    def fits(self) -> list[Fit]:
        return [fit(m, v, self.params) for m, v in zip(self.masks, self.values, strict=True)]

    def whole(self) -> Fit:
        return fit(np.concatenate(self.masks), np.concatenate(self.values), self.params)


def lime(case: Case, space: Space, params: LimeParams, progress: Progress) -> Finding:
    """Explain the target by the units of ``space``."""
    sampling = Sampling(case, space, params)
    each = max(FIRST, 2 * len(space))
    while True:
        room = (params.samples - sampling.count) // PARTS
        sampling.grow(max(1, min(each, room)), progress)
        parts = [one.weights for one in sampling.fits()]
        agreement = stability(parts)
        if (_settled(agreement) and params.until_stable) or sampling.count + PARTS > params.samples:
            break
        each = sampling.count // PARTS  # twice as many
    whole = sampling.whole()
    checked = check_order(case, space, whole.weights, params.scale, progress)
    spread = float(np.ptp(np.concatenate(sampling.values)))
    fidelity = (local_fit(whole.r2, spread), agreement, *checked.fidelity)
    empty = space.values(case, np.zeros((1, len(space)), dtype=bool), params.scale)
    return Finding(
        space.weighted(np.where(np.abs(whole.weights) < TIE, 0.0, whole.weights)),
        fidelity,
        space.baseline,
        verdict(fidelity),
        empty_value=float(empty[0]),
        curves=checked.curves,
        notes=(_stopped(sampling.count, agreement, params),),
    )


def _settled(agreement: Fidelity) -> bool:
    """Tell whether more versions would not change the ranking, be it that there is none."""
    return agreement.kind == "none" or agreement.value >= STABLE


def _stopped(count: int, agreement: Fidelity, params: LimeParams) -> str:
    if agreement.kind == "none":
        return f"{count:,} versions were asked for. {agreement.meaning}"
    if _settled(agreement) and params.until_stable:
        return f"The ranking was stable after {count:,} versions."
    if _settled(agreement):
        return f"All {count:,} versions were asked for; the ranking is stable."
    return f"The limit of {params.samples:,} versions was reached before the ranking was stable."
