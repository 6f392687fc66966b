"""How fast LIME over face regions is, ours beside the lime package's image explainer; part of ``bench explain``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core import pipeline
from erc_core.benchmarks.rounds import timed
from erc_core.explainers._face_regions import NAMES, masks
from erc_core.explainers._lime import LimeParams, Sampling
from erc_core.explainers._picture import FaceSpace
from erc_core.explainers._predict import Predictor
from erc_core.explainers.base import Case
from erc_core.features.visual_layout import FACE, UNITS, Keyframe, pack_visual
from erc_core.inference import loaded_model, sampling_precision
from erc_core.models.base import MODELS, Sample, collate
from erc_core.models.checkpoints import Loaded, Temperatures
from erc_core.settings import Settings
from erc_core.types import MELD7, Dialogue, FeatureRow, Features, ModelRef, Utterance, silent


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """LIME over face regions: seconds of the package's image explainer over ours."""

    ratio: float
    package_s: float
    ours_s: float
    distinct: int
    model: str
    weights: str


def measure_face(settings: Settings, lime: LimeParams) -> FaceFigures:
    """Measure LIME over face regions, with these settings on our side."""
    from lime.lime_image import LimeImageExplainer

    loaded, weights = _face_model(settings)
    dialogue, features = _face_dialogue()
    device = loaded.device
    predictor = Predictor(dialogue, features, loaded, 0, sampling_precision(settings, device))
    case = Case(dialogue, 0, features, 0, predictor, 0)
    space = FaceSpace(case, "mean")
    row = space.row
    regions = masks(None)
    segments = np.zeros((FACE, FACE), dtype=int)
    for number, name in enumerate(NAMES, 1):
        segments[regions[name]] = number

    @torch.inference_mode()
    def answer(pictures: NDArray[Any]) -> NDArray[np.float64]:
        samples = []
        for picture in pictures:
            changed = row.copy()
            changed[0, : FACE * FACE] = picture[..., 0].ravel() * 255
            samples.append(Sample((Features("", "v", "", (FeatureRow("", changed),)),), (0,), (-1,)))
        logits = loaded.model(collate(samples).to(device)).logits[:, 0]
        shares: NDArray[np.float64] = logits.double().softmax(-1).cpu().numpy()
        return shares

    picture = np.repeat(row[0, : FACE * FACE].reshape(FACE, FACE, 1) / 255.0, 3, axis=2).astype(np.float64)
    answer(picture[None])
    explainer = LimeImageExplainer(random_state=0)
    package_s, _ = timed(
        lambda: explainer.explain_instance(
            picture, answer, labels=(0,), top_labels=None, segmentation_fn=lambda _: segments
        )
    )

    def ours() -> NDArray[np.float64]:
        sampling = Sampling(case, space, lime)
        sampling.grow((lime.samples - sampling.count) // len(sampling.rngs), silent)
        return sampling.whole().weights

    ours_s, _ = timed(ours)
    return FaceFigures(package_s / ours_s, package_s, ours_s, predictor.distinct, loaded.ref.name, weights)


def _face_model(settings: Settings) -> tuple[Loaded, str]:
    """Return the first model with weights that reads faces, else DF-ERC with weights by chance: as fast."""
    for status in pipeline.models():
        if status.checkpoint is not None and "v" in status.card.modalities:
            return loaded_model(status.name, settings), "trained"
    torch.manual_seed(0)
    model = MODELS.get("df_erc")(MELD7, {}).eval()
    return Loaded(model, ModelRef("df_erc", "0" * 64, MELD7), Temperatures()), "by chance"


def _face_dialogue() -> tuple[Dialogue, tuple[Features, ...]]:
    y, x = np.mgrid[0:FACE, 0:FACE] / FACE
    face = 120 + 60 * np.cos(7 * x) * np.sin(5 * y) + np.random.default_rng(0).normal(0, 8, (FACE, FACE))
    frame = Keyframe(face.clip(0, 255).astype(np.uint8), np.zeros(UNITS), None)
    dialogue = Dialogue.of("face", "benchmark", (Utterance("u1", "A", None, 0.0, 1.0),))
    features = Features(dialogue.id, "v", "visual-1", (FeatureRow("u1", pack_visual((frame,))),))
    return dialogue, (features,)
