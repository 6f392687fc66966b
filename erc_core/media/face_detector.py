"""Find boxes of faces in a picture of any size with a detector that sees 128 pixels.

Source:
    Bazarevsky et al. 2019, "BlazeFace" (arXiv:1907.05047); the tiles are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from erc_core.media.face_regions import ROI_SCALE, Region, forward

SIDE = 128
MIN_SCORE = 0.5
SAME_FACE = 0.45
SMALLEST_TILE = 160
FLAT = 3.0  # grey levels: no part of a face varies as little as this


@dataclass(frozen=True, slots=True)
class Candidate:
    """A box ``(x, y, w, h)`` with its score and the two eyes ``(2, 2)``, in pixels."""

    box: NDArray[np.float64]
    score: float
    eyes: NDArray[np.float64]

    def region(self) -> Region:
        """Return the square in which the landmarks are looked for, level with the eyes."""
        x, y, w, h = self.box
        across = self.eyes[1] - self.eyes[0]
        center = np.array([x + w / 2, y + h / 2])
        return Region(center, ROI_SCALE * float(max(w, h)), float(np.arctan2(*across[::-1])))


def find_faces(net: Any, rgb: NDArray[np.uint8]) -> list[Candidate]:
    """Return one candidate for each face of a picture, uint8 ``(H, W, 3)``."""
    tiles = _tiles(*rgb.shape[:2])
    return _without_doubles([found for x, y, side in tiles for found in _look(net, rgb, x, y, side)])


def _look(net: Any, rgb: NDArray[np.uint8], x: int, y: int, side: int) -> list[Candidate]:
    """Run the detector on a square of the picture, black where the picture ends."""
    import cv2

    tile = _square(rgb, x, y, side)
    shrunk = cv2.resize(tile, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if float(np.max(cv2.meanStdDev(shrunk)[1])) < FLAT:
        return []
    scores, raw = forward(net, shrunk, ("classificators", "regressors"), centred=True)
    probabilities = 1 / (1 + np.exp(-np.clip(scores.ravel().astype(np.float64), -100, 100)))
    found = []
    for index in np.flatnonzero(probabilities >= MIN_SCORE):
        values = raw.reshape(-1, 16)[index] / SIDE
        center = values[:2] + ANCHORS[index]
        corner = (center - values[2:4] / 2) * side + (x, y)
        eyes = (values[4:8].reshape(2, 2) + ANCHORS[index]) * side + (x, y)
        box = np.concatenate([corner, values[2:4] * side])
        found.append(Candidate(box, float(probabilities[index]), eyes))
    return found


def _anchors() -> NDArray[np.float64]:
    """Return the centres of the detector's 896 anchors, ``(896, 2)``: two on a grid of 16, six on one of 8."""
    grids = []
    for count, repeats in ((16, 2), (8, 6)):
        y, x = np.mgrid[0:count, 0:count]
        centres = np.stack([x.ravel(), y.ravel()], axis=1)
        grids.append(np.repeat((centres + 0.5) / count, repeats, axis=0))
    return np.concatenate(grids)


ANCHORS = _anchors()


def _tiles(height: int, width: int) -> list[tuple[int, int, int]]:
    """Return squares ``(x, y, side)`` to look at: the whole, and smaller ones in which small faces are large enough."""
    whole = max(height, width)
    squares = [((width - whole) // 2, (height - whole) // 2, whole)]
    for side in (min(height, width), min(height, width) // 2):
        if side < SMALLEST_TILE or side > 0.8 * whole:
            continue
        squares += [(x, y, side) for y in _steps(height, side) for x in _steps(width, side)]
    return squares


def _steps(length: int, side: int) -> list[int]:
    """Return starts of stretches of ``side`` that cover ``length`` and overlap by a third or more."""
    count = 1 + int(np.ceil(max(0, length - side) / (side * 2 / 3)))
    return [round(start) for start in np.linspace(0, length - side, count)]


def _square(rgb: NDArray[np.uint8], x: int, y: int, side: int) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    if x >= 0 and y >= 0 and x + side <= width and y + side <= height:
        return rgb[y : y + side, x : x + side]
    square = np.zeros((side, side, 3), dtype=np.uint8)
    left, top = max(0, -x), max(0, -y)
    part = rgb[max(0, y) : y + side, max(0, x) : x + side]
    square[top : top + part.shape[0], left : left + part.shape[1]] = part
    return square


def _without_doubles(candidates: list[Candidate]) -> list[Candidate]:
    """Join candidates of one face into the mean of them, weighted by score, as the detector's authors do."""
    left = sorted(candidates, key=lambda candidate: -candidate.score)
    joined = []
    while left:
        best = left[0]
        same = [one for one in left if overlap(one.box, best.box) > SAME_FACE]
        left = [one for one in left if not any(one is other for other in same)]
        weights = np.array([one.score for one in same])
        box = np.average([one.box for one in same], axis=0, weights=weights)
        eyes = np.average([one.eyes for one in same], axis=0, weights=weights)
        joined.append(Candidate(box, best.score, eyes))
    return joined


def overlap(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the common area of two boxes ``(x, y, w, h)`` as a share of the smaller one."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[:2] + first[2:], second[:2] + second[2:])
    common = float(np.prod(np.maximum(high - low, 0)))
    return common / max(1e-9, float(min(np.prod(first[2:]), np.prod(second[2:]))))
