"""Grad-CAM over the face network's last maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from erc_core.errors import UnsupportedError
from erc_core.explainers._face_maps import finding_of_pixels
from erc_core.explainers._gradients import STEP, reaches, target_of_row, undisturbed
from erc_core.explainers._picture import FaceSpace, unread_picture
from erc_core.explainers._settings import Params
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explanation import Fidelity
from erc_core.features.visual_layout import FACE
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class GradCamParams(Params):
    """What Grad-CAM can be told."""


@EXPLAINERS.add("gradcam_face")
class GradCamFace(Explainer[GradCamParams]):
    """Where the face network's last maps speak for the label."""

    card = ExplainerCard(
        name="gradcam_face",
        title="Grad-CAM: face",
        paper="Selvaraju et al. 2017, Grad-CAM, ICCV; Captum's layer Grad-CAM, without its rectifier",
        units=("face_region",),
        modalities=("v",),
        meaning="The last maps of the face network, each weighted by its mean gradient.",
        reading="A coarse map, drawn larger: it shows roughly where, not which pixels. With the shipped weights its "
        "order was no better than a random one.",
        gradients=True,
    )
    params = GradCamParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no face."""
        return unread_picture(model, features, "face")

    def explain(self, case: Case, params: GradCamParams, progress: Progress) -> Finding:
        """Weight the last maps by their gradients."""
        from captum.attr import LayerGradCam

        space = FaceSpace(case)
        progress(STEP, 0.0)
        with undisturbed(case.predictor) as model:
            value = target_of_row(case, "v", params.scale)
            rows = torch.from_numpy(space.row.copy()).unsqueeze(0).to(case.predictor.device).requires_grad_()
            layer = _last_maps(model, value, rows, len(space.row))
            if reaches(value, rows, layer):
                coarse = LayerGradCam(value, layer).attribute(rows).detach()  # (K, 1, h, w)
            else:
                coarse = rows.new_zeros(len(space.row), 1, 1, 1)
        progress(STEP, 1.0)
        large = nn.functional.interpolate(coarse, size=(FACE, FACE), mode="bilinear")[:, 0]
        large = large * (coarse.sum() / large.sum().where(large.sum() != 0, torch.ones(())))  # the sum is the maps' own
        none = Fidelity.none("Grad-CAM's values add up to nothing in particular, so there is no remainder to measure.")
        pixels = large.double().cpu().numpy()[list(space.seen)]
        return finding_of_pixels(case, space, pixels, "Grad-CAM", params.scale, (none,), progress)


def _last_maps(model: nn.Module, value: Any, rows: Tensor, pictures: int) -> nn.Module:
    """Return the last convolution that looks at the keyframes' faces."""
    seen: list[nn.Module] = []

    def note(module: nn.Module, arguments: tuple[Any, ...], output: Tensor) -> None:
        if len(output) == pictures:
            seen.append(module)

    handles = [m.register_forward_hook(note) for m in _face_network(model).modules() if isinstance(m, nn.Conv2d)]
    try:
        with torch.no_grad():
            value(rows)
    finally:
        for handle in handles:
            handle.remove()
    if not seen:
        raise UnsupportedError("This model has no convolutions over faces", do="see integrated gradients")
    return seen[-1]


def _face_network(model: nn.Module) -> nn.Module:
    """Return the shared face encoder where the model has it, else the model."""
    from erc_core.features.face_encoder import FaceEncoder

    return next((module for module in model.modules() if isinstance(module, FaceEncoder)), model)
