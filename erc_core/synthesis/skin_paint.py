"""The colour of a face: tone, lips, brows, lashes, beard and the lines that action units press into the skin."""

from __future__ import annotations

import cv2
import numpy as np

from erc_core.synthesis.action_units import ACTION_UNITS
from erc_core.synthesis.arrays import Bytes, Floats
from erc_core.synthesis.head_mesh import EYE_HALF_WIDTH, eye_axis, eye_distance, eye_line
from erc_core.synthesis.head_shape import EYE_Q, MOUTH_V, bump, pair, ramp
from erc_core.synthesis.looks import Looks, parse_color

PIXELS_PER_CM = 24
LEFT_Q, TOP_V = -11.0, 12.5
WIDTH, HEIGHT = 22 * PIXELS_PER_CM, 26 * PIXELS_PER_CM


def skin_uv(q: Floats, v: Floats) -> Floats:
    """Return where a point of the skin lies in the painting, in its pixels, ``(N, 2)``."""
    u = np.clip((q - LEFT_Q) * PIXELS_PER_CM, 1, WIDTH - 2)
    w = np.clip((TOP_V - v) * PIXELS_PER_CM, 1, HEIGHT - 2)
    return np.stack([u, w], axis=-1)


def plane() -> tuple[Floats, Floats]:
    """Return the surface coordinates of every pixel of the painting, each ``(HEIGHT, WIDTH)``."""
    q = LEFT_Q + (np.arange(WIDTH) + 0.5) / PIXELS_PER_CM
    v = TOP_V - (np.arange(HEIGHT) + 0.5) / PIXELS_PER_CM
    grid = np.meshgrid(q, v)
    return grid[0], grid[1]


def color(text: str) -> Floats:
    """Return a colour as three numbers in [0, 1], in the order red, green, blue."""
    return np.array(parse_color(text), dtype=np.float32) / 255


def paint_skin(looks: Looks, seed: int) -> Floats:
    """Paint the resting face, ``(HEIGHT, WIDTH, 3)`` in sRGB in [0, 1]."""
    q, v = plane()
    rng = np.random.default_rng(seed)
    image = np.broadcast_to(color(looks.skin), (HEIGHT, WIDTH, 3)).astype(np.float32)
    image = image * (1 + 0.035 * _noise(rng, 9.0) + 0.02 * _noise(rng, 1.2))[..., None]
    flush = 0.34 * pair(q, v, 3.9, -3.1, 1.9, 1.5) + 0.3 * bump(q, v, 0.0, -4.0, 1.1, 0.7)
    flush = flush + 0.15 * bump(q, v, 0.0, -9.6, 1.5, 1.0)
    image = _mix(image, color(looks.skin) * np.array([1.0, 0.80, 0.79], np.float32), flush)
    under_eye = pair(q, v, 2.9, -1.25, 1.3, 0.45) * (0.25 + 0.3 * looks.age)
    image = _mix(image, color(looks.skin) * np.array([0.80, 0.70, 0.74], np.float32), under_eye)
    image = _paint_beard(image, q, v, looks, rng)
    image = _paint_shadows(image, q, v, looks)
    image = _paint_lips(image, q, v, looks)
    image = _paint_lids(image, q, v, looks)
    image = _paint_lines(image, q, v, looks)
    return np.clip(_paint_brows(image, looks, rng), 0, 1)


def paint_wrinkles(looks: Looks) -> dict[int, Floats]:
    """Return how much each unit darkens the painting at intensity one, ``(HEIGHT, WIDTH)`` in [0, 1]."""
    q, v = plane()
    strength = 0.55 + 0.45 * looks.age
    maps = {unit: strength * _wrinkles(unit, q, v) for unit in ACTION_UNITS}
    return {unit: field.astype(np.float32) for unit, field in maps.items() if field.max() > 0.01}


