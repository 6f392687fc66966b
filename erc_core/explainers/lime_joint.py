"""LIME over words, sound and face at once, so that their shares can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from erc_core.errors import UnsupportedError
from erc_core.explainers._lime import LimeParams, lime
from erc_core.explainers._picture import ActionUnitSpace, FaceSpace
from erc_core.explainers._predict import Place, Row, Variant
from erc_core.explainers._settings import setting
from erc_core.explainers._sound import SoundSpace, unread_sound
from erc_core.explainers._space import Mask, Space
from erc_core.explainers._words import WordSpace, unread_words
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class JointParams(LimeParams):
    """What joint LIME can be told."""

    width_s: float = setting(0.5, "Span (s)", "Length of a span of sound in seconds.", 0.1, 1.0)


class JointSpace(Space):
    """The units of several spaces in one.

    Args:
        spaces: each of another modality
    """

    def __init__(self, spaces: Sequence[Space]) -> None:
        self._spaces = tuple(spaces)
        self._ends = np.cumsum([len(space) for space in spaces])[:-1]
        self.units = tuple(unit for space in spaces for unit in space.units)
        self.baseline = "; ".join(space.baseline for space in spaces)

    def variant(self, kept: Mask) -> Variant:
        """Return the version with only the units of ``kept`` ``(U,)``."""
        rows: dict[Place, Row] = {}
        for space, part in zip(self._spaces, np.split(kept, self._ends), strict=True):
            rows |= space.variant(part).rows
        return Variant(rows)


@EXPLAINERS.add("lime_joint")
class LimeJoint(Explainer[JointParams]):
    """Words, spans of sound and the face in one sample."""

    card = ExplainerCard(
        name="lime_joint",
        title="LIME: all modalities",
        paper="Ribeiro et al. 2016, KDD; one sample over all modalities",
        units=("word", "audio_span", "face_region", "action_unit"),
        modalities=("t", "a", "v"),
        meaning="How much the value changes, nearby, when a unit is there, whatever its modality.",
        reading="Weights of words, sound and face are on one scale here; in the single explanations they are not.",
        sampled=True,
    )
    params = JointParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why fewer than two modalities can be taken apart."""
        reasons = [unread_words(features), unread_sound(features)]
        if "v" in model.modalities:
            reasons.append(None)
        if sum(reason is None for reason in reasons) < 2:
            return "Fewer than two modalities of this model can be taken apart, so there is nothing to compare."
        return None

    def explain(self, case: Case, params: JointParams, progress: Progress) -> Finding:
        """Remove units of all modalities together: of the face, regions or action units, as the model reads it."""
        by_regions = "face" in case.predictor.loaded.model.card.picture
        makers: dict[str, Callable[[], Space]] = {
            "t": lambda: WordSpace(case),
            "a": lambda: SoundSpace(case, params.width_s),
            "v": lambda: FaceSpace(case) if by_regions else ActionUnitSpace(case),
        }
        spaces, left_out = [], []
        for modality in case.present():
            try:
                spaces.append(makers[modality]())
            except UnsupportedError as error:
                left_out.append(f"{error.problem}; it is not among the units.")
        if not spaces:
            raise UnsupportedError("No modality of this utterance can be taken apart", do="see the modalities instead")
        found = lime(case, JointSpace(spaces), params, progress)
        return found.with_notes(*left_out)
