"""Shoulders and what they wear."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator

from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.head_shape import ramp
from erc_core.synthesis.looks import Looks
from erc_core.synthesis.parts import Part, sheet
from erc_core.synthesis.skin_paint import color

CLOTH_SIZE = 300
CLOTH_ANGLE = 1.75  # the painting reaches this far round from the middle of the chest, in radians
TOP_Y, BOTTOM_Y = -14.2, -46.0
RAISE = 1.1  # shortens the neck
_HALF_WIDTH = PchipInterpolator(
    [14.2, 15.2, 16.4, 18.0, 20.0, 23.0, 28.0, 46.0], [4.3, 5.9, 8.9, 14.5, 18.6, 20.6, 21.4, 21.2]
)
_DEPTH = PchipInterpolator([14.2, 16.0, 19.0, 24.0, 32.0, 46.0], [3.9, 5.6, 7.6, 9.2, 10.3, 10.0])


def torso(looks: Looks) -> Part:
    """Return neck base, shoulders and chest."""
    down, across, triangles = sheet(44, 72)
    angle = (across - 0.5) * 2
    angle = np.pi * (0.75 * angle + 0.25 * angle**3)
    fall = TOP_Y + (BOTTOM_Y - TOP_Y) * down**1.25
    build = 0.80 + 0.20 * looks.jaw
    sine, cosine = np.sin(angle), np.cos(angle)
    x = _HALF_WIDTH(-fall) * build * np.sign(sine) * np.abs(sine) ** 0.9
    z = -3.0 + _DEPTH(-fall) * build * np.sign(cosine) * np.abs(cosine) ** 0.75
    dip = 1.3 * np.maximum(cosine, 0) ** 2 * ramp(down, 0.25, 0.0)
    y = fall - dip
    folds = 0.16 * np.sin(x * 0.55 + y * 0.8) * ramp(down, 0.3, 0.8) + 0.22 * np.sin(y * 0.35 + np.abs(x) * 0.9) * down
    z = z + folds
    collar = _collar_height(angle, y, looks)
    swell = 0.55 * np.exp(-((collar / 0.6) ** 2)) if looks.garment != "vneck" else 0.2 * np.exp(-((collar / 0.5) ** 2))
    scale = 1 + swell / np.maximum(np.hypot(x, z + 3.0), 1.0)
    points = np.stack([x * scale, y + RAISE, (z + 3.0) * scale - 3.0], axis=-1)
    return Part(points, triangles, np.stack([0.5 + angle / (2 * CLOTH_ANGLE), down], axis=-1), np.ones(len(x)))


def _collar_height(angle: Floats, y: Floats, looks: Looks) -> Floats:
    """Return how far above the garment's edge a point lies, in cm (negative: clothed)."""
    front = np.maximum(np.cos(angle), 0.0)
    side = np.abs(angle)
    edge = {
        "crew": -15.6 - 1.7 * front**2,
        "vneck": -15.6 - 7.5 * np.clip(1 - side / 0.75, 0, 1),
        "shirt": -14.9 - 4.2 * np.clip(1 - side / 0.5, 0, 1),
        "hoodie": -14.6 - 2.4 * front**3,
        "turtleneck": -12.0 + 0.0 * front,
    }[looks.garment]
    return y - edge


def paint_cloth(looks: Looks, seed: int) -> Floats:
    """Paint garment and bare neck, ``(CLOTH_SIZE, CLOTH_SIZE, 3)`` in sRGB in [0, 1]."""
    rng = np.random.default_rng(seed)
    down, across = np.meshgrid(np.linspace(0, 1, CLOTH_SIZE), np.linspace(0, 1, CLOTH_SIZE), indexing="ij")
    angle = (across - 0.5) * 2 * CLOTH_ANGLE
    fall = TOP_Y + (BOTTOM_Y - TOP_Y) * down**1.25
    y = fall - 1.3 * np.maximum(np.cos(angle), 0) ** 2 * ramp(down, 0.25, 0.0)
    above = _collar_height(angle, y, looks)
    weave = cv2.GaussianBlur(rng.standard_normal((CLOTH_SIZE, CLOTH_SIZE)).astype(np.float32), (0, 0), 1.2)
    tone = 1 + 0.10 * weave
    if looks.garment in ("hoodie", "turtleneck"):
        tone = tone * (1 + 0.05 * np.sin(angle * 60))
    cloth = color(looks.garment_color) * tone[..., None]
    hem = np.exp(-(((above + 0.75) / 0.16) ** 2)) * (0.35 if looks.garment != "shirt" else 0.1)
    cloth = cloth * (1 - hem[..., None])
    if looks.garment == "shirt":
        cloth = _shirt_front(cloth, angle, above, y)
    skin = color(looks.skin) * (1 - 0.45 * np.exp(-((above / 0.45) ** 2)))[..., None]
    painted = np.where((above > 0)[..., None], skin, cloth)
    return np.asarray(np.clip(painted, 0, 1).astype(np.float32))


def _shirt_front(cloth: Floats, angle: Floats, above: Floats, y: Floats) -> Floats:
    """Add collar wings, a row of buttons and the edge they close."""
    side = np.abs(angle)
    placket = np.exp(-(((side - 0.085) / 0.010) ** 2)) * (above < -2.6)
    buttons = (side < 0.022) & (np.mod(-y + 1.0, 6.0) < 0.55) & (above < -3.0)
    wing = -1.9 - 1.5 * np.exp(-(((side - 0.42) / 0.28) ** 2))
    collar = ramp(above, wing - 0.1, wing + 0.1)
    edge = np.exp(-(((above - wing) / 0.17) ** 2))
    shaded = cloth * (1 - 0.25 * placket - 0.4 * edge + 0.10 * collar)[..., None]
    return np.where(buttons[..., None], 0.92, shaded)
