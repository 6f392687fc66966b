"""Turned squares of a picture, and the nets that look at them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROI_SCALE = 1.5
EYE_LINE = (33, 263)


@dataclass(frozen=True, slots=True)
class Region:
    """A turned square of a picture that is looked at upright."""

    center: NDArray[np.float64]
    side: float
    angle: float

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the affine map ``(2, 3)`` from a picture of ``size`` pixels to the whole picture."""
        scale = self.side / size
        cos, sin = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        turn = np.array([[cos, -sin], [sin, cos]])
        return np.concatenate([turn, (self.center - turn @ np.full(2, size / 2))[:, None]], axis=1)


def mesh_region(points: NDArray[np.float64]) -> Region:
    """Return the square around the landmarks, turned so that the eyes lie level."""
    across = points[EYE_LINE[1], :2] - points[EYE_LINE[0], :2]
    angle = float(np.arctan2(*across[::-1]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    level = points[:, :2] @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    return Region(turn.T @ ((low + high) / 2), ROI_SCALE * float((high - low).max()), angle)


def crop(rgb: NDArray[np.uint8], region: Region, size: int) -> NDArray[np.uint8]:
    """Return what lies in a region as an upright picture of ``size`` pixels; the picture's edge goes on for ever."""
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    upright: NDArray[np.uint8] = cv2.warpAffine(
        rgb, region.matrix(size), (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return upright


def forward(
    net: Any, rgb: NDArray[np.uint8], names: tuple[str, ...], centred: bool = False
) -> tuple[NDArray[np.float32], ...]:
    """Run a net on a picture, whose values are brought to [0, 1] or, centred, to [-1, 1]."""
    import cv2

    scale, mean = (1 / 127.5, (127.5,) * 3) if centred else (1 / 255, (0.0,) * 3)
    net.setInput(cv2.dnn.blobFromImage(rgb, scale, rgb.shape[1::-1], mean))
    return tuple(net.forward(list(names)))


def read_net(path: Path) -> Any:
    """Read a model file."""
    import cv2

    return cv2.dnn.readNetFromTFLite(str(path))
