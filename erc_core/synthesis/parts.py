"""The parts of a person beside the facial skin: eyeballs, teeth, tongue, ears, neck; each a small grid of triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.synthesis.arrays import Floats, Indices
from erc_core.synthesis.head_shape import EYEBALL_RADIUS, ramp
from erc_core.synthesis.looks import Looks


@dataclass(frozen=True, slots=True)
class Part:
    """A grid of triangles.

    Args:
        points: position in cm, ``(V, 3)``
        triangles: vertex indices, counter-clockwise from outside, ``(T, 3)``
        uv: where each vertex lies in the part's own picture, from 0 to 1, ``(V, 2)``
        shade: share of the light that reaches each vertex, ``(V,)``
    """

    points: Floats
    triangles: Indices
    uv: Floats
    shade: Floats


def sheet(rows: int, columns: int) -> tuple[Floats, Floats, Indices]:
    """Return a grid's down and across coordinates in [0, 1], ``(V,)`` each, and its triangles."""
    down, across = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    index = np.arange(rows * columns).reshape(rows, columns)
    top_left, top_right = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    low_left, low_right = index[1:, :-1].ravel(), index[1:, 1:].ravel()
    first = np.stack([top_left, low_left, top_right], axis=-1)
    second = np.stack([top_right, low_left, low_right], axis=-1)
    return down.ravel(), across.ravel(), np.concatenate([first, second]).astype(np.intp)


def eyeball() -> Part:
    """Return an eyeball about the origin that looks along +z."""
    down, across, triangles = sheet(15, 28)
    polar = (down * 1.25) ** 1.0
    around = -across * 2 * np.pi
    radius = EYEBALL_RADIUS + 0.05 * ramp(polar, 0.55, 0.2)
    points = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    reach = polar / 1.25 / 2
    uv = np.stack([0.5 + reach * np.cos(around), 0.5 - reach * np.sin(around)], axis=-1)
    return Part(points * radius[:, None], triangles[:, ::-1], uv, np.ones(len(points)))


def teeth(upper: bool) -> Part:
    """Return a row of teeth with its gum, in the head's coordinates."""
    down, across, triangles = sheet(5, 24)
    angle = (across - 0.5) * 2.3
    high, low = (-5.6, -7.15) if upper else (-6.95, -8.3)
    belly = 0.12 * np.sin(down * np.pi)
    x = 2.35 * np.sin(angle)
    z = 5.1 + 3.25 * np.cos(angle) + belly + (0.0 if upper else -0.25)
    edge = (down if upper else 1 - down) ** 2 * 0.10 * np.cos(angle * 2)
    y = high + (low - high) * down - (edge if upper else -edge)
    shade = 0.35 + 0.65 * np.cos(angle) ** 2 * (1.0 if upper else 0.75)
    return Part(np.stack([x, y, z], axis=-1), triangles, np.stack([across, down], axis=-1), shade)


def tongue() -> Part:
    """Return the tongue, which follows the jaw."""
    down, across, triangles = sheet(8, 12)
    x = (across - 0.5) * 3.4
    z = 4.6 + 3.2 * np.sin(down * 1.5) - 0.25 * x**2
    y = -6.95 - 1.3 * down**2 - 0.12 * x**2 + 0.15 * np.abs(x) ** 0.5
    return Part(np.stack([x, y, z], axis=-1), triangles, np.stack([across, down], axis=-1), 0.25 + 0.55 * down)


def mouth_hollow() -> Part:
    """Return the dark wall behind the teeth."""
    down, across, triangles = sheet(4, 8)
    x = (across - 0.5) * 5.6
    z = 4.4 - 0.10 * x**2
    y = -5.2 - 4.2 * down
    return Part(np.stack([x, y, z], axis=-1), triangles, np.stack([across, down], axis=-1), np.full(len(x), 0.5))


def ear(side: int, looks: Looks) -> Part:
    """Return one ear: a bowl with a rim."""
    down, across, triangles = sheet(9, 26)
    around = -across * 2 * np.pi
    reach = down
    wide = 1.55 + 0.25 * np.sin(around)
    outward = reach * wide * np.cos(around)
    upward = reach * (3.0 + 0.1 * np.cos(around)) * np.sin(around)
    rim = np.exp(-(((reach - 0.82) / 0.16) ** 2)) * 0.55 - 0.55 * np.exp(-((reach / 0.45) ** 2))
    rim += 0.25 * np.exp(-(((reach - 0.5) / 0.12) ** 2))
    flare = 0.55
    x = 6.75 * looks.face_width + flare * 0.9 + outward * np.sin(flare) + rim * np.cos(flare)
    z = -0.6 - outward * np.cos(flare) + rim * 0.6
    y = -1.1 + upward - 0.12 * outward
    shade = np.clip(0.72 + 0.5 * rim, 0.35, 1.0)
    order = triangles[:, ::-1] if side > 0 else triangles
    points = np.stack([side * x, y, z], axis=-1)
    return Part(points, order, np.stack([across, down], axis=-1), shade)


def neck(looks: Looks) -> Part:
    """Return the neck from below the jaw to the collar; a weight of 1 at its top is its uv's 1 - v."""
    down, across, triangles = sheet(12, 36)
    angle = (across - 0.5) * 2 * np.pi
    thick = 0.72 + 0.28 * looks.jaw
    flare = 1 + 0.10 * (1 - down) ** 2 + 0.55 * np.clip(down - 0.6, 0, 1) ** 1.6
    x = 4.65 * thick * flare * np.sin(angle)
    z = -1.9 - 0.9 * down + 4.7 * thick * (1 + 0.1 * (flare - 1)) * np.cos(angle)
    cords = np.exp(-(((np.abs(angle) - 0.55 + 0.35 * down) / 0.22) ** 2))
    z += 0.28 * cords * np.cos(angle)
    y = -5.0 - 13.5 * down
    shade = 1 - 0.55 * ramp(down, 0.62, 0.2) * (np.cos(angle) > -0.2)
    return Part(np.stack([x, y, z], axis=-1), triangles, np.stack([across, down], axis=-1), shade)
