"""The picture: every frame of every shot, drawn in several processes, and the truth about its faces."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from erc_core.synthesis.actor import Pose, build_actor
from erc_core.synthesis.arrays import Bytes, Floats
from erc_core.synthesis.landmarks import box_of, face_vertices, landmark_vertices
from erc_core.synthesis.performance import Acting
from erc_core.synthesis.portrait import Camera, Painter
from erc_core.synthesis.rooms import LIGHTING, paint_room, view_room
from erc_core.synthesis.script import Script
from erc_core.synthesis.staging import HEIGHT, WIDTH, Placement, facing, place
from erc_core.synthesis.timeline import FPS, Take, Timeline

CHUNK = 20  # frames per piece of work
DRIFT_PX = 5  # how far the held camera wanders


@dataclass(frozen=True, slots=True)
class SeenFace:
    """One face in one frame: box ``(4,)``, landmarks ``(L, 2)``, both in pixels, and the head's turn in degrees."""

    seat: int
    box: Floats
    landmarks: Floats
    turn: Floats


@dataclass(frozen=True, slots=True)
class Drawn:
    """One frame, ``(HEIGHT, WIDTH, 3)`` in sRGB, and its faces."""

    image: Bytes
    faces: tuple[SeenFace, ...]


@dataclass(frozen=True, slots=True)
class Production:
    """All that a process needs to draw frames."""

    script: Script
    timeline: Timeline
    acting: tuple[Acting, ...]


class Studio:
    """Draws frames of one production; people and rooms are built once."""

    def __init__(self, production: Production) -> None:
        self.production = production
        script = production.script
        self.actors = [build_actor(s.looks, script.seed * 101 + i * 7) for i, s in enumerate(script.speakers)]
        self.marks = [landmark_vertices(actor.rig.head) for actor in self.actors]
        self.fields = [face_vertices(actor.rig.head) for actor in self.actors]
        self.panorama = paint_room(script.room, script.seed)
        self.facing = [facing(script, seat, acting.attention) for seat, acting in enumerate(production.acting)]
        self.painters: dict[tuple[int, Camera], Painter] = {}
        self.views: dict[tuple[float, float, int], Bytes] = {}

    def draw(self, first: int, last: int) -> list[Drawn]:
        """Draw the frames from ``first`` up to, not including, ``last``."""
        return [self._frame(number) for number in range(first, last)]

    def _frame(self, number: int) -> Drawn:
        take = next(take for take in self.production.timeline.takes if take.first_frame <= number < take.last_frame)
        placements = place(self.production.script, take.seats)
        sway = self._drift(number, take)
        canvas = np.empty((HEIGHT, WIDTH, 3), np.float32)
        canvas[:] = self._room(0.5, 0.5, 5, WIDTH, sway) if not placements else 0
        faces = []
        for order, placement in enumerate(placements):
            tile = canvas[:, placement.left : placement.left + placement.camera.width]
            if placement.shared or order == 0:
                centre, share = placement.room_centre, placement.room_share
                tile[:] = self._room(centre, share, placement.blur_px, placement.camera.width, sway)
            faces.append(self._person(number, placement, tile))
        for placement in placements[1:]:
            if placement.shared:
                canvas[:, placement.left - 2 : placement.left + 2] = 0.07
        image = self._finish(canvas, number)
        return Drawn(image, tuple(faces))

    def _drift(self, number: int, take: Take) -> tuple[float, float]:
        if self.production.script.layout == "call":
            return DRIFT_PX, DRIFT_PX
        time = number / FPS + take.first_frame
        wander = np.sin(time * 0.9) + 0.6 * np.sin(time * 0.37 + 1), np.sin(time * 0.7 + 2) + 0.5 * np.sin(time * 0.43)
        return DRIFT_PX * (1 + 0.55 * wander[0]), DRIFT_PX * (1 + 0.55 * wander[1])

    def _room(self, centre: float, share: float, blur_px: float, width: int, sway: tuple[float, float]) -> Bytes:
        key = (centre, share, width)
        if key not in self.views:
            size = (width + 2 * DRIFT_PX, HEIGHT + 2 * DRIFT_PX)
            self.views[key] = view_room(self.panorama, centre, share, size, blur_px)
        middle = (sway[0] + width / 2 - 0.5, sway[1] + HEIGHT / 2 - 0.5)
        patch: Bytes = cv2.getRectSubPix(self.views[key], (width, HEIGHT), middle)
        return patch.astype(np.float32) / 255  # type: ignore[return-value]

    def _person(self, number: int, placement: Placement, tile: Floats) -> SeenFace:
        seat = placement.seat
        pose = self._pose(number, seat)
        portrait = self._painter(placement).draw(pose)
        high, wide = portrait.opacity.shape
        window = tile[portrait.top : portrait.top + high, portrait.left : portrait.left + wide]
        window *= 1 - portrait.opacity[..., None]
        window += portrait.image
        shift = np.array([placement.left, 0, 0], np.float32)
        head = portrait.head + shift
        yaw = pose.turn[0] + pose.body_turn
        turn = np.degrees([yaw, pose.turn[1], pose.turn[2]]).astype(np.float32)
        return SeenFace(seat, box_of(head[self.fields[seat]]), head[self.marks[seat], :2], turn)

    def _painter(self, placement: Placement) -> Painter:
        key = (placement.seat, placement.camera)
        if key not in self.painters:
            lighting = LIGHTING[self.production.script.room]
            self.painters[key] = Painter(self.actors[placement.seat], placement.camera, lighting)
        return self.painters[key]

    def _pose(self, number: int, seat: int) -> Pose:
        acting = self.production.acting[seat]
        body, head = self.facing[seat]
        turn, gaze = acting.turn[number], acting.gaze[number]
        return Pose(
            units=acting.units[number],
            turn=(float(turn[0] + head[number]), float(turn[1]), float(turn[2])),
            gaze=(float(gaze[0] + 0.35 * head[number]), float(gaze[1])),
            body_turn=float(body[number]),
            breath=float(acting.breath[number]),
        )

    def _finish(self, canvas: Floats, number: int) -> Bytes:
        if self.production.script.quality == "poor":
            canvas = _poor_camera(canvas, np.random.default_rng([self.production.script.seed, number]))
        return (np.clip(canvas, 0, 1) * 255 + 0.5).astype(np.uint8)


