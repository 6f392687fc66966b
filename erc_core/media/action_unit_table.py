"""The action units that are estimated: names, what the face does, and how each is measured.

Source:
    Names and descriptions after Ekman, Friesen, Hager 2002, "Facial Action Coding System". The measures are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Measure = Callable[[Points], float]


@dataclass(frozen=True, slots=True)
class ActionUnit:
    """One action unit.

    Attributes:
        number: its number in FACS
        name: its name in FACS
        description: what is seen
        basis: what it is estimated from, for the card and the page
        measure: a length on a level face in distances of the outer corners of the eyes; it grows with the unit
        share: which part of a track's own values is taken for its neutral: units that are at work while
            somebody speaks or blinks have theirs among the lowest
    """

    number: int
    name: str
    description: str
    basis: str
    measure: Measure
    share: float = 0.5


def _y(points: Points, *indices: int) -> float:
    return float(points[list(indices), 1].mean())


def _width(points: Points) -> float:
    return float(points[291, 0] - points[61, 0])


def _corner_lift(points: Points) -> float:
    """Return how high the corners of the mouth lie above the middle of the lips."""
    return _y(points, 0, 17) - _y(points, 61, 291)


def _corner_to_eye(points: Points) -> float:
    right = np.linalg.norm(points[61, :2] - points[33, :2])
    left = np.linalg.norm(points[291, :2] - points[263, :2])
    return float(right + left) / 2


def _lips(points: Points) -> float:
    """Return how thick the lips are together."""
    return _y(points, 13, 82, 312) - _y(points, 0, 37, 267) + _y(points, 17, 84, 314) - _y(points, 14, 87, 317)


def _gap(points: Points) -> float:
    return _y(points, 14, 87, 317) - _y(points, 13, 82, 312)


def _inner_brow(points: Points) -> float:
    return _y(points, 6, 168, 133, 362) - _y(points, 55, 107, 285, 336)


def _outer_brow(points: Points) -> float:
    return _y(points, 6, 168, 33, 263) - _y(points, 46, 53, 63, 70, 276, 283, 293, 300)


def _eye_opening(points: Points) -> float:
    return _y(points, 144, 145, 153, 373, 374, 380) - _y(points, 158, 159, 160, 385, 386, 387)


def _eye_line(points: Points) -> float:
    return _y(points, 33, 133, 362, 263)


UNITS: tuple[ActionUnit, ...] = (
    ActionUnit(
        1,
        "Inner brow raiser",
        "The inner ends of the brows go up",
        "inner brow to the root of the nose and the inner corners of the eyes",
        _inner_brow,
    ),
    ActionUnit(
        2,
        "Outer brow raiser",
        "The outer ends of the brows go up",
        "outer brow to the root of the nose and the outer corners of the eyes",
        _outer_brow,
    ),
    ActionUnit(
        4,
        "Brow lowerer",
        "The brows go down and together, upright creases between them",
        "height of the inner brow, and a filter on the picture of brows and glabella",
        lambda p: -_inner_brow(p),
    ),
    ActionUnit(
        5,
        "Upper lid raiser",
        "The upper lids go up, more of the eye is seen",
        "upper lid to the line of the eye's corners",
        lambda p: _eye_line(p) - _y(p, 158, 159, 160, 385, 386, 387),
    ),
    ActionUnit(
        6,
        "Cheek raiser",
        "The cheeks go up, the lower lids bulge, crow's feet",
        "cheek to the corners of the eyes",
        lambda p: _y(p, 33, 133, 362, 263) - _y(p, 50, 280, 205, 425, 117, 346),
    ),
    ActionUnit(
        7,
        "Lid tightener",
        "The lower lids go up and straighten",
        "lower lid to the line of the eye's corners",
        lambda p: _eye_line(p) - _y(p, 144, 145, 153, 373, 374, 380),
    ),
    ActionUnit(
        9,
        "Nose wrinkler",
        "The wings of the nose go up, creases beside it",
        "wings of the nose to inner corners of the eyes",
        lambda p: _y(p, 133, 362) - _y(p, 48, 64, 278, 294),
    ),
    ActionUnit(
        10,
        "Upper lip raiser",
        "The upper lip goes up, the furrow from the nose deepens",
        "upper lip to the base of the nose",
        lambda p: _y(p, 2) - _y(p, 0, 37, 267, 39, 269),
    ),
    ActionUnit(
        12,
        "Lip corner puller",
        "The corners of the mouth go up and outwards, as in a smile",
        "width of the mouth, and its corners to the outer corners of the eyes",
        lambda p: _width(p) - 2 * _corner_to_eye(p),
    ),
    ActionUnit(
        14,
        "Dimpler",
        "The corners of the mouth go inwards and tighten",
        "width of the mouth that its corners' height does not explain",
        lambda p: _width(p) - abs(_corner_lift(p)) - _gap(p),
    ),
    ActionUnit(
        15,
        "Lip corner depressor",
        "The corners of the mouth go down",
        "corners of the mouth below the middle of the lips",
        lambda p: -_corner_lift(p),
    ),
    ActionUnit(
        17,
        "Chin raiser",
        "The chin and the lower lip go up",
        "lower lip to the base of the nose",
        lambda p: _y(p, 2) - _y(p, 17, 84, 314),
    ),
    ActionUnit(
        20,
        "Lip stretcher",
        "The corners of the mouth go straight outwards",
        "width of the mouth with its corners low",
        lambda p: _width(p) - _corner_lift(p),
    ),
    ActionUnit(
        23,
        "Lip tightener",
        "The lips become thin and narrow",
        "thickness of the lips and width of the mouth",
        lambda p: -_lips(p) - 0.3 * _width(p),
    ),
    ActionUnit(
        24,
        "Lip pressor",
        "The lips press on each other",
        "thickness of the lips while they touch",
        lambda p: -_lips(p) - 2 * _gap(p),
    ),
    ActionUnit(25, "Lips part", "The lips part", "distance of the lips", _gap, 0.2),
    ActionUnit(
        26,
        "Jaw drop",
        "The jaw goes down",
        "inner edge of the lower lip to the base of the nose",
        lambda p: _y(p, 14, 87, 317) - _y(p, 2),
        0.2,
    ),
    ActionUnit(
        28, "Lip suck", "The lips roll over the teeth", "height of the mouth as a whole", lambda p: _y(p, 0) - _y(p, 17)
    ),
    ActionUnit(
        45,
        "Eyes closed or blink (43 / 45)",
        "The upper lids go down; for a moment a blink (45), for longer closed eyes (43)",
        "distance of the lids",
        lambda p: -_eye_opening(p),
        0.3,
    ),
)
NUMBERS: tuple[int, ...] = tuple(unit.number for unit in UNITS)
SPEAKING = frozenset({25, 26, 45})  # lips, jaw and lids move in all speech, whatever is felt


def measure_all(points: Points) -> NDArray[np.float64]:
    """Return the measure of every unit on a level face, ``(A,)`` in the order of ``UNITS``.

    Args:
        points: landmarks of a level face, ``(468, 3)``, outer corners of the eyes 1 apart
    """
    return np.array([unit.measure(points) for unit in UNITS])