def _wrinkles(unit: int, q: Floats, v: Floats) -> Floats:
    side = np.abs(q)
    if unit in (1, 2):
        across = bump(q, v, 0.0, 4.2, 1.9, 1.5) if unit == 1 else pair(q, v, 3.9, 4.2, 1.5, 1.4)
        wave = v - 0.10 * np.cos(q * 1.1)
        return np.asarray(0.22 * across * np.clip(np.cos((wave - 4.2) * 2 * np.pi / 0.95), 0, 1) ** 3)
    if unit == 4:
        fold = np.exp(-(((side - 0.62 - 0.12 * (v - 1.8)) / 0.16) ** 2)) * np.exp(-(((v - 1.9) / 0.95) ** 2))
        return np.asarray(0.5 * fold + 0.22 * bump(q, v, 0.0, 0.95, 1.0, 0.25))
    if unit == 6:
        rays = np.clip(np.cos((v - 0.35 * (side - 5)) * 2 * np.pi / 0.6), 0, 1) ** 2
        under = np.exp(-(((v + 1.15 - 0.10 * (side - 3.2) ** 2) / 0.16) ** 2)) * np.exp(-(((side - 3.2) / 1.3) ** 2))
        return 0.28 * rays * pair(q, v, 5.55, 0.0, 0.45, 0.75) + 0.3 * under
    if unit == 9:
        bars = np.clip(np.cos((v + 0.4 * side) * 2 * np.pi / 0.55), 0, 1) ** 2
        return 0.38 * bars * pair(q, v, 0.55, -0.7, 0.6, 0.9) + 0.35 * _nasolabial(q, v, -4.6)
    if unit in (10, 12, 20):
        return {10: 0.42, 12: 0.5, 20: 0.2}[unit] * _nasolabial(q, v, -6.3 if unit == 12 else -5.6)
    if unit == 14:
        return 0.55 * pair(q, v, 2.85, MOUTH_V + 0.05, 0.14, 0.42)
    if unit == 15:
        return np.asarray(
            0.18 * np.exp(-(((side - 2.85 - 0.2 * (-7.2 - v)) / 0.2) ** 2)) * np.exp(-(((v + 7.6) / 0.6) ** 2))
        )
    if unit == 17:
        dimples = np.clip(np.cos(q * 9) * np.cos(v * 9), 0, 1)
        return np.asarray(0.07 * dimples * bump(q, v, 0.0, -9.6, 1.0, 0.7) + 0.3 * bump(q, v, 0.0, -8.65, 1.2, 0.2))
    return np.zeros_like(q)


def _nasolabial(q: Floats, v: Floats, end_v: float) -> Floats:
    side = np.abs(q)
    line = 1.55 + 1.55 * np.clip((-4.0 - v) / 2.6, 0, 1.2) ** 0.9
    fade = ramp(v, -3.6, -4.3) * ramp(v, end_v - 0.9, end_v)
    sharp = np.where(side < line, 0.16, 0.5)
    fold: Floats = np.exp(-(((side - line) / sharp) ** 2)) * fade
    return fold


def _mix(image: Floats, other: Floats, share: Floats) -> Floats:
    mixed: Floats = (image + (other - image) * np.clip(share, 0, 1)[..., None]).astype(np.float32)
    return mixed


def _noise(rng: np.random.Generator, blur: float) -> Floats:
    field = rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    field = cv2.GaussianBlur(field, (0, 0), blur)
    result: Floats = field / (np.abs(field).max() + 1e-6)
    return result


def _paint_shadows(image: Floats, q: Floats, v: Floats, looks: Looks) -> Floats:
    """Darken where light hardly reaches: sockets, below nose and lip, beside the nose."""
    dark = 0.42 * pair(q, v, 1.55, 0.45, 0.5, 0.6) + 0.22 * pair(q, v, 3.2, 1.0, 1.3, 0.35)
    dark = dark + 0.45 * bump(q, v, 0.0, -5.15, 0.9, 0.32) + 0.25 * pair(q, v, 1.5, -4.3, 0.25, 0.45)
    dark = dark + 0.35 * bump(q, v, 0.0, -8.55, 1.3, 0.28) + 0.12 * pair(q, v, 2.75, MOUTH_V, 0.25, 0.3)
    dark = dark + 0.85 * pair(q, v, 0.55 * looks.nose_width, -4.78, 0.24, 0.14)
    shade = color(looks.skin) * np.array([0.48, 0.36, 0.33], np.float32)
    return _mix(image, shade, dark)


def _paint_lips(image: Floats, q: Floats, v: Floats, looks: Looks) -> Floats:
    side = np.abs(q) / 2.55
    arch = np.clip(1 - side**2, 0, 1)
    cupid = 0.13 * np.exp(-((q / 0.28) ** 2)) - 0.10 * np.exp(-(((np.abs(q) - 0.6) / 0.45) ** 2))
    fullness = 0.6 + 0.4 * looks.lips
    top = MOUTH_V + (0.66 * arch**0.6 - cupid) * fullness
    bottom = MOUTH_V - 0.84 * arch**0.58 * fullness
    inside = ramp(v, top + 0.07, top - 0.07) * ramp(v, bottom - 0.09, bottom + 0.09) * (side < 1.0)
    grain = 1 + 0.05 * np.cos(q * 22)
    tint = color(looks.lip_color) * np.where(v > MOUTH_V, 0.86, 1.0)[..., None] * grain[..., None]
    image = _mix(image, tint, 0.85 * inside)
    seam = np.exp(-(((v - MOUTH_V) / 0.13) ** 2)) * (side < 1.06)
    return _mix(image, color(looks.lip_color) * 0.3, 0.75 * seam)