def _poor_camera(canvas: Floats, rng: np.random.Generator) -> Floats:
    """Dim, coarsen and grain a picture as a cheap camera would."""
    small = cv2.resize(canvas, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA) ** 1.15 * 0.72
    grain = cv2.GaussianBlur(rng.standard_normal(small.shape).astype(np.float32), (0, 0), 0.7)
    noisy = small * np.array([0.95, 1.0, 1.05], np.float32) + 0.055 * grain
    return np.asarray(cv2.resize(noisy, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR))


_STUDIO: list[Studio] = []


def _open_studio(production: Production) -> None:
    cv2.setNumThreads(1)
    _STUDIO[:] = [Studio(production)]


def _draw_chunk(span: tuple[int, int]) -> list[Drawn]:
    return _STUDIO[0].draw(*span)


def shoot(production: Production, workers: int) -> Iterator[Drawn]:
    """Draw all frames in order, in the given number of processes."""
    frames = production.timeline.frames
    spans = [(first, min(first + CHUNK, frames)) for first in range(0, frames, CHUNK)]
    if workers < 2:
        studio = Studio(production)
        for span in spans:
            yield from studio.draw(*span)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open_studio, (production,)) as pool:
        waiting = [pool.submit(_draw_chunk, span) for span in spans[: 3 * workers]]
        following = iter(spans[3 * workers :])
        while waiting:
            done = waiting.pop(0).result()
            waiting.extend(pool.submit(_draw_chunk, span) for span in islice(following, 1))
            yield from done
