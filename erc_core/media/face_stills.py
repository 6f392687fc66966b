"""A face cut out of a picture as FER2013's photos are cut: grey, 48 by 48 pixels.

Where FER2013's frame lies around a face was measured on photos of its train split, enlarged: medians of the frame's
place and side, in units of the face's size (2,127 photos with a mesh, 1,049 of 1,200 with a detector's box, 877 of
1,200 with the cascade's). The mesh tells it best: the side then spreads by 11.5%, against 14.7% for a box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erc_core.media.faces import Face

SIDE = 48


@dataclass(frozen=True, slots=True)
class _Frame:
    """FER2013's frame in units of a face's size: its side, and how far its middle lies below the face's."""

    side: float
    down: float


BY_MESH = _Frame(1.161, -0.050)
BY_DETECTOR = _Frame(1.196, -0.0875)
BY_CASCADE = _Frame(1.043, 0.005)


def still_frame(face: Face) -> tuple[float, float, float]:
    """Return the square that FER2013 would have cut: left, top and side, in pixels of the picture."""
    if face.landmarks is not None:
        low, high = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
        middle, size, frame = (low + high) / 2, float((high - low).mean()), BY_MESH
    else:
        middle, size = np.array([face.x + face.w / 2, face.y + face.h / 2]), face.w
        frame = BY_DETECTOR if face.detector == "mediapipe" else BY_CASCADE
    side = size * frame.side
    return float(middle[0]) - side / 2, float(middle[1]) + size * frame.down - side / 2, side


def face_still(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Return a face as a grey still, uint8 ``(48, 48)``; beyond the edge of the picture its last pixels go on.

    Args:
        rgb: the picture, uint8 ``(H, W, 3)``
        face: a face found in it
    """
    import cv2

    left, top, side = still_frame(face)
    # Averages are taken over whole pixels, so the square is first cut a little larger than it will be.
    scale = SIDE / max(side, 1e-6)
    shrink = max(1, int(1 / scale))
    matrix = np.array([[scale * shrink, 0, -left * scale * shrink], [0, scale * shrink, -top * scale * shrink]])
    # A pixel's middle is half a pixel from its edge, in both pictures.
    matrix[:, 2] += 0.5 * (scale * shrink - 1)
    square = cv2.warpAffine(
        rgb, matrix, (SIDE * shrink, SIDE * shrink), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    still: NDArray[np.uint8] = cv2.resize(
        cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    still.setflags(write=False)
    return still
