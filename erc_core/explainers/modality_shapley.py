"""Exact Shapley values over the modalities of an utterance: all subsets are asked for, nothing is sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers._curves import check_order
from erc_core.explainers._modalities import Scoped, leader, unread
from erc_core.explainers._space import ModalitySpace, every_mask
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explanation import Fidelity
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class ShapleyParams(Scoped):
    """What exact Shapley values can be told."""


def shapley(values: NDArray[np.float64], units: int) -> NDArray[np.float64]:
    """Share a value out over the units.

    Args:
        values: of every subset, in the order of :func:`every_mask`, ``(2^U,)``
        units: U

    Returns:
        each unit's mean gain over all orders in which the units can be put together, ``(U,)``

    Source:
        Shapley 1953; Lundberg and Lee 2017, eq. 4.
    """
    masks = every_mask(units)
    found = np.zeros(units)
    for unit in range(units):
        without = np.flatnonzero(~masks[:, unit])
        size = masks[without].sum(axis=1)
        weight = np.array([factorial(s) * factorial(units - s - 1) / factorial(units) for s in size])
        found[unit] = (weight * (values[without + 2**unit] - values[without])).sum()
    return found


@EXPLAINERS.add("modality_shapley")
class ModalityShapley(Explainer[ShapleyParams]):
    """Exact Shapley values of the modalities."""

    card = ExplainerCard(
        name="modality_shapley",
        title="Shapley values of the modalities",
        paper="Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions, NeurIPS; all subsets",
        units=("modality",),
        modalities=(),
        meaning="How much each modality adds to the value, averaged over all orders of adding them.",
        reading="The bars add up to the difference between the answer with everything and the answer with nothing. "
        "A bar below zero speaks against the label.",
    )
    params = ShapleyParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None: every model reads a modality."""
        return unread(features)

    def explain(self, case: Case, params: ShapleyParams, progress: Progress) -> Finding:
        """Ask for every subset of the utterance's modalities."""
        space = ModalitySpace(case, params.scope == "dialogue")
        values = space.values(case, every_mask(len(space)), params.scale, progress)
        weights = shapley(values, len(space))
        residual = abs(float(weights.sum() - (values[-1] - values[0])))
        exact = Fidelity(
            "completeness",
            residual,
            "The values are exact: they add up to the whole difference, but for this remainder.",
            tolerance=TOLERANCE,
        )
        checked = check_order(case, space, weights, params.scale, progress)
        sentence = f"These values are exact, not sampled; {leader(space, weights)}."
        return Finding(
            space.weighted(weights),
            (exact, *checked.fidelity),
            space.baseline,
            sentence,
            empty_value=float(values[0]),
            curves=checked.curves,
        )
