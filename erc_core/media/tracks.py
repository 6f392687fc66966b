"""Who is who from picture to picture: faces joined into tracks, also over cuts and gaps.

Within a shot a face is where it was; after a cut, or a gap, it is known again by its hair, skin and clothes. That
tells the people of one clip apart; it is no face recognition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erc_core.media.faces import Face
from erc_core.media.pictures import Frame

THUMBNAIL = (32, 18)
# A cut changes the whole picture and its colours at once.
CUT_DIFFERENCE = 22.0
CUT_CORRELATION = 0.7
# Places count for faces seen at most this long ago.
SHOT_GAP_S = 1.5
# Highest cost of a link; a place one face width away, or colours of which half is new, cost 1.
MAX_COST = 0.75
MAX_APPEARANCE = 0.42
BINS = (4, 4, 4)
REMEMBER = 0.8


@dataclass(slots=True)
class _Track:
    """One person's face: its colours, and where it was seen last; ``id`` counts from 1 by first appearance."""

    id: int
    appearance: NDArray[np.float64]
    shot: int
    time_s: float
    face: Face


class Tracker:
    """Takes pictures in order of time, each with its faces, and names the track of each face.

    Of a track only the last sighting is kept, so that memory does not grow with the clip.

    Attributes:
        cuts_s: times of cuts so far
    """

    def __init__(self) -> None:
        self._known: list[_Track] = []
        self._shot = 0
        self._before: NDArray[np.uint8] | None = None
        self.cuts_s: list[float] = []

    def add(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[int, ...]:
        """Return the id of the track of each face, in their order."""
        small = thumbnail(frame.rgb)
        if self._before is not None and is_cut(self._before, small):
            self._shot += 1
            self.cuts_s.append(frame.time_s)
        self._before = small
        looks = [appearance(frame.rgb, face) for face in faces]
        tracks = dict(self._links(frame.time_s, faces, looks))
        for number, face in enumerate(faces):
            track = tracks.setdefault(number, tracks.get(number) or self._start(looks[number], frame.time_s, face))
            track.appearance = REMEMBER * track.appearance + (1 - REMEMBER) * looks[number]
            track.shot, track.time_s, track.face = self._shot, frame.time_s, face
        return tuple(tracks[number].id for number in range(len(faces)))

    def _start(self, look: NDArray[np.float64], time_s: float, face: Face) -> _Track:
        track = _Track(len(self._known) + 1, look, self._shot, time_s, face)
        self._known.append(track)
        return track

    def _links(
        self, time_s: float, faces: tuple[Face, ...], looks: list[NDArray[np.float64]]
    ) -> list[tuple[int, _Track]]:
        """Return which face goes on which track, so that the sum of the costs is least."""
        from scipy.optimize import linear_sum_assignment

        if not faces or not self._known:
            return []
        cost = np.array(
            [
                [self._cost(time_s, face, look, track) for track in self._known]
                for face, look in zip(faces, looks, strict=True)
            ]
        )
        rows, columns = linear_sum_assignment(cost)
        return [(int(r), self._known[c]) for r, c in zip(rows, columns, strict=True) if cost[r, c] <= MAX_COST]

    def _cost(self, time_s: float, face: Face, look: NDArray[np.float64], track: _Track) -> float:
        last = track.face
        differs = distance(look, track.appearance)
        if track.shot == self._shot and time_s - track.time_s <= SHOT_GAP_S:
            size = max(face.w, last.w)
            apart = float(np.hypot(_center(face)[0] - _center(last)[0], _center(face)[1] - _center(last)[1]))
            grown = abs(float(np.log(max(face.w, 1) / max(last.w, 1))))
            return 0.5 * apart / size + 0.5 * grown + 0.5 * differs
        return MAX_COST * differs / MAX_APPEARANCE if differs <= MAX_APPEARANCE else 10.0


def is_cut(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Tell whether two thumbnails, uint8 ``(18, 32, 3)``, belong to two shots."""
    first, second = (picture.astype(np.float64) - picture.mean() for picture in (before, after))
    if float(np.abs(before.astype(np.float64) - after).mean()) < CUT_DIFFERENCE:
        return False
    # A plain picture, such as black, is like no other.
    together = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return together == 0 or float((first * second).sum()) / together < CUT_CORRELATION


def appearance(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
    """Return the colours of hair, skin and clothes, three histograms that sum to one each, ``(3 * 64,)``."""
    x, y, w, h = face.x, face.y, face.w, face.h
    parts = (
        (x, y - 0.55 * h, w, 0.5 * h),
        (x + 0.15 * w, y + 0.2 * h, 0.7 * w, 0.7 * h),
        (x - 0.3 * w, y + 1.35 * h, 1.6 * w, 0.8 * h),
    )
    return np.concatenate([_colours(rgb, part) for part in parts])


def distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return how two appearances differ, 0 to 1: the mean share of colour that is not common to both.

    Parts that one of them does not show count nothing.
    """
    a, b = first.reshape(3, -1), second.reshape(3, -1)
    seen = (a.sum(axis=1) > 0) & (b.sum(axis=1) > 0)
    if not seen.any():
        return 1.0
    common = np.minimum(a, b).sum(axis=1)[seen]
    return float(1 - common.mean())


def _colours(rgb: NDArray[np.uint8], part: tuple[float, float, float, float]) -> NDArray[np.float64]:
    import cv2

    x, y, w, h = (round(value) for value in part)
    piece = rgb[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    if piece.shape[0] < 2 or piece.shape[1] < 2:
        return np.zeros(int(np.prod(BINS)))
    small = cv2.resize(piece, (24, 24), interpolation=cv2.INTER_AREA)
    # Lab: differences of colour as people see them; 8 bit Lab uses the middle of a and b only.
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    counts, _ = np.histogramdd(lab, bins=BINS, range=((0, 256), (98, 168), (88, 188)))
    spread = cv2.GaussianBlur(counts.reshape(BINS[0], -1), (3, 3), 0.6).ravel()
    total = spread.sum()
    return spread / total if total else np.zeros(int(np.prod(BINS)))


def thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as the cut finder sees it, uint8 ``(18, 32, 3)``."""
    import cv2

    small: NDArray[np.uint8] = cv2.resize(rgb, THUMBNAIL, interpolation=cv2.INTER_AREA)
    return small


def _center(face: Face) -> tuple[float, float]:
    return face.x + face.w / 2, face.y + face.h / 2