def _paint_lids(image: Floats, q: Floats, v: Floats, looks: Looks) -> Floats:
    axis = eye_axis(q, looks)
    top = axis + eye_line(q, True, looks)
    low = axis + eye_line(q, False, looks)
    wide = EYE_HALF_WIDTH * (1 + 0.1 * looks.lashes)
    within = ramp(np.abs(np.abs(q) - EYE_Q), wide + 0.12, wide - 0.1)
    crease = axis + 0.42 * looks.eye_size + 1.0 * eye_line(q, True, looks)
    image = _mix(image, color(looks.skin) * 0.5, 0.5 * within * np.exp(-(((v - crease) / 0.11) ** 2)))
    lid = within * (v > top) * (v < crease)
    image = _mix(image, color(looks.skin) * np.array([0.86, 0.74, 0.72], np.float32), 0.45 * lid)
    lash = within * np.exp(-(((v - top - 0.02) / (0.10 + 0.07 * looks.lashes)) ** 2))
    image = _mix(image, np.array([0.07, 0.05, 0.05]), (0.78 + 0.2 * looks.lashes) * lash)
    lower = within * np.exp(-(((v - low + 0.02) / 0.08) ** 2))
    image = _mix(
        image, color(looks.skin) * np.array([0.5, 0.35, 0.35], np.float32), (0.45 + 0.3 * looks.lashes) * lower
    )
    rim = eye_distance(q, v, looks) < 0.93
    return _mix(image, np.array([0.80, 0.52, 0.48]), 0.8 * rim)


def _paint_lines(image: Floats, q: Floats, v: Floats, looks: Looks) -> Floats:
    depth = (
        0.35 * _nasolabial(q, v, -6.0) + 0.4 * _wrinkles(6, q, v) + 0.4 * _wrinkles(1, q, v) + 0.2 * _wrinkles(4, q, v)
    )
    return _mix(image, color(looks.skin) * 0.42, (0.15 + looks.age) * depth)


def _paint_beard(image: Floats, q: Floats, v: Floats, looks: Looks, rng: np.random.Generator) -> Floats:
    if looks.beard <= 0:
        return image
    side = np.abs(q)
    edge = np.interp(side, [0.0, 1.5, 2.6, 4.0, 5.6, 6.6, 7.6, 9.0], [-8.6, -8.0, -6.9, -6.2, -4.6, -2.2, 0.5, 1.5])
    area = ramp(v, edge + 0.35, edge - 0.9) * ramp(side, 9.5, 8.5) * ramp(v, UNDER_BEARD_V, UNDER_BEARD_V + 1.5)
    if looks.hair == "bald":  # no hair for the beard to grow into
        area = area * ramp(v, 0.0, -4.0) * ramp(v, edge + 0.3, edge - 1.8)
    lip = ramp(np.abs(q), 3.0, 2.2) * ramp(v, -5.0, -5.5) * (v > MOUTH_V)
    area = np.maximum(area, lip)
    bare = pair(q, v, 1.15, -8.15, 0.6, 0.3)
    grain = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 0.9)
    density = looks.beard * (1 + 0.9 * grain) * area * (1 - 0.6 * bare)
    return _mix(image, 0.65 * color(looks.hair_color) + 0.06, density)


UNDER_BEARD_V = -14.0


def _paint_brows(image: Floats, looks: Looks, rng: np.random.Generator) -> Floats:
    """Draw the brows hair by hair at four times the size, then lay them over the face."""
    cover = np.zeros((HEIGHT * 2, WIDTH * 2), np.uint8)
    for side in (-1, 1):
        for _ in range(int(420 * looks.brow_weight)):
            along = rng.random()
            thick = 0.36 * looks.brow_weight * (1 - 0.75 * along**1.6) * (0.6 + 0.4 * min(1.0, along * 6))
            q = 1.15 + 4.1 * along
            v = 2.0 + 0.62 * np.sin(min(along * 1.55, 1.9)) - 0.55 * max(0.0, along - 0.6) ** 1.2 * 2
            v += thick * (rng.random() - 0.5) * 1.5
            lean = 0.75 - 1.0 * along + 0.18 * rng.standard_normal()
            length = 0.42 * (0.7 + 0.5 * rng.random())
            end = (q + length * np.cos(lean), v + length * np.sin(lean) * 0.7)
            _hair_stroke(cover, side * q, v, side * end[0], end[1])
    soft = cv2.resize(cover, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return _mix(image, 0.75 * color(looks.hair_color) + 0.02, np.clip(soft * 1.1, 0, 0.92))


def _hair_stroke(cover: Bytes, q0: float, v0: float, q1: float, v1: float) -> None:
    scale = 2 * PIXELS_PER_CM * 8
    start = (int((q0 - LEFT_Q) * scale), int((TOP_V - v0) * scale))
    end = (int((q1 - LEFT_Q) * scale), int((TOP_V - v1) * scale))
    cv2.line(cover, start, end, 255, 1, cv2.LINE_AA, 3)
