"""A picture without its faces, as AMuSE's background branch takes it.

Source:
    AMuSE (section III-A): the background is the frame with the faces removed. Filling: Telea 2004, "An image
    inpainting technique based on the fast marching method".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from erc_core.media.faces import Face

# The box of a detector leaves out hair and neck.
WIDER, TALLER = 1.5, 1.9
FILL_WIDTH = 320
RADIUS = 5
STILL_WIDTH = 128
SIDE = 32


def face_mask(shape: tuple[int, ...], faces: Sequence[Face]) -> NDArray[np.bool_]:
    """Return where the heads are, ``(H, W)``: an ellipse around each face.

    Args:
        shape: of the picture, ``(H, W, ...)``
        faces: its faces
    """
    height, width = shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    mask = np.zeros((height, width), dtype=bool)
    for face in faces:
        across, down = face.x + face.w / 2, face.y + face.h * 0.45
        mask |= ((x - across) / (face.w * WIDER / 2)) ** 2 + ((y - down) / (face.h * TALLER / 2)) ** 2 <= 1
    return mask


def without_faces(rgb: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    """Return the picture with its heads filled from what surrounds them.

    The filling is computed at ``FILL_WIDTH`` pixels: it has no detail to lose.

    Args:
        rgb: the picture, uint8 ``(H, W, 3)``
        faces: its faces

    Returns:
        uint8 ``(H, W, 3)``, equal to ``rgb`` outside of the heads
    """
    import cv2

    if not faces:
        return rgb.copy()
    mask = face_mask(rgb.shape, faces)
    height, width = rgb.shape[:2]
    share = min(1.0, FILL_WIDTH / width)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    # A small pixel that holds any of a head is filled.
    small_mask = (cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    if small_mask.all():
        return np.full_like(rgb, 127)
    filled = cv2.resize(cv2.inpaint(small, small_mask, RADIUS, cv2.INPAINT_TELEA), (width, height))
    background: NDArray[np.uint8] = np.where(mask[..., None], filled, rgb)
    return background


def background_still(rgb: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    """Return the whole picture without its faces, squeezed into uint8 ``(32, 32, 3)``."""
    import cv2

    # The filling costs most, and so small a still shows none of its detail.
    share = min(1.0, STILL_WIDTH / rgb.shape[1])
    size = (max(1, round(rgb.shape[1] * share)), max(1, round(rgb.shape[0] * share)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    placed = [replace(one, x=one.x * share, y=one.y * share, w=one.w * share, h=one.h * share) for one in faces]
    still: NDArray[np.uint8] = cv2.resize(without_faces(small, placed), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    still.setflags(write=False)
    return still
