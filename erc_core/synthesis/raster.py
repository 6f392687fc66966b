"""Triangles to pixels: a z-buffer in vectorised NumPy, fast enough for faces drawn at video rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.synthesis.arrays import Floats, Indices, Mask


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every pixel centre inside a triangle, hidden ones too, K in all.

    Args:
        pixel: flat index into the image, ``(K,)``
        triangle: the triangle that covers it, ``(K,)``
        depth: nearness of the surface there, larger is nearer, ``(K,)``
        corners: vertices of each triangle, ``(T, 3)``
        planes: barycentric weight of each corner as a*x + b*y + c in pixels, ``(T, 3 corners, 3)``
        width: image width in pixels
    """

    pixel: Indices
    triangle: Indices
    depth: Floats
    corners: Indices
    planes: Floats
    width: int

    def keep(self, mask: Mask) -> Coverage:
        """Return the rows at which the mask, ``(K,)``, is true."""
        chosen = np.flatnonzero(mask)
        return Coverage(
            self.pixel[chosen], self.triangle[chosen], self.depth[chosen], self.corners, self.planes, self.width
        )

    def nearest(self, buffer: Floats) -> Coverage:
        """Keep what nothing hides, and note its nearness in the buffer, ``(height * width,)``, in place."""
        np.maximum.at(buffer, self.pixel, self.depth)
        return self.keep(self.depth >= buffer[self.pixel])

    def weights(self) -> Floats:
        """Return the barycentric weights at every row, ``(K, 3)``."""
        planes = self.planes[self.triangle]
        x = (self.pixel % self.width).astype(np.float32) + np.float32(0.5)
        y = (self.pixel // self.width).astype(np.float32) + np.float32(0.5)
        result: Floats = planes[..., 0] * x[:, None] + planes[..., 1] * y[:, None] + planes[..., 2]
        return result

    def interpolate(self, values: Floats) -> Floats:
        """Blend values given per vertex, ``(V, C)``, to values at every row, ``(K, C)`` in 32 bits."""
        values = values.astype(np.float32, copy=False)
        weights = self.weights()
        corners = self.corners[self.triangle]
        result: Floats = values[corners[:, 0]]
        result *= weights[:, :1]
        for index in (1, 2):
            other = values[corners[:, index]]
            other *= weights[:, index : index + 1]
            result += other
        return result


def front_facing(screen: Floats, triangles: Indices) -> Indices:
    """Return the triangles that turn counter-clockwise to the viewer (image y points down)."""
    a, b, c = (screen[triangles[:, i]] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    facing: Indices = triangles[area < -1e-6]
    return facing


def cover(screen: Floats, triangles: Indices, width: int, height: int) -> Coverage:
    """List every pixel centre that lies inside a triangle, or on its left or upper edge.

    Args:
        screen: x and y in pixels (y down) and nearness of each vertex, ``(V, 3)``
        triangles: vertex indices, either orientation, ``(T, 3)``
        width: image width in pixels
        height: image height in pixels
    """
    x, y, z = (screen[:, axis][triangles] for axis in range(3))
    planes = _planes(x, y)
    first_row = np.clip(np.ceil(y.min(axis=1) - 0.5), 0, height).astype(np.int32)
    last_row = np.clip(np.ceil(y.max(axis=1) - 0.5) - 1, -1, height - 1).astype(np.int32)
    owner, row = _expand(first_row, last_row)
    left, right = _spans(planes[owner], (row + 0.5).astype(np.float32))
    first = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int32)
    last = np.clip(np.ceil(right - 0.5) - 1, -1, width - 1).astype(np.int32)
    run, column = _expand(first, last)
    slope = np.einsum("tcp,tc->tp", planes, z)[owner]  # nearness as a plane over the image, per row
    start = slope[:, 1] * (row + 0.5) + slope[:, 2] + 0.5 * slope[:, 0]
    depth = start[run] + slope[:, 0][run] * column
    pixel = (row * width)[run] + column
    return Coverage(pixel, owner[run], depth.astype(np.float32), triangles, planes, width)


def _expand(first: Indices, last: Indices) -> tuple[Indices, Indices]:
    """Turn runs from first to last into one row per element: the run it belongs to, and its place."""
    count = np.maximum(last - first + 1, 0)
    owner = np.repeat(np.arange(len(first), dtype=np.int32), count)
    before = (first - (np.cumsum(count) - count)).astype(np.int32)
    return owner, np.arange(len(owner), dtype=np.int32) + before[owner]


def _planes(x: Floats, y: Floats) -> Floats:
    """Return barycentric weights as planes a*x + b*y + c, ``(T, 3, 3)``."""
    nx, ny = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    px, py = np.roll(x, 1, axis=1), np.roll(y, 1, axis=1)
    area = (nx - x) * (py - y) - (px - x) * (ny - y)
    area = np.where(np.abs(area) < 1e-9, np.float32(1e9), area)
    planes = np.stack([ny - py, px - nx, nx * py - px * ny], axis=-1) / area[..., None]
    return planes.astype(np.float32)


def _spans(planes: Floats, row_y: Floats) -> tuple[Floats, Floats]:
    """Return the left and right ends of each triangle on an image row, in pixels."""
    left = np.full(len(row_y), -np.inf, np.float32)
    right = np.full(len(row_y), np.inf, np.float32)
    for corner in range(3):
        slope = planes[:, corner, 0]
        offset = planes[:, corner, 1] * row_y + planes[:, corner, 2]
        level = np.abs(slope) < 1e-9
        crossing = -offset / np.where(level, np.float32(1), slope)
        left = np.maximum(left, np.where(slope > 1e-9, crossing, np.where(level & (offset < 0), np.inf, -np.inf)))
        right = np.minimum(right, np.where(slope < -1e-9, crossing, np.inf))
    return left, right
