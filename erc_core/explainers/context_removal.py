"""Which other utterance moved this prediction: each is taken out of the dialogue in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from erc_core.explainers._context import ContextSpace
from erc_core.explainers._curves import check_order
from erc_core.explainers._settings import Params, setting
from erc_core.explainers._trust import verdict
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explanation import Fidelity
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class ContextParams(Params):
    """What leaving utterances out can be told."""

    whose: Literal["everybody", "speaker"] = setting(
        "everybody",
        "Utterances of",
        "Everybody in the dialogue, or the speaker of the explained utterance alone.",
        choices=("everybody", "speaker"),
    )


@EXPLAINERS.add("context_removal")
class ContextRemoval(Explainer[ContextParams]):
    """The fall of the value without each other utterance."""

    card = ExplainerCard(
        name="context_removal",
        title="Context: leave one utterance out",
        paper="Li et al. 2016, Understanding Neural Networks through Representation Erasure, arXiv:1612.08220",
        units=("utterance",),
        modalities=(),
        meaning="How much the value falls when an utterance was never said.",
        reading="Above zero the utterance supports the label. Later utterances appear where the model sees them.",
    )
    params = ContextParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no context."""
        if features and all(len(found.rows) < 2 for found in features):
            return "This dialogue has one utterance only, so there is no context."
        return None

    def explain(self, case: Case, params: ContextParams, progress: Progress) -> Finding:
        """Take each other utterance out."""
        space = ContextSpace(case, params.whose)
        U = len(space)
        masks = np.concatenate([np.ones((1, U), bool), ~np.eye(U, dtype=bool), np.zeros((1, U), bool)])
        values = space.values(case, masks, params.scale, progress)
        weights = values[0] - values[1:-1]
        gap = abs(float(values[0] - values[-1] - weights.sum()))
        shared = Fidelity(
            "completeness",
            gap,
            "What the single falls leave of the fall without any context: large where utterances stand in for others.",
        )
        checked = check_order(case, space, weights, params.scale, progress)
        fidelity = (shared, *checked.fidelity)
        return Finding(
            space.weighted(weights),
            fidelity,
            space.baseline,
            verdict(fidelity) if U > 1 else "The fall was measured, not estimated.",
            empty_value=float(values[-1]),
            curves=checked.curves,
        )
