"""Light on surfaces: a key, a fill and a rim lamp over a soft sky, with skin that lets some light through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.synthesis.arrays import Floats


@dataclass(frozen=True, slots=True)
class Lamp:
    """A distant lamp: the direction towards it and its linear colour."""

    direction: tuple[float, float, float]
    color: tuple[float, float, float]

    def unit(self) -> Floats:
        """Return the direction with length one, ``(3,)``."""
        vector = np.array(self.direction)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


@dataclass(frozen=True, slots=True)
class Lighting:
    """The lamps of a room; sky comes from above, ground from below, both linear colours."""

    key: Lamp
    fill: Lamp
    rim: Lamp
    sky: tuple[float, float, float]
    ground: tuple[float, float, float]


def light_surface(
    normals: Floats, lighting: Lighting, *, wrap: tuple[float, float, float], gloss: float
) -> tuple[Floats, Floats]:
    """Light points of a surface that is seen from +z.

    Args:
        normals: unit normals, ``(N, 3)``
        lighting: the lamps
        wrap: how far light creeps round into the shade, per colour; more red than blue looks like skin
        gloss: strength of the highlight

    Returns:
        light that multiplies the surface's colour ``(N, 3)``, and light that is added to it ``(N, 3)``, both linear
    """
    normals = normals.astype(np.float32, copy=False)
    up = normals[:, 1:2] * 0.5 + 0.5
    diffuse = up * _tone(lighting.sky) + (1 - up) * _tone(lighting.ground)
    shine = np.zeros_like(diffuse)
    soft = _tone(wrap)
    for lamp in (lighting.key, lighting.fill):
        direction = lamp.unit()
        facing = (normals @ direction)[:, None]
        diffuse = diffuse + np.clip((facing + soft) / (1 + soft), 0, 1) ** 1.5 * _tone(lamp.color)
        half = direction + _tone((0.0, 0.0, 1.0))
        toward = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1)[:, None]
        shine = shine + gloss * (0.10 * toward**12 + 0.22 * toward**42) * _tone(lamp.color)
    edge = np.clip(1 - normals[:, 2:3], 0, 1) ** 2.5
    behind = np.clip(normals @ lighting.rim.unit(), 0, 1)[:, None]
    shine = shine + (0.15 + 0.5 * gloss) * edge * behind * _tone(lighting.rim.color)
    return diffuse, shine


def _tone(color: tuple[float, float, float]) -> Floats:
    return np.array(color, np.float32)
