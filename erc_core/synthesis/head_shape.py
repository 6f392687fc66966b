"""The surface of a head: a loft with a jaw, plus nose, brows, lips and sockets, in centimetres.

A point of the skin has two coordinates: q runs around the head (0 is the middle of the face, about 1 cm per unit at
the front), v runs from the crown down to below the jaw. In space x points to the viewer's right, y up, z to the viewer.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.looks import Looks

RADIUS = 7.5  # q = RADIUS * angle around the head
BACK_Q = RADIUS * np.pi
CROWN_V = 3.0 + 8.3 * np.pi / 2
JAW_V = -11.0
UNDER_V = -13.5
EYE_Q, EYE_V = 3.28, 0.0
MOUTH_V = -6.75
MOUTH_HALF_WIDTH = 2.45
EYEBALL_RADIUS = 1.32

_JAW_ANGLE = np.array([0.0, 0.2, 0.42, 0.75, 1.1, 1.45, 2.0, np.pi])
_JAW_X = PchipInterpolator(_JAW_ANGLE, [0.0, 1.5, 2.9, 4.85, 6.1, 6.55, 5.9, 0.0])
_JAW_Y = PchipInterpolator(_JAW_ANGLE, [-11.0, -10.95, -10.6, -9.3, -7.4, -5.5, -5.2, -5.8])
_JAW_Z = PchipInterpolator(_JAW_ANGLE, [8.3, 8.1, 7.3, 4.9, 1.8, -1.2, -4.4, -8.2])
_HALF_WIDTH = PchipInterpolator([-2.0, 0.0, 3.0, 17.0], [7.35, 7.5, 7.7, 7.7])


def bump(q: Floats, v: Floats, at_q: float, at_v: float, wide: float, high: float) -> Floats:
    """Return a hill of height one, round at the top and gone after about two and a half widths."""
    hill: Floats = np.exp(-0.5 * (((q - at_q) / wide) ** 2 + ((v - at_v) / high) ** 2))
    return hill


def pair(q: Floats, v: Floats, at_q: float, at_v: float, wide: float, high: float) -> Floats:
    """Return a hill on each side of the face."""
    return bump(np.abs(q), v, at_q, at_v, wide, high)


def ramp(value: Floats, start: Floats | float, end: Floats | float) -> Floats:
    """Return 0 before the start and 1 after the end, smooth between; the end may lie below the start."""
    x = np.clip((value - start) / (end - start), 0.0, 1.0)
    smooth: Floats = x * x * (3 - 2 * x)
    return smooth


def skin_surface(q: Floats, v: Floats, looks: Looks) -> Floats:
    """Return the resting skin at the given coordinates, ``(N, 3)`` in cm."""
    points = _loft(q, v, looks)
    forward = _features(q, v, looks)
    angle = q / RADIUS
    outward = _fullness(q, v, looks)
    points[:, 2] += forward + outward * np.cos(angle)
    points[:, 0] += outward * np.sin(angle)
    points[:, 1] -= 0.25 * bump(q, v, 0.0, -4.1, 0.9, 0.6)
    return points


def _loft(q: Floats, v: Floats, looks: Looks) -> Floats:
    angle = np.abs(q) / RADIUS
    side = np.sign(q)
    upper_v = np.maximum(v, -2.0)
    lift = np.clip((upper_v - 3.0) / 8.3, 0.0, np.pi / 2)
    shrink = np.cos(lift)
    y = np.where(upper_v > 3.0, 3.0 + 8.3 * np.sin(lift), upper_v)
    half_width = _HALF_WIDTH(upper_v) * shrink * looks.face_width
    cosine = np.cos(angle)
    front = 9.0 * np.sign(cosine) * np.abs(cosine) ** 0.82
    back = 9.7 * cosine
    x = half_width * np.sin(angle)
    z = np.where(cosine > 0, front, back) * shrink - 0.5 * np.sin(lift)
    down = np.clip((-2.0 - v) / 9.0, 0.0, 1.0)
    jaw_x = _JAW_X(angle) * (0.35 * looks.face_width + 0.65 * looks.jaw)
    jaw_y = _JAW_Y(angle)
    jaw_y = jaw_y + (looks.chin - 1.0) * 3.0 * ramp(jaw_y, -7.0, -11.0)
    slim = 1.0 - looks.jaw  # a slim jaw ends in a narrower chin
    jaw_x = jaw_x * (1.0 - 0.9 * slim * np.exp(-((angle / 0.5) ** 2)))
    jaw_y = jaw_y + 3.2 * slim * np.exp(-(((angle - 0.5) / 0.28) ** 2))
    jaw_z = _JAW_Z(angle)
    x += (jaw_x - x) * down**1.7
    z += (jaw_z - z) * down**2.0
    y += (jaw_y + 2.0) * down
    under = np.clip((JAW_V - v) / (JAW_V - UNDER_V), 0.0, 1.0)
    x *= 1.0 - 0.3 * under
    z -= 3.4 * under * np.maximum(cosine, 0.0)
    y += (0.25 - 0.5 * (1 - under)) * under * 2.0
    return np.stack([side * x, y, z], axis=-1)


def _features(q: Floats, v: Floats, looks: Looks) -> Floats:
    """Return how far brow, nose, lips and chin come forward of the loft, in cm."""
    z = 0.28 * pair(q, v, 2.6, 2.1, 2.2, 0.75) + 0.15 * bump(q, v, 0.0, 2.0, 1.4, 0.8)
    z -= 1.0 * pair(q, v, 2.75, 0.1, 1.55, 0.95) + 0.5 * pair(q, v, 1.5, 0.2, 0.55, 0.7)
    z += _nose(q, v, looks)
    z += _mouth_area(q, v, looks)
    z += 0.55 * bump(q, v, 0.0, -9.9, 1.5, 0.9) - 0.38 * bump(q, v, 0.0, -8.75, 1.8, 0.42)
    return z


def _nose(q: Floats, v: Floats, looks: Looks) -> Floats:
    along = np.clip((1.4 - v) / 5.0, 0.0, 1.0)
    height = 1.25 * looks.nose_length * along**1.25 * ramp(v, -5.0, -4.2)
    width = (0.60 + 0.34 * along**2) * looks.nose_width
    ridge = height * np.exp(-(np.abs(q / width) ** 2.2))
    root = 0.30 * height * np.exp(-((q / (1.7 * looks.nose_width)) ** 2))
    wings = 0.75 * pair(q, v, 1.05 * looks.nose_width, -4.12, 0.40 * looks.nose_width, 0.42)
    nostrils = 0.45 * pair(q, v, 0.55 * looks.nose_width, -4.72, 0.28, 0.2)
    tip = 0.36 * looks.nose_length * bump(q, v, 0.0, -3.8, 0.62 * looks.nose_width, 0.52)
    total: Floats = ridge + root + wings - nostrils + tip
    return total


def _mouth_area(q: Floats, v: Floats, looks: Looks) -> Floats:
    muzzle = 0.45 * bump(q, v, 0.0, -6.6, 2.3, 1.9)
    upper = 0.34 * looks.lips * bump(q, v, 0.0, -6.28, 1.7, 0.34)
    lower = 0.42 * looks.lips * bump(q, v, 0.0, -7.3, 1.6, 0.42)
    philtrum = 0.12 * bump(q, v, 0.0, -5.6, 0.28, 0.45)
    corners = 0.2 * pair(q, v, 2.6, -6.8, 0.5, 0.5)
    furrow = 0.10 * looks.age * pair(q, v, 2.6, -5.2, 0.4, 0.9)
    total: Floats = muzzle + upper + lower - philtrum - corners - furrow
    return total


def _fullness(q: Floats, v: Floats, looks: Looks) -> Floats:
    """Return how far cheeks and temples stand out along the normal, in cm."""
    cheek = 0.45 * looks.cheeks * pair(q, v, 4.6, -2.6, 1.9, 1.5)
    hollow = 0.12 * (2.0 - looks.cheeks) * pair(q, v, 5.3, -6.2, 1.8, 1.5)
    temple = 0.25 * pair(q, v, 7.0, 2.5, 1.6, 2.0)
    total: Floats = cheek - hollow - temple
    return total
