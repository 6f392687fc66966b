"""The picture of brows and glabella, for the brow lowerer: landmarks alone hardly show it.

A linear filter on the mirrored mean of both sides, with the place of the brows beside it. Its weights were fitted on
photos that people had labelled with emotions, anger against joy, surprise and neutral: in FACS anger has unit 4 and the
others have not. So it is no independent evidence of anger, and the card says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Corners of the eyes and root of the nose fix the picture.
FIXED = (33, 133, 362, 263, 168, 6)
CANVAS, EYES_PX, MIDDLE = 112, 44.0, 56.0
LEFT, TOP, RIGHT, BOTTOM = 24, 10, 88, 56
PLACES = ((55, 285), (107, 336), (65, 295), (52, 282), (70, 300), (46, 276))
SOFT = 5.0


def brow_features(
    rgb: NDArray[np.uint8],
    landmarks: NDArray[np.floating],
    level_points: NDArray[np.float64],
    reference: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what the filter sees of a face.

    Args:
        rgb: the picture, uint8 ``(H, W, 3)``
        landmarks: the mesh in the picture, ``(468, 3)``
        level_points: the mesh turned to the front, ``(468, 3)``
        reference: the mean shape, ``(468, 3)``

    Returns:
        brightness of half the brow region, free of light and contrast, then heights of the brow's points, ``(K,)``
    """
    import cv2

    target = reference[list(FIXED), :2] * EYES_PX + MIDDLE
    matrix = _similarity(landmarks[list(FIXED), :2].astype(np.float64), target)
    upright = cv2.warpAffine(rgb, matrix, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY).astype(np.float64)[TOP:BOTTOM, LEFT:RIGHT]
    even = (grey - grey.mean()) / (grey.std() + SOFT)
    both = (even + even[:, ::-1]) / 2
    half = cv2.resize(both, (both.shape[1] // 2, both.shape[0] // 2), interpolation=cv2.INTER_AREA)
    eyes = level_points[list(FIXED), 1].mean()
    heights = [level_points[list(pair), 1].mean() - eyes for pair in PLACES]
    apart = [float(level_points[right, 0] - level_points[left, 0]) for left, right in PLACES]
    return np.concatenate([half[:, : half.shape[1] // 2].ravel(), heights, apart])


def _similarity(points: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the turn, scale and shift ``(2, 3)`` that brings points nearest to their targets."""
    center, target_center = points.mean(axis=0), target.mean(axis=0)
    a, b = points - center, target - target_center
    norm = (a**2).sum()
    along, across = (a * b).sum() / norm, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / norm
    turn = np.array([[along, -across], [across, along]])
    return np.concatenate([turn, (target_center - turn @ center)[:, None]], axis=1)
