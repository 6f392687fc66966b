"""LIME over action units: AMuSE's explanation of the face, for models that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erc_core.explainers._lime import LimeParams, lime
from erc_core.explainers._picture import ActionUnitSpace, unread_picture
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class ActionUnitParams(LimeParams):
    """What LIME over action units can be told."""


@EXPLAINERS.add("lime_action_units")
class LimeActionUnits(Explainer[ActionUnitParams]):
    """Which action units speak for the label."""

    card = ExplainerCard(
        name="lime_action_units",
        title="LIME: action units",
        paper="Ribeiro et al. 2016, KDD; action units as in AMuSE's explanation (Das Bhattacharjee et al.)",
        units=("action_unit",),
        modalities=("v",),
        meaning="How much the value changes, nearby, when an action unit is at work.",
        reading="What the model makes of the measured units, not what they mean. The face's picture stays as it is.",
        sampled=True,
    )
    params = ActionUnitParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there are no action units to change."""
        return unread_picture(model, features, "action_units")

    def explain(self, case: Case, params: ActionUnitParams, progress: Progress) -> Finding:
        """Put action units to their neutral."""
        return lime(case, ActionUnitSpace(case), params, progress)
