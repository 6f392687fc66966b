"""LIME over the frame: regions of the background, or the faces against what is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from erc_core.explainers._lime import LimeParams, lime
from erc_core.explainers._picture import BackgroundSpace, FacesAgainstBackground, unread_picture
from erc_core.explainers._settings import setting
from erc_core.explainers._space import Space
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class FrameParams(LimeParams):
    """What LIME over the frame can be told."""

    split: Literal["background", "faces"] = setting(
        "background",
        "Units",
        "Regions of the background, or the faces as a whole against the background as a whole.",
        choices=("background", "faces"),
    )
    segments: int = setting(12, "Regions", "About how many regions the background is cut into.", 2, 40)


@EXPLAINERS.add("lime_frame")
class LimeFrame(Explainer[FrameParams]):
    """Which regions of the frame speak for the label."""

    card = ExplainerCard(
        name="lime_frame",
        title="LIME: frame regions",
        paper="Ribeiro et al. 2016, KDD; superpixels by SLIC (Achanta et al. 2012); visual regions as in AMuSE",
        units=("image_region",),
        modalities=("v",),
        meaning="How much the value changes, nearby, when a region of the frame is seen.",
        reading="A model that leans on the room rather than on the face shows it here. With the shipped weights the "
        "order was no better than a random one: the room hardly counts.",
        sampled=True,
    )
    params = FrameParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no background to change."""
        return unread_picture(model, features, "background")

    def explain(self, case: Case, params: FrameParams, progress: Progress) -> Finding:
        """Remove regions of the frame."""
        space: Space = (
            FacesAgainstBackground(case) if params.split == "faces" else BackgroundSpace(case, params.segments)
        )
        return lime(case, space, params, progress)
