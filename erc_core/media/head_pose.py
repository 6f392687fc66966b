"""How a head is turned, and its landmarks as if it were not.

The reference is the mean shape of faces seen from the front, mirrored onto itself, so that a level face has yaw and
roll zero; pitch zero is the mean pitch of neutral faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import ShapeError
from erc_core.settings import ASSETS

NEUTRAL = ASSETS / "face" / "neutral.safetensors"
# Points over bone, which expressions hardly move: bridge and root of the nose, forehead, temples, corners of the eyes.
RIGID = (6, 168, 197, 195, 5, 4, 8, 9, 151, 10, 33, 133, 362, 263, 127, 356, 234, 454, 193, 417, 122, 351)


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Turns of a head, in degrees, as the viewer sees them.

    Attributes:
        yaw: positive where the face turns to the right edge of the picture
        pitch: positive where it looks up
        roll: positive where the head leans clockwise
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class LevelFace:
    """Landmarks brought to the reference: turned to the front, with the outer corners of the eyes 1 apart.

    Attributes:
        points: ``(468, 3)``, x to the right, y down, z away from the viewer
        pose: how the head was turned
        eye_distance: distance of the outer corners of the eyes, in pixels, before
    """

    points: NDArray[np.float64]
    pose: HeadPose
    eye_distance: float


@lru_cache(maxsize=1)
def reference_shape(path: Path = NEUTRAL) -> NDArray[np.float64]:
    """Return the mean shape ``(468, 3)``, centred, with the outer corners of the eyes 1 apart."""
    from safetensors.numpy import load_file

    shape: NDArray[np.float64] = load_file(path)["shape"].astype(np.float64)
    shape.setflags(write=False)
    return shape


def level(landmarks: NDArray[np.floating], reference: NDArray[np.float64] | None = None) -> LevelFace:
    """Turn a face to the front.

    Args:
        landmarks: the mesh in pixels, ``(468, 3)``
        reference: the shape to turn to; the mean shape where it is None

    Raises:
        ShapeError: ``landmarks`` are not 468 points in space

    Source:
        Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns".
    """
    if landmarks.shape != (468, 3):
        raise ShapeError("A face has other landmarks than the mesh", got=landmarks.shape, allowed="(468, 3)")
    target = reference_shape() if reference is None else reference
    points = landmarks.astype(np.float64)
    rigid = list(RIGID)
    center, target_center = points[rigid].mean(axis=0), target[rigid].mean(axis=0)
    away, wanted = points[rigid] - center, target[rigid] - target_center
    left, _, right = np.linalg.svd(away.T @ wanted)
    mirrored = np.sign(np.linalg.det(left @ right))
    turn = left @ np.diag([1.0, 1.0, mirrored]) @ right
    scale = float((wanted**2).sum() / np.sum((away @ turn) * wanted))
    eyes = float(np.linalg.norm(points[263] - points[33]))
    return LevelFace((points - center) @ turn * scale + target_center, _angles(turn), eyes)


def _angles(turn: NDArray[np.float64]) -> HeadPose:
    """Split the turn of the head, roll after yaw after pitch, into its angles."""
    yaw = np.degrees(np.arcsin(np.clip(turn[2, 0], -1, 1)))
    pitch = -np.degrees(np.arctan2(turn[2, 1], turn[2, 2]))
    roll = np.degrees(np.arctan2(turn[1, 0], turn[0, 0]))
    return HeadPose(float(yaw), float(pitch), float(roll))
