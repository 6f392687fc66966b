"""Where the faces of an utterance's keyframes lie in their frames, so that explanations can be drawn on them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers.base import FacePlace
from erc_core.features.visual_layout import visual_parts
from erc_core.media.face_stills import still_frame
from erc_core.media.keyframes import Keyframe
from erc_core.media.people import see_people
from erc_core.media.pictures import frames
from erc_core.settings import Settings
from erc_core.types import Dialogue, frozen_array


def face_places(
    clip: Path, dialogue: Dialogue, position: int, row: NDArray[np.floating], settings: Settings
) -> tuple[FacePlace | None, ...]:
    """Find the keyframes of one utterance again, and in each the very face that its row holds.

    The clip is looked at as a whole, as its analysis did: the process that has analysed it, or has explained another
    utterance of it, still knows what it saw.

    Args:
        clip: the video
        dialogue: what is said in it
        position: of the utterance
        row: its visual features, ``(K, W)``
        settings: limits, and where the face models are

    Returns:
        one place a keyframe of the row, None where no face of the frame is the row's; empty where the keyframes differ

    Raises:
        InputError: the clip cannot be decoded
    """
    seen = see_people(clip, dialogue, settings, settings.keyframes)
    found = seen.found.of(dialogue.utterances[position].id, seen.links[position].track)
    if not found or len(found) != len(row):
        return ()
    width, height = _size(clip, clip.stat().st_mtime_ns, found[0].time_s, settings)
    faces = visual_parts(row).face.numpy()
    return tuple(_place(keyframe, face, width, height) for keyframe, face in zip(found, faces, strict=True))


@lru_cache(maxsize=16)
def _size(clip: Path, changed_ns: int, time_s: float, settings: Settings) -> tuple[int, int]:
    """Return the width and height of the clip's decoded frames."""
    height, width = next(iter(frames(clip, [time_s], settings))).rgb.shape[:2]
    return width, height


def _place(keyframe: Keyframe, face: NDArray[np.floating], width: int, height: int) -> FacePlace | None:
    size = np.array([width, height])
    boxes = [(s.face.x, s.face.y, s.face.x + s.face.w, s.face.y + s.face.h) for s in keyframe.faces]
    outlines = np.array(boxes).reshape(-1, 4) / np.tile(size, 2)
    for seen in keyframe.faces:
        if not np.array_equal(seen.still, face):
            continue
        left, top, side = still_frame(seen.face)
        mesh = seen.face.landmarks
        landmarks = None if mesh is None else frozen_array((mesh[:, :2] - (left, top)) / side)
        return FacePlace(
            keyframe.time_s, left / width, top / height, side / width, side / height, landmarks, frozen_array(outlines)
        )
    return None
