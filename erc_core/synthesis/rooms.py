"""Rooms behind the speakers: painted wide, seen out of focus, each with its own light."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from erc_core.synthesis.arrays import Bytes, Floats
from erc_core.synthesis.lighting import Lamp, Lighting
from erc_core.synthesis.script import Room

WIDTH, HEIGHT = 1920, 800
Tone = tuple[float, float, float]

LIGHTING: dict[Room, Lighting] = {
    "living": Lighting(
        Lamp((-0.6, 0.5, 0.72), (1.02, 0.92, 0.78)),
        Lamp((0.85, 0.1, 0.5), (0.20, 0.22, 0.28)),
        Lamp((0.7, 0.5, -0.5), (1.0, 0.85, 0.65)),
        (0.20, 0.20, 0.22),
        (0.12, 0.09, 0.07),
    ),
    "kitchen": Lighting(
        Lamp((0.6, 0.55, 0.7), (0.98, 0.96, 0.92)),
        Lamp((-0.85, 0.1, 0.5), (0.26, 0.25, 0.24)),
        Lamp((-0.7, 0.5, -0.5), (0.9, 0.95, 1.0)),
        (0.25, 0.26, 0.28),
        (0.13, 0.12, 0.11),
    ),
    "office": Lighting(
        Lamp((-0.45, 0.65, 0.7), (0.92, 0.94, 0.98)),
        Lamp((0.85, 0.15, 0.5), (0.22, 0.24, 0.30)),
        Lamp((0.7, 0.45, -0.5), (0.75, 0.88, 1.0)),
        (0.24, 0.25, 0.28),
        (0.11, 0.11, 0.12),
    ),
    "cafe": Lighting(
        Lamp((-0.5, 0.5, 0.75), (1.05, 0.86, 0.64)),
        Lamp((0.85, 0.1, 0.5), (0.18, 0.20, 0.28)),
        Lamp((0.7, 0.5, -0.5), (1.1, 0.75, 0.45)),
        (0.17, 0.16, 0.16),
        (0.13, 0.09, 0.06),
    ),
    "street": Lighting(
        Lamp((0.5, 0.55, 0.72), (0.86, 0.84, 0.86)),
        Lamp((-0.85, 0.0, 0.5), (0.20, 0.22, 0.36)),
        Lamp((-0.7, 0.45, -0.5), (1.1, 0.8, 0.5)),
        (0.16, 0.18, 0.26),
        (0.10, 0.08, 0.09),
    ),
}


def paint_room(room: Room, seed: int) -> Floats:
    """Paint a room's whole width in focus, ``(HEIGHT, WIDTH, 3)`` in sRGB in [0, 1]."""
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    _PAINTERS[room](canvas, np.random.default_rng([seed, 9]))
    return np.clip(canvas, 0, 1)


