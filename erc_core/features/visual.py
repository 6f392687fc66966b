"""Keyframes of the speaker's face: what the visual encoders and AMuSE's branches read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.features.base import EXTRACTORS
from erc_core.features.visual_layout import EXTRACTOR, Keyframe, pack_visual
from erc_core.media.action_unit_table import NUMBERS
from erc_core.media.action_units import FaceUnits
from erc_core.media.keyframes import PER_UTTERANCE, find_keyframes
from erc_core.media.keyframes import Keyframe as Picture
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Progress, Utterance

NO_RECORDING = "no recording: only words are known"
NO_PICTURE = "the clip has no picture"


@EXTRACTORS.add(EXTRACTOR)
def visual_features(dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress) -> Features:
    """Return keyframes of every utterance, rows ``(K, W)`` packed by :mod:`erc_core.features.visual_layout`.

    A row whose keyframes show no face of the speaker still holds backgrounds.
    """
    if clip is None or (dialogue.media is not None and not dialogue.media.has_video):
        reason = NO_RECORDING if clip is None else NO_PICTURE
        rows = tuple(FeatureRow(utterance.id, None, reason) for utterance in dialogue.utterances)
        return Features(dialogue.id, "v", EXTRACTOR, rows)
    from erc_core.media.faces import FaceFinder

    found = find_keyframes(clip, dialogue.utterances, settings, FaceFinder(settings), PER_UTTERANCE, progress)
    rows = tuple(visual_row(utterance, found.of(utterance.id)) for utterance in dialogue.utterances)
    return Features(dialogue.id, "v", EXTRACTOR, rows)


def visual_row(utterance: Utterance, pictures: Sequence[Picture]) -> FeatureRow:
    """Pack the keyframes of one utterance, with the faces of its speaker."""
    track = utterance.face_track if utterance.face_track is not None else _largest(pictures)
    if not pictures:
        return FeatureRow(utterance.id, None, "the clip shows no picture at these times")
    packed = pack_visual(tuple(_keyframe(picture, track) for picture in pictures))
    return FeatureRow(utterance.id, packed)


def _largest(pictures: Sequence[Picture]) -> int | None:
    """Return the track whose faces take most of the pictures, or None where there is no face."""
    areas: Counter[int] = Counter()
    for picture in pictures:
        for seen in picture.faces:
            areas[seen.track] += round(seen.face.w * seen.face.h)
    return areas.most_common(1)[0][0] if areas else None


def _keyframe(picture: Picture, track: int | None) -> Keyframe:
    seen = next((one for one in picture.faces if one.track == track), None)
    if seen is None:
        return Keyframe(None, None, picture.background)
    return Keyframe(seen.still, unit_row(seen.units), picture.background)


def unit_row(units: FaceUnits) -> NDArray[np.float64]:
    """Return intensities in the order of the table, ``(A,)``, NaN where a unit is not measurable."""
    known = [units.intensity(number) for number in NUMBERS]
    return np.array([np.nan if value is None else value for value in known])
