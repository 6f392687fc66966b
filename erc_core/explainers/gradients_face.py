"""Integrated gradients over the pixels of the face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from erc_core.explainers._face_maps import finding_of_pixels
from erc_core.explainers._gradients import STEP, completeness, target_of_row, told, undisturbed
from erc_core.explainers._picture import FaceSpace, face_pictures, unread_picture
from erc_core.explainers._settings import Params, setting
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.features.visual_layout import FACE
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress

AT_ONCE = 8
BLUR = 6.0  # pixels


@dataclass(frozen=True, slots=True)
class FaceGradientParams(Params):
    """What integrated gradients over the face can be told."""

    baseline: Literal["blur", "mean"] = setting(
        "blur", "Baseline", "Where the way begins: the face blurred, or its mean grey.", choices=("blur", "mean")
    )
    steps: int = setting(48, "Steps", "Steps from the baseline to the face: more of them leave less remainder.", 4, 300)


@EXPLAINERS.add("gradients_face")
class FaceGradients(Explainer[FaceGradientParams]):
    """Which pixels of the face the gradient holds responsible."""

    card = ExplainerCard(
        name="gradients_face",
        title="Integrated gradients: face",
        paper="Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, ICML; with Captum",
        units=("face_region",),
        modalities=("v",),
        meaning="What each pixel of the face adds to the value on the way from the baseline to the face.",
        reading="The map is the explanation; the regions are its sums. Single bright pixels mean little.",
        gradients=True,
    )
    params = FaceGradientParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no face."""
        return unread_picture(model, features, "face")

    def explain(self, case: Case, params: FaceGradientParams, progress: Progress) -> Finding:
        """Integrate the gradient along the way to the face's pixels."""
        from captum.attr import IntegratedGradients
        from scipy.ndimage import gaussian_filter

        space = FaceSpace(case, params.baseline)
        pictures = face_pictures(space.row)
        dull = space.row.copy()
        for k in space.seen:
            blurred = (
                gaussian_filter(pictures[k], BLUR)
                if params.baseline == "blur"
                else np.full_like(pictures[k], pictures[k].mean())
            )
            dull[k, : FACE * FACE] = blurred.ravel()
        with undisturbed(case.predictor):
            device = case.predictor.device
            rows, baseline = (torch.from_numpy(x).unsqueeze(0).to(device) for x in (space.row.copy(), dull))
            value = told(target_of_row(case, "v", params.scale), progress, 2 + params.steps // AT_ONCE)
            found, remainder = IntegratedGradients(value).attribute(
                rows,
                baselines=baseline,
                n_steps=params.steps,
                internal_batch_size=AT_ONCE,
                return_convergence_delta=True,
            )
        progress(STEP, 1.0)
        pixels = face_pictures(found[0].cpu().numpy())[list(space.seen)]
        residual = completeness(float(pixels.sum()), float(remainder[0]), params.steps)
        return finding_of_pixels(case, space, pixels, "integrated gradients", params.scale, (residual,), progress)
