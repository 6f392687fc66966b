"""Ablation: what is lost when one modality is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erc_core.explainers._curves import check_order
from erc_core.explainers._modalities import Scoped, leader, unread
from erc_core.explainers._space import ModalitySpace
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explanation import Fidelity
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class AblationParams(Scoped):
    """What ablation can be told."""


@EXPLAINERS.add("modality_ablation")
class ModalityAblation(Explainer[AblationParams]):
    """The fall of the value without each modality."""

    card = ExplainerCard(
        name="modality_ablation",
        title="Ablation of the modalities",
        paper="Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, ECCV (occlusion)",
        units=("modality",),
        modalities=(),
        meaning="How much the value falls when one modality is taken away and the others stay.",
        reading="Where two modalities say the same, taking one away changes little although both matter: compare with "
        "the Shapley values.",
    )
    params = AblationParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None: every model reads a modality."""
        return unread(features)

    def explain(self, case: Case, params: AblationParams, progress: Progress) -> Finding:
        """Take each modality of the utterance away."""
        space = ModalitySpace(case, params.scope == "dialogue")
        U = len(space)
        masks = np.concatenate([np.ones((1, U), bool), ~np.eye(U, dtype=bool), np.zeros((1, U), bool)])
        values = space.values(case, masks, params.scale, progress)
        weights = values[0] - values[1:-1]
        gap = float(values[0] - values[-1] - weights.sum())
        shared = Fidelity(
            "completeness",
            abs(gap),
            "What the single falls leave of the whole fall: large where modalities stand in for each other or work "
            "only together.",
        )
        checked = check_order(case, space, weights, params.scale, progress)
        return Finding(
            space.weighted(weights),
            (shared, *checked.fidelity),
            space.baseline,
            f"Each fall was measured, not estimated; {leader(space, weights)}.",
            empty_value=float(values[-1]),
            curves=checked.curves,
        )
