"""The small pictures on eyeballs, teeth and tongue."""

from __future__ import annotations

import cv2
import numpy as np

from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.head_shape import ramp
from erc_core.synthesis.looks import Looks
from erc_core.synthesis.skin_paint import color

EYE_SIZE = 200
TEETH_WIDTH, TEETH_HEIGHT = 200, 48
IRIS = 0.435  # radius of the iris as a share of the picture's half width


def paint_eye(looks: Looks, seed: int) -> Floats:
    """Paint an eyeball seen from the front, ``(EYE_SIZE, EYE_SIZE, 3)`` in sRGB in [0, 1]."""
    rng = np.random.default_rng(seed)
    axis = (np.arange(EYE_SIZE) + 0.5) / EYE_SIZE * 2 - 1
    x, y = np.meshgrid(axis, axis)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    white = np.array([0.94, 0.92, 0.90]) * (1 - 0.16 * ramp(radius, 0.4, 1.0))[..., None]
    white = white * np.array([1.0, 0.985, 0.98])
    spokes = rng.standard_normal((1, 90)).astype(np.float32)
    rays = np.interp(angle, np.linspace(-np.pi, np.pi, 90), spokes[0])
    iris = color(looks.eye_color)
    depth = 1.15 + 0.16 * rays - 0.75 * ramp(radius, IRIS * 0.72, IRIS)
    glow = 0.55 * np.clip(y / IRIS, 0, 1) * ramp(radius, IRIS * 0.95, IRIS * 0.55)
    ring = np.exp(-(((radius - IRIS * 0.5) / 0.05) ** 2)) * 0.3
    colored = iris * (depth + glow + ring)[..., None]
    image = white + (colored - white) * ramp(radius, IRIS + 0.025, IRIS - 0.015)[..., None]
    pupil = ramp(radius, IRIS * 0.47, IRIS * 0.40)
    image = image * (1 - 0.97 * pupil[..., None])
    return np.asarray(np.clip(cv2.GaussianBlur(image.astype(np.float32), (0, 0), 0.7), 0, 1))


def paint_teeth(upper: bool) -> Floats:
    """Paint a row of teeth with its gum, ``(TEETH_HEIGHT, TEETH_WIDTH, 3)`` in sRGB in [0, 1]."""
    down, across = np.meshgrid(np.linspace(0, 1, TEETH_HEIGHT), np.linspace(-1, 1, TEETH_WIDTH), indexing="ij")
    if not upper:
        down = 1 - down
    count = 5.5 if upper else 6.5
    place = np.sign(across) * np.abs(across) ** 0.9 * count
    gap = np.abs(place - np.round(place))
    gum_line = 0.36 + 0.06 * np.cos(place * 2 * np.pi)
    white = np.array([0.93, 0.91, 0.86]) * (1 - 0.22 * ramp(gap, 0.09, 0.0))[..., None]
    gum = np.array([0.72, 0.40, 0.40])
    image = white + (gum - white) * ramp(down, gum_line + 0.03, gum_line - 0.03)[..., None]
    return np.asarray(np.clip(image, 0, 1).astype(np.float32))
