"""Where the people of a shot sit in the picture, and where they turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from erc_core.synthesis.arrays import Floats, Indices
from erc_core.synthesis.portrait import Camera
from erc_core.synthesis.script import Script
from erc_core.synthesis.timeline import FPS

WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True, slots=True)
class Placement:
    """One person's place in a shot.

    Args:
        seat: who it is
        left: first column of the tile that shows the person (0 unless the screen is shared)
        camera: the view within that tile
        room_centre: middle of the room's part behind the tile, 0 to 1
        room_share: width of that part
        blur_px: how far the room is out of focus
        shared: whether the tile is one of several on a shared screen
    """

    seat: int
    left: int
    camera: Camera
    room_centre: float
    room_share: float
    blur_px: float
    shared: bool


_TOGETHER_X = {1: (0.5,), 2: (0.29, 0.71), 3: (0.19, 0.5, 0.81), 4: (0.14, 0.38, 0.62, 0.86)}
_TOGETHER_SCALE = {1: 10.0, 2: 7.6, 3: 6.2, 4: 5.4}
_CALL_SCALE = {1: 10.0, 2: 8.4, 3: 6.4, 4: 5.6}


def place(script: Script, seats: tuple[int, ...]) -> tuple[Placement, ...]:
    """Return the places of those who are seen, in the order in which they are drawn."""
    count = len(script.speakers)
    if not seats:
        return ()
    if script.layout == "call" and len(seats) > 1:
        wide = WIDTH // len(seats)
        scale = _CALL_SCALE[len(seats)]
        return tuple(
            Placement(
                seat,
                number * wide,
                Camera(wide, HEIGHT, wide / 2, 158, scale),
                (seat + 0.5) / count,
                0.40 / len(seats),
                7,
                True,
            )
            for number, seat in enumerate(seats)
        )
    if len(seats) == 1:
        seat = seats[0]
        x = WIDTH * (0.5 if count == 1 else 0.45 if seat < count / 2 else 0.55)
        camera = Camera(WIDTH, HEIGHT, x, 158, 10.0)
        return (Placement(seat, 0, camera, 0.18 + 0.64 * (seat + 0.5) / count, 0.36, 8, False),)
    scale = _TOGETHER_SCALE[len(seats)]
    return tuple(
        Placement(
            seat, 0, Camera(WIDTH, HEIGHT, WIDTH * _TOGETHER_X[len(seats)][number], 172, scale), 0.5, 0.72, 4, False
        )
        for number, seat in enumerate(seats)
    )


def facing(script: Script, seat: int, attention: Indices) -> tuple[Floats, Floats]:
    """Return the yaw of shoulders and of head that a person's attention asks for, in radians, each ``(frames,)``."""
    turn = {"cut": 0.27, "together": 0.30, "call": 0.05}[script.layout]
    side = np.where(attention < 0, 0.0, np.sign(attention - seat))
    far = np.clip(0.8 + 0.2 * np.abs(attention - seat), 0.8, 1.2)
    wanted = side * far * turn
    head = gaussian_filter1d(wanted, 0.16 * FPS, mode="nearest")
    body = np.full(len(attention), wanted.mean() * 0.75)
    return body, head - body
