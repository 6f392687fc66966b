"""Small pictures of the studio's rooms, as they are behind a speaker once the face is painted over."""

from __future__ import annotations

from functools import lru_cache
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from erc_core.synthesis.rooms import paint_room, view_room
from erc_core.synthesis.script import Room

SIDE = 32
VIEWS = 6  # of each painting
SIZE = (160, 90)


@lru_cache(maxsize=1)
def room_views(paintings: int = 2) -> NDArray[np.uint8]:
    """Return views of every room out of focus, RGB, uint8 ``(R, 32, 32, 3)``; always the same.

    Args:
        paintings: of each room, each with things of its own
    """
    views = []
    for room in get_args(Room):
        for seed in range(paintings):
            panorama = paint_room(room, seed)
            for centre in np.linspace(0.15, 0.85, VIEWS):
                view = view_room(panorama, float(centre), 0.3, SIZE, blur_px=2)
                views.append(cv2.resize(view, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    return np.stack(views)