def view_room(panorama: Floats, centre: float, share: float, size: tuple[int, int], blur_px: float) -> Bytes:
    """Look at a part of a room with the lens open.

    Args:
        panorama: the painted room
        centre: middle of the view, 0 at the room's left end, 1 at its right
        share: width of the view as a part of the room's width
        size: width and height of the result in pixels
        blur_px: radius of the circle of confusion in pixels of the result
    """
    wide = int(WIDTH * share)
    high = min(int(wide * size[1] / size[0]), HEIGHT)
    left = int(np.clip(centre * WIDTH - wide / 2, 0, WIDTH - wide))
    top = int((HEIGHT - high) * 0.42)
    view = cv2.resize(panorama[top : top + high, left : left + wide], size, interpolation=cv2.INTER_AREA)
    radius = max(int(blur_px), 1)
    axis = np.arange(-radius, radius + 1)
    disc = (np.hypot(*np.meshgrid(axis, axis)) <= radius + 0.3).astype(np.float32)
    light = cv2.filter2D(view**3, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(np.cbrt(light), (0, 0), 0.35 * radius)
    x = np.linspace(-1, 1, size[0])[None, :]
    y = np.linspace(-1, 1, size[1])[:, None]
    vignette = 1 - 0.20 * np.clip(x**2 + y**2 - 0.35, 0, None)
    return np.asarray((np.clip(soft * vignette[..., None], 0, 1) * 255 + 0.5).astype(np.uint8))


def _wash(canvas: Floats, top: Tone, low: Tone, light_x: float, strength: float) -> None:
    """Fill with a wall that is lit from one side."""
    down = np.linspace(0, 1, HEIGHT)[:, None, None]
    wall = np.array(top) * (1 - down) + np.array(low) * down
    x = np.linspace(0, 1, WIDTH)[None, :, None]
    glow = np.exp(-(((x - light_x) / 0.35) ** 2)) * np.exp(-(((down - 0.35) / 0.6) ** 2))
    canvas[:] = wall * (1 + strength * glow)


def _box(canvas: Floats, x: float, y: float, wide: float, high: float, tone: Tone, shade: float = 0.25) -> None:
    """Draw an upright box in the room's units (width 1, height 1), darker to its lower right."""
    left, right = int(np.clip(x, 0, 1) * WIDTH), int(np.clip(x + wide, 0, 1) * WIDTH)
    top, low = int(np.clip(y, 0, 1) * HEIGHT), int(np.clip(y + high, 0, 1) * HEIGHT)
    if right <= left or low <= top:
        return
    slope = np.linspace(0, 1, right - left)[None, :, None] * 0.6 + np.linspace(0, 1, low - top)[:, None, None] * 0.4
    canvas[top:low, left:right] = np.array(tone) * (1 + shade * 0.4 - shade * slope)


def _shadow(canvas: Floats, x: float, y: float, wide: float, high: float, depth: float) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    start = (int(x * WIDTH), int(y * HEIGHT))
    cv2.rectangle(mask, start, (int((x + wide) * WIDTH), int((y + high) * HEIGHT)), 1.0, -1)
    canvas *= 1 - depth * cv2.GaussianBlur(mask, (0, 0), 18)[..., None]


def _glow(canvas: Floats, x: float, y: float, radius: float, tone: Tone, power: float) -> None:
    px, py = np.meshgrid(np.arange(WIDTH) / WIDTH - x, (np.arange(HEIGHT) / HEIGHT - y) * HEIGHT / WIDTH)
    canvas += (power * np.exp(-(px**2 + py**2) / radius**2))[..., None].astype(np.float32) * np.array(tone, np.float32)


def _disc(canvas: Floats, x: float, y: float, radius: float, tone: Tone) -> None:
    centre = (int(x * WIDTH), int(y * HEIGHT))
    cv2.circle(canvas, centre, int(radius * WIDTH), tone, -1, cv2.LINE_AA)


def _books(canvas: Floats, rng: np.random.Generator, x: float, y: float, wide: float, high: float) -> None:
    place = x
    tones = [(0.62, 0.28, 0.22), (0.22, 0.36, 0.48), (0.80, 0.70, 0.50), (0.30, 0.42, 0.30), (0.55, 0.45, 0.55)]
    while place < x + wide - 0.006:
        thick = rng.uniform(0.005, 0.011)
        tall = high * rng.uniform(0.62, 0.95)
        tone = np.array(tones[int(rng.integers(len(tones)))]) * rng.uniform(0.7, 1.15)
        _box(canvas, place, y + high - tall, thick, tall, (tone[0], tone[1], tone[2]), 0.5)
        place += thick + (rng.uniform(0.01, 0.03) if rng.random() < 0.08 else 0.0006)


def _shelf(canvas: Floats, rng: np.random.Generator, x: float, y: float, wide: float, high: float, wood: Tone) -> None:
    _shadow(canvas, x + 0.01, y + 0.02, wide, high, 0.35)
    _box(canvas, x, y, wide, high, tuple(0.45 * c for c in wood), 0.3)  # type: ignore[arg-type]
    rows = max(int(high / 0.17), 1)
    for row in range(rows):
        top = y + row * high / rows
        _books(canvas, rng, x + 0.006, top + 0.01, wide - 0.012, high / rows - 0.02)
        _box(canvas, x, top + high / rows - 0.014, wide, 0.016, wood, 0.2)
    for edge in (x, x + wide - 0.006):
        _box(canvas, edge, y, 0.006, high, wood, 0.2)


def _window(canvas: Floats, x: float, y: float, wide: float, high: float, sky: Tone, land: Tone) -> None:
    _box(canvas, x - 0.008, y - 0.02, wide + 0.016, high + 0.04, (0.93, 0.92, 0.90), 0.1)
    top, low = int(y * HEIGHT), int((y + high) * HEIGHT)
    left, right = int(x * WIDTH), int((x + wide) * WIDTH)
    down = np.linspace(0, 1, low - top)[:, None, None]
    outside = np.array(sky) * (1 - down**2) + np.array((0.97, 0.96, 0.92)) * down**2
    canvas[top:low, left:right] = outside
    hills = 0.72 + 0.07 * np.sin(np.linspace(0, 7, right - left)) + 0.03 * np.sin(np.linspace(1, 23, right - left))
    rows = np.arange(low - top)[:, None] / (low - top)
    canvas[top:low, left:right][rows > hills[None, :]] = land
    _box(canvas, x + wide / 2 - 0.004, y, 0.008, high, (0.92, 0.91, 0.89), 0.1)
    _box(canvas, x, y + high * 0.42, wide, 0.016, (0.92, 0.91, 0.89), 0.1)
    _glow(canvas, x + wide / 2, y + high / 2, 0.14, (0.16, 0.15, 0.12), 1.0)


def _curtain(canvas: Floats, x: float, wide: float, tone: Tone) -> None:
    left, right = int(x * WIDTH), int((x + wide) * WIDTH)
    fold = 0.82 + 0.18 * np.cos(np.linspace(0, wide * 300, right - left))
    canvas[int(0.04 * HEIGHT) :, left:right] = np.array(tone) * fold[None, :, None]


def _lamp(canvas: Floats, x: float, y: float, tone: Tone) -> None:
    _box(canvas, x - 0.002, y, 0.004, 0.6, (0.30, 0.25, 0.2), 0.1)
    shade = np.array([[x - 0.024, y - 0.12], [x + 0.024, y - 0.12], [x + 0.04, y + 0.03], [x - 0.04, y + 0.03]])
    points = (shade * np.array([WIDTH, HEIGHT])).astype(np.int32)
    cv2.fillPoly(canvas, [points], (1.0, 0.90, 0.68), cv2.LINE_AA)
    _glow(canvas, x, y - 0.03, 0.09, tone, 0.5)


def _plant(canvas: Floats, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    _box(canvas, x - 0.02 * size, y, 0.04 * size, 0.14 * size, (0.72, 0.48, 0.36), 0.5)
    for _ in range(60):
        angle = rng.normal(-np.pi / 2, 0.75)
        length = rng.uniform(0.02, 0.06) * size
        tip = (x + np.cos(angle) * length, y + np.sin(angle) * length * WIDTH / HEIGHT)
        tone = np.array([0.20, 0.42, 0.22]) * rng.uniform(0.6, 1.5)
        start = (int(x * WIDTH), int(y * HEIGHT))
        middle = (int((x + tip[0]) / 2 * WIDTH), int(((y + tip[1]) / 2 - 0.01) * HEIGHT))
        end = (int(tip[0] * WIDTH), int(tip[1] * HEIGHT))
        cv2.line(canvas, start, middle, tone.tolist(), 4, cv2.LINE_AA)
        axes = (max(int(length * WIDTH * 0.32), 2), max(int(7 * size), 2))
        cv2.ellipse(canvas, end, axes, float(np.degrees(angle)), 0, 360, tone.tolist(), -1, cv2.LINE_AA)


def _frame(canvas: Floats, rng: np.random.Generator, x: float, y: float, wide: float, high: float) -> None:
    _shadow(canvas, x + 0.004, y + 0.012, wide, high, 0.3)
    _box(canvas, x, y, wide, high, (0.28, 0.22, 0.17), 0.3)
    _box(canvas, x + 0.005, y + 0.012, wide - 0.01, high - 0.024, (0.93, 0.90, 0.84), 0.08)
    bands = np.sort(rng.uniform(0.25, 0.9, 3))
    for band in bands:  # a landscape in plain bands: round spots would look like a face to a detector
        red, green, blue = rng.uniform(0.35, 0.75, 3)
        left, right, top = x + 0.012, x + wide - 0.012, y + 0.03 + (high - 0.06) * band
        _box(canvas, left, top, right - left, y + high - 0.03 - top, (red, green, blue), 0.1)


def _living(canvas: Floats, rng: np.random.Generator) -> None:
    _wash(canvas, (0.66, 0.63, 0.58), (0.55, 0.50, 0.44), 0.2, 0.35)
    _window(canvas, 0.06, 0.12, 0.15, 0.55, (0.66, 0.80, 0.93), (0.44, 0.58, 0.40))
    _curtain(canvas, 0.015, 0.045, (0.86, 0.80, 0.70))
    _curtain(canvas, 0.215, 0.05, (0.84, 0.78, 0.68))
    _shelf(canvas, rng, 0.66, 0.10, 0.20, 0.75, (0.58, 0.40, 0.26))
    _frame(canvas, rng, 0.36, 0.16, 0.07, 0.26)
    _frame(canvas, rng, 0.45, 0.20, 0.05, 0.18)
    _plant(canvas, rng, 0.30, 0.62, 1.5)
    _lamp(canvas, 0.57, 0.40, (1.0, 0.72, 0.38))
    _box(canvas, 0.34, 0.72, 0.28, 0.30, (0.30, 0.42, 0.44), 0.35)
    _box(canvas, 0.36, 0.66, 0.11, 0.16, (0.36, 0.49, 0.50), 0.35)
    _box(canvas, 0.485, 0.66, 0.11, 0.16, (0.36, 0.49, 0.50), 0.35)
    _plant(canvas, rng, 0.93, 0.66, 1.9)
    _glow(canvas, 0.90, 0.2, 0.12, (0.9, 0.6, 0.3), 0.16)


def _kitchen(canvas: Floats, rng: np.random.Generator) -> None:
    _wash(canvas, (0.74, 0.76, 0.74), (0.62, 0.64, 0.62), 0.85, 0.2)
    for column in range(48):
        for row in range(8):
            tone = 0.74 + 0.04 * rng.standard_normal()
            _box(canvas, column / 48, 0.36 + row * 0.045, 1 / 48 - 0.001, 0.042, (tone * 0.92, tone, tone * 0.98), 0.1)
    for column in range(7):
        _box(canvas, 0.02 + column * 0.085, 0.02, 0.08, 0.30, (0.35, 0.50, 0.52), 0.18)
        _box(canvas, 0.085 + column * 0.085, 0.16, 0.003, 0.07, (0.85, 0.78, 0.6), 0.1)
    _window(canvas, 0.72, 0.08, 0.18, 0.5, (0.70, 0.85, 0.97), (0.50, 0.66, 0.42))
    _box(canvas, 0.0, 0.70, 1.0, 0.04, (0.72, 0.55, 0.38), 0.05)
    _box(canvas, 0.0, 0.74, 1.0, 0.3, (0.33, 0.47, 0.49), 0.1)
    for place in (0.10, 0.135, 0.165, 0.45, 0.475):
        red, green, blue = rng.uniform(0.4, 0.9, 3)
        _box(canvas, place, 0.60, 0.022, 0.10, (red, green * 0.8, blue * 0.6), 0.4)
    _plant(canvas, rng, 0.64, 0.62, 1.0)
    for place in (0.25, 0.36, 0.47):
        _disc(canvas, place, 0.36, 0.016, (1.0, 0.88, 0.62))
        _glow(canvas, place, 0.36, 0.06, (0.9, 0.6, 0.25), 0.16)
    _plant(canvas, rng, 0.96, 0.62, 1.4)


def _office(canvas: Floats, rng: np.random.Generator) -> None:
    _wash(canvas, (0.62, 0.66, 0.70), (0.50, 0.53, 0.57), 0.3, 0.25)
    for column in range(5):
        _window(canvas, 0.04 + column * 0.115, 0.06, 0.10, 0.52, (0.70, 0.80, 0.92), (0.52, 0.58, 0.64))
    for slat in range(14):
        _box(canvas, 0.03, 0.06 + slat * 0.012, 0.58, 0.006, (0.85, 0.86, 0.87), 0.0)
    _shelf(canvas, rng, 0.72, 0.30, 0.18, 0.55, (0.75, 0.72, 0.66))
    _frame(canvas, rng, 0.645, 0.14, 0.055, 0.24)
    for place in (0.06, 0.36):
        _box(canvas, place, 0.52, 0.12, 0.20, (0.12, 0.13, 0.15), 0.3)
        _box(canvas, place + 0.004, 0.53, 0.112, 0.17, (0.45, 0.65, 0.85), 0.3)
        _glow(canvas, place + 0.06, 0.6, 0.05, (0.4, 0.6, 0.9), 0.15)
    _box(canvas, 0.0, 0.74, 0.62, 0.035, (0.66, 0.58, 0.48), 0.1)
    _plant(canvas, rng, 0.26, 0.66, 1.3)
    _plant(canvas, rng, 0.95, 0.62, 1.7)


def _cafe(canvas: Floats, rng: np.random.Generator) -> None:
    _wash(canvas, (0.36, 0.26, 0.20), (0.26, 0.18, 0.14), 0.5, 0.4)
    for row in range(22):
        for column in range(42):
            tone = 0.34 + 0.06 * rng.standard_normal()
            shift = 0.5 * (row % 2)
            _box(canvas, (column + shift) / 42, row * 0.03, 0.022, 0.026, (tone * 1.15, tone * 0.72, tone * 0.55), 0.2)
    _window(canvas, 0.08, 0.10, 0.20, 0.5, (0.55, 0.68, 0.82), (0.45, 0.48, 0.46))
    _box(canvas, 0.42, 0.16, 0.20, 0.30, (0.13, 0.16, 0.14), 0.15)
    for line in range(6):
        _box(canvas, 0.44, 0.20 + line * 0.04, rng.uniform(0.07, 0.14), 0.008, (0.85, 0.85, 0.80), 0.0)
    _shelf(canvas, rng, 0.70, 0.18, 0.18, 0.5, (0.50, 0.34, 0.22))
    _box(canvas, 0.36, 0.68, 0.64, 0.05, (0.62, 0.42, 0.26), 0.1)
    _box(canvas, 0.36, 0.73, 0.64, 0.3, (0.34, 0.23, 0.16), 0.2)
    for place in np.linspace(0.06, 0.96, 9):
        _box(canvas, place - 0.001, 0.0, 0.002, 0.14, (0.1, 0.08, 0.07), 0.0)
        _disc(canvas, float(place), 0.16, 0.011, (1.0, 0.86, 0.55))
        _glow(canvas, float(place), 0.16, 0.06, (1.0, 0.66, 0.30), 0.55)
    _plant(canvas, rng, 0.33, 0.64, 1.4)


def _street(canvas: Floats, rng: np.random.Generator) -> None:
    _wash(canvas, (0.20, 0.24, 0.38), (0.40, 0.33, 0.36), 0.6, 0.5)
    place = 0.0
    while place < 1.0:
        wide, top = rng.uniform(0.06, 0.13), rng.uniform(0.02, 0.3)
        tone = rng.uniform(0.14, 0.26)
        _box(canvas, place, top, wide, 0.9, (tone, tone * 0.95, tone * 1.15), 0.2)
        for column in range(int(wide / 0.016)):
            for row in range(int((0.8 - top) / 0.06)):
                if rng.random() < 0.42:
                    warm = rng.uniform(0.6, 1.0)
                    spot = (place + 0.006 + column * 0.016, top + 0.03 + row * 0.06)
                    _box(canvas, *spot, 0.009, 0.032, (warm, warm * 0.78, warm * 0.45), 0.1)
        place += wide + 0.002
    for _ in range(26):
        light = [(1.0, 0.72, 0.35), (1.0, 0.45, 0.30), (0.55, 0.75, 1.0), (0.6, 1.0, 0.7)][int(rng.integers(4))]
        x, y = rng.uniform(0, 1), rng.uniform(0.55, 0.85)
        _disc(canvas, x, y, rng.uniform(0.004, 0.010), light)
        _glow(canvas, x, y, 0.03, light, 0.3)


_PAINTERS: dict[Room, Callable[[Floats, np.random.Generator], None]] = {
    "living": _living,
    "kitchen": _kitchen,
    "office": _office,
    "cafe": _cafe,
    "street": _street,
}
