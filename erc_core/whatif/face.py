"""The visual row of an edited utterance: no face, or the calmest face that the clip shows of its speaker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.features.visual_layout import EXTRACTOR, Keyframe, pack_visual, visual_parts
from erc_core.types import Dialogue, FeatureRow, Features

BLANK = "the face is blanked"


@dataclass(frozen=True, slots=True)
class CalmFace:
    """The face with the least movement that a clip shows of a speaker, and in which utterance it is."""

    utterance: str
    face: NDArray[np.uint8]
    units: NDArray[np.floating]


def frames_of(row: FeatureRow) -> tuple[Keyframe, ...]:
    """Return the keyframes of a visual row; none where it is absent."""
    if row.values is None:
        return ()
    parts = visual_parts(np.asarray(row.values, dtype=np.float32))
    found = []
    for k in range(len(row.values)):
        units = np.where(parts.measured[k], parts.units[k], np.nan)
        background = np.rint(255 * parts.background[k].permute(1, 2, 0).numpy()).astype(np.uint8)
        found.append(
            Keyframe(
                parts.face[k].numpy().astype(np.uint8) if parts.has_face[k] else None,
                units if np.isfinite(units).any() else None,
                background if parts.has_background[k] else None,
            )
        )
    return tuple(found)


def calm_face(dialogue: Dialogue, features: Features, speaker: str) -> CalmFace:
    """Return a speaker's calmest face: that whose measured action units have the lowest mean.

    Raises:
        UnsupportedError: no face of the speaker has measured action units
    """
    best: CalmFace | None = None
    for utterance, row in zip(dialogue.utterances, features.rows, strict=True):
        if utterance.speaker != speaker:
            continue
        for frame in frames_of(row):
            if frame.face is None or frame.units is None:
                continue
            if best is None or np.nanmean(frame.units) < np.nanmean(best.units):
                best = CalmFace(utterance.id, frame.face, frame.units)
    if best is None:
        raise UnsupportedError(
            f"There is no calm face of {speaker} to put in place",
            got="no face with measured action units",
            do="blank the face",
        )
    return best


def edited_face_row(dialogue: Dialogue, features: Features, utterance: str, calm: bool) -> FeatureRow:
    """Return the visual row of an utterance without its face, or with its speaker's calmest one in each keyframe.

    Only real pictures are used: a face is never drawn.

    Raises:
        UnsupportedError: the features hold no pictures, or no calm face is there
    """
    if features.extractor != EXTRACTOR:
        raise UnsupportedError(
            "The faces of this dialogue cannot be edited",
            got=f"features {features.extractor}",
            allowed=f"features {EXTRACTOR}",
            do="edit words or speakers",
        )
    position = dialogue.position(utterance)
    row = features.rows[position]
    frames = frames_of(row)
    if calm and any(frame.face is not None for frame in frames):
        found = calm_face(dialogue, features, dialogue.utterances[position].speaker)
        changed = [replace(f, face=found.face, units=found.units) if f.face is not None else f for f in frames]
    elif calm:
        return row
    else:
        changed = [replace(frame, face=None, units=None) for frame in frames]
    seen = tuple(frame for frame in changed if frame.face is not None or frame.background is not None)
    if not seen:
        return FeatureRow(utterance, None, row.reason or BLANK)
    return FeatureRow(utterance, pack_visual(seen))
