"""Where all faces of a clip are at each look, small enough to be kept and drawn over the playing picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from erc_core.media.face_survey import LOOK_S, Look

# Points of the mesh that are kept, by part of the face; an outline is closed where its first point is its last.
PARTS: dict[str, tuple[int, ...]] = {
    "brow_left": (70, 63, 105, 66, 107),
    "brow_right": (336, 296, 334, 293, 300),
    "eye_left": (33, 160, 158, 133, 153, 144, 33),
    "eye_right": (362, 385, 387, 263, 373, 380, 362),
    "nose": (168, 98, 2, 327, 168),
    "lips": (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 61),
    "chin": (172, 150, 152, 379, 397, 314, 84, 172),
    "oval": (10, 297, 251, 454, 361, 397, 378, 152, 149, 172, 132, 234, 21, 67, 10),
}
POINTS = tuple(index for part in PARTS.values() for index in part)
# Points lie in a square around the box's middle, so many times as wide as the box, in steps of a 255th of it.
SPAN = 2.0
EVERY = 2  # looks; half of them are enough to draw


@dataclass(frozen=True, slots=True)
class FaceLog:
    """The faces of a clip, N of them, in order of time.

    Attributes:
        times_s: when each is seen, ``(N,)``
        tracks: whose track it is on, ``(N,)``
        boxes: left, upper edge, width and height as fractions of the picture, ``(N, 4)``
        points: the landmarks of :data:`POINTS` around the box, uint8 ``(N, P, 2)``
        meshed: whether the face has landmarks, ``(N,)``
    """

    times_s: NDArray[np.float32]
    tracks: NDArray[np.int32]
    boxes: NDArray[np.float32]
    points: NDArray[np.uint8]
    meshed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A track at the look where its face is largest.

    Attributes:
        track: its number
        time_s: when that is
        box: left, upper edge, width and height as fractions of the picture
        looks: at how many looks the face is seen
    """

    track: int
    time_s: float
    box: tuple[float, float, float, float]
    looks: int


def portraits(log: FaceLog) -> tuple[Portrait, ...]:
    """Return a portrait of each track, those that are seen longest first."""
    found = []
    for track in np.unique(log.tracks):
        own = np.flatnonzero(log.tracks == track)
        largest = own[int(np.argmax(log.boxes[own, 2] * log.boxes[own, 3]))]
        left, top, width, height = (float(part) for part in log.boxes[largest])
        found.append(Portrait(int(track), float(log.times_s[largest]), (left, top, width, height), len(own)))
    return tuple(sorted(found, key=lambda one: -one.looks))


@dataclass(slots=True)
class FaceRecord:
    """Collects the faces of looks."""

    _rows: list[tuple[float, int, NDArray[np.float64], NDArray[np.uint8] | None]] = field(default_factory=list)

    def add(self, look: Look) -> None:
        """Take in a look's faces; only every second look is kept."""
        if look.slot % EVERY and not look.searched:
            return
        height, width = look.frame.rgb.shape[:2]
        size = np.array([width, height])
        for one in look.faces:
            face = one.face
            box = np.array([face.x, face.y, face.w, face.h]) / np.tile(size, 2)
            points = None if face.landmarks is None else packed_points(face.landmarks[list(POINTS), :2] / size, box)
            self._rows.append((look.slot * LOOK_S, one.track, box, points))

    def log(self) -> FaceLog:
        """Return what was collected."""
        nothing = np.zeros((len(POINTS), 2), dtype=np.uint8)
        rows = self._rows
        return FaceLog(
            np.array([row[0] for row in rows], dtype=np.float32),
            np.array([row[1] for row in rows], dtype=np.int32),
            np.array([row[2] for row in rows], dtype=np.float32).reshape(-1, 4),
            np.array([nothing if row[3] is None else row[3] for row in rows], dtype=np.uint8).reshape(
                -1, len(POINTS), 2
            ),
            np.array([row[3] is not None for row in rows], dtype=np.bool_),
        )


def packed_points(points: NDArray[np.floating], box: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return points ``(P, 2)``, fractions of the picture, as steps in the square around a box, uint8 ``(P, 2)``."""
    corner, size = box[:2] + box[2:] / 2 - SPAN / 2 * box[2:], SPAN * box[2:]
    steps = 255 * (points - corner) / np.maximum(size, 1e-6)
    return np.clip(np.round(steps), 0, 255).astype(np.uint8)  # type: ignore[no-any-return]


def names_of_tracks(tracks: Sequence[int | None], speakers: Sequence[str]) -> dict[int, str]:
    """Return the speaker of each track: who says most of the utterances that are linked to it.

    Args:
        tracks: of the face of each utterance's speaker; None where it is not known
        speakers: of each utterance
    """
    votes: dict[int, dict[str, int]] = {}
    for track, speaker in zip(tracks, speakers, strict=True):
        if track is not None:
            found = votes.setdefault(track, {})
            found[speaker] = found.get(speaker, 0) + 1
    return {track: max(found, key=lambda name: found[name]) for track, found in votes.items()}
