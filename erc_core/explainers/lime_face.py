"""LIME over regions of the face: brows, eyes, nose, cheeks, mouth, jaw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from erc_core.explainers._lime import LimeParams, lime
from erc_core.explainers._picture import FaceSpace, unread_picture
from erc_core.explainers._settings import setting
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class FaceParams(LimeParams):
    """What LIME over face regions can be told."""

    fill: Literal["inpaint", "blur", "mean"] = setting(
        "inpaint",
        "A removed region",
        "Is painted over from what surrounds it, blurred, or takes the face's mean grey.",
        choices=("inpaint", "blur", "mean"),
    )


@EXPLAINERS.add("lime_face")
class LimeFace(Explainer[FaceParams]):
    """Which regions of the face speak for the label."""

    card = ExplainerCard(
        name="lime_face",
        title="LIME: face regions",
        paper="Ribeiro et al. 2016, KDD; regions of the face as in AMuSE's explanation (Das Bhattacharjee et al.)",
        units=("face_region",),
        modalities=("v",),
        meaning="How much the value changes, nearby, when a region of the face is seen.",
        reading="Green regions speak for the label, red ones against it. A region is removed from all keyframes.",
        sampled=True,
    )
    params = FaceParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no face to change."""
        return unread_picture(model, features, "face")

    def explain(self, case: Case, params: FaceParams, progress: Progress) -> Finding:
        """Paint regions over."""
        return lime(case, FaceSpace(case, params.fill), params, progress)
