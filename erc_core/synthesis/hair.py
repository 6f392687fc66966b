"""Hair: a shell over the head whose edge is feathered, with strands painted along it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import map_coordinates

from erc_core.synthesis.arrays import Floats, Mask
from erc_core.synthesis.head_shape import CROWN_V, RADIUS, bump, ramp
from erc_core.synthesis.looks import HairStyle, Looks
from erc_core.synthesis.parts import Part, sheet
from erc_core.synthesis.skin_paint import color

HAIR_SIZE = 420
COVERED_CM = 2.0
FIELD_CM = 0.1  # step of the map of distances to the hair's edge
FIELD_WIDTH = int(2 * np.pi * RADIUS / FIELD_CM)


@dataclass(frozen=True, slots=True)
class Cut:
    """How one hair style is cut; heights are of the head's surface coordinate v, in cm.

    Args:
        angles: places around the head, 0 at the middle of the forehead, pi at the nape
        edge: height down to which hair grows or hangs at these places
        top: thickness on top of the head
        sides: thickness at the sides
        flare: how far hair below the jaw stands off
        waves: height of the locks
        sweep: how far strands lean sideways on top
        feather: softness of the edge
        part: where long hair is parted, radians
    """

    angles: tuple[float, ...]
    edge: tuple[float, ...]
    top: float
    sides: float
    flare: float = 0.0
    waves: float = 0.12
    sweep: float = 0.0
    feather: float = 0.35
    part: float = 0.0


_SHORT = (0.0, 0.4, 0.62, 0.8, 0.95, 1.1, 1.22, 1.34, 1.5, 1.85, 2.1, 2.5, 3.1416)
CUTS: dict[HairStyle, Cut] = {
    "short": Cut(_SHORT, (6.9, 7.1, 6.6, 5.0, 3.2, 0.6, -2.2, 1.0, 2.2, 0.5, -3.5, -6.0, -6.3), 1.5, 0.65, sweep=0.5),
    "crop": Cut(_SHORT, (6.7, 7.0, 6.6, 5.0, 3.2, 0.8, -1.2, 1.2, 2.2, 0.5, -3.5, -5.5, -5.8), 0.42, 0.25, waves=0.04),
    "side": Cut(_SHORT, (5.7, 5.9, 5.6, 4.6, 3.0, 0.2, -2.8, 0.8, 2.0, 0.5, -3.5, -6.0, -6.3), 2.0, 0.7, sweep=1.3),
    "bob": Cut(
        (0.0, 0.25, 0.55, 0.8, 0.95, 1.04, 1.1, 1.4, 3.1416),
        (7.5, 7.0, 5.6, 3.0, -0.5, -5.0, -9.6, -10.2, -9.2),
        1.15,
        1.15,
        flare=1.3,
    ),
    "long": Cut(
        (0.0, 0.2, 0.5, 0.78, 0.98, 1.09, 1.15, 1.5, 3.1416),
        (7.6, 7.3, 6.3, 3.6, -0.3, -7.5, -17.5, -21.0, -20.0),
        1.1,
        1.05,
        flare=1.9,
        waves=0.2,
    ),
    "bun": Cut(
        (0.0, 0.35, 0.65, 0.9, 1.08, 1.2, 1.32, 1.5, 1.9, 2.2, 3.1416),
        (6.7, 6.6, 5.6, 3.4, 0.6, -2.0, 0.8, 2.0, -2.5, -5.5, -6.5),
        0.85,
        0.5,
        waves=0.06,
        sweep=0.0,
    ),
    "curly": Cut(
        (0.0, 0.35, 0.65, 0.9, 1.05, 1.15, 1.5, 2.2, 3.1416),
        (5.9, 5.7, 4.6, 2.8, -0.5, -4.5, -6.5, -7.5, -7.5),
        2.9,
        2.5,
        flare=0.6,
        waves=0.55,
        feather=0.7,
    ),
}


def hair_shell(looks: Looks, seed: int) -> Part:
    """Return the hair's shell; the style must not be bald."""
    cut = CUTS[looks.hair]
    down, across, triangles = sheet(58, 96)
    angle = (across - 0.5) * 2 * np.pi
    bottom = min(cut.edge) - 1.0
    v = CROWN_V - (CROWN_V - bottom) * down
    points = _shell(angle, v, cut, looks, seed)
    inside = _edge_distance(angle, v, cut) > -0.9
    shade = 0.55 + 0.45 * ramp(_edge_distance(angle, v, cut), -0.5, 1.6)
    shade *= 1 - 0.45 * ramp(v, -4.0, -11.0) * (np.abs(angle) < 1.6)
    kept = triangles[inside[triangles].all(axis=1)]
    return Part(points, kept, np.stack([across, down], axis=-1), shade)


def bun() -> Part:
    """Return the knot of hair on the crown."""
    down, across, triangles = sheet(16, 28)
    polar, around = down * np.pi, (across - 0.5) * 2 * np.pi
    radius = 3.5 * (1 + 0.05 * np.sin(around * 5 + polar * 4))
    x = radius * np.sin(polar) * np.sin(around)
    y = 11.9 + 0.9 * radius * np.cos(polar)
    z = -4.2 + radius * np.sin(polar) * np.cos(around)
    uv = np.stack([across, 0.15 + 0.3 * down], axis=-1)
    return Part(np.stack([x, y, z], axis=-1), triangles, uv, 0.6 + 0.4 * ramp(y, 8.5, 12.5))


def paint_hair(looks: Looks, seed: int) -> Floats:
    """Paint strands and the feathered edge, ``(HAIR_SIZE, HAIR_SIZE, 4)``: sRGB and opacity in [0, 1]."""
    cut = CUTS[looks.hair]
    rng = np.random.default_rng(seed)
    down, across = np.meshgrid(np.linspace(0, 1, HAIR_SIZE), np.linspace(0, 1, HAIR_SIZE), indexing="ij")
    angle = (across - 0.5) * 2 * np.pi
    v = CROWN_V - (CROWN_V - (min(cut.edge) - 1.0)) * down
    strands = _strands(rng, cut, down, across)
    tone = np.clip(0.86 + 0.42 * strands, 0.3, 1.5)
    tips = ramp(_edge_distance(angle, v, cut), 3.0, 0.0)
    parting = np.exp(-(((angle - cut.part) / 0.035) ** 2)) * ramp(v, 6.5, 8.5) * (cut.sides > 0.9) * (cut.top < 2.5)
    tone = tone * (1 - 0.45 * parting)
    painted = color(looks.hair_color) * tone[..., None] * (1 + 0.12 * tips[..., None])
    ragged = _edge_distance(angle, v, cut) + cut.feather * 1.6 * strands
    opacity = np.clip(0.5 + ragged / cut.feather, 0, 1)
    return np.concatenate([np.clip(painted, 0, 1), opacity[..., None]], axis=-1).astype(np.float32)


def _edge_distance(angle: Floats, v: Floats, cut: Cut) -> Floats:
    """Return how far inside the hair's edge a place is, in cm, negative outside."""
    field = _distance_field(cut)
    column = (angle / (2 * np.pi) + 0.5) * (FIELD_WIDTH - 1)
    row = (CROWN_V - v) / FIELD_CM
    place = [np.clip(row, 0, len(field) - 1), np.clip(column, 0, FIELD_WIDTH - 1)]
    distance: Floats = map_coordinates(field, place, order=1, mode="nearest")
    return distance


@lru_cache(maxsize=16)
def _distance_field(cut: Cut) -> Floats:
    """Measure the distance to the hair's edge over the unrolled head, ``(rows, FIELD_WIDTH)``."""
    angle = (np.arange(FIELD_WIDTH) / (FIELD_WIDTH - 1) - 0.5) * 2 * np.pi
    rows = int((CROWN_V + 27.0) / FIELD_CM)
    v = CROWN_V - np.arange(rows) * FIELD_CM
    line = PchipInterpolator(cut.angles, cut.edge)(np.abs(angle))
    grown = (v[:, None] > line[None, :]).astype(np.uint8)
    inside = cv2.distanceTransform(grown, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - grown, cv2.DIST_L2, 5)
    field: Floats = cv2.GaussianBlur(inside - outside, (0, 0), 3.0).astype(np.float64) * FIELD_CM
    return field


def _shell(angle: Floats, v: Floats, cut: Cut, looks: Looks, seed: int) -> Floats:
    lift = np.clip((v - 3.0) / 8.3, 0.0, np.pi / 2)
    shrink = np.cos(lift)
    cosine, sine = np.cos(angle), np.sin(angle)
    up = np.sin(lift)
    thick = cut.sides + (cut.top - cut.sides) * ramp(v, 4.0, 10.5)
    if cut.sweep:
        thick = thick + 0.45 * cut.sweep * bump(angle, v, -0.25, 7.8, 0.6, 1.8)
    inside = _edge_distance(angle, v, cut)
    thick = 0.10 + thick * ramp(inside, -0.4, 2.2) * (1 + cut.waves * _locks(angle, v, cut, seed))
    hang = np.clip((-1.0 - v) / 9.0, 0.0, 1.6)
    thick = thick + cut.flare * np.sin(np.minimum(hang, 1.0) * np.pi / 2) * ramp(inside, -0.2, 1.5)
    half = np.interp(v, [-2, 0, 3], [6.95, 7.15, 7.45]) * looks.face_width
    depth = np.where(cosine > 0, 9.0 * np.abs(cosine) ** 0.82 * np.sign(cosine), 9.7 * cosine)
    x = (half * shrink + thick * shrink) * sine
    z = depth * shrink + thick * cosine * shrink - 0.5 * up
    y = np.where(v > 3, 3 + 8.3 * up, v) + thick * up
    shoulder = np.clip((-13.0 - v) / 6.0, 0.0, 1.0)
    z = z + 2.2 * shoulder * (np.abs(angle) < 1.7) + 0.4 * hang
    return np.stack([x, y, z], axis=-1)


def _locks(angle: Floats, v: Floats, cut: Cut, seed: int) -> Floats:
    """Return the height of the locks around 0: waves along the strands, balls where hair is curly."""
    rng = np.random.default_rng(seed + 5)
    phase = rng.uniform(0, 2 * np.pi, 6)
    if cut.top > 2.5:
        x = angle * 8 + 0.9 * np.sin(v * 0.8 + phase[0]) + phase[1]
        y = v * 1.0 + 0.9 * np.sin(angle * 5 + phase[2])
        curl = np.sqrt(np.abs(np.sin(x) * np.sin(y)))
        small = np.sqrt(np.abs(np.sin(x * 2.1 + y) * np.sin(y * 2.3 - x)))
        return np.asarray(1.4 * curl + 0.7 * small - 1.0)
    calm = ramp(v, CROWN_V - 0.5, CROWN_V - 7.0)
    lean = angle + 0.05 * cut.sweep * (v - 7)
    wave = np.sin(lean * 9 + phase[0] + 0.25 * np.sin(v * 0.8)) + 0.6 * np.sin(lean * 17 + phase[1] + v * 0.3)
    return np.asarray(calm * (wave + 0.5 * np.sin(v * 0.55 + phase[2] + angle * 2)))


def _strands(rng: np.random.Generator, cut: Cut, down: Floats, across: Floats) -> Floats:
    """Return strand brightness around 0, in about [-1, 1]."""
    curly = cut.top > 2.5
    fine = rng.standard_normal((HAIR_SIZE, HAIR_SIZE)).astype(np.float32)
    coarse = rng.standard_normal((HAIR_SIZE, HAIR_SIZE)).astype(np.float32)
    fine = cv2.GaussianBlur(fine, (0, 0), sigmaX=0.9, sigmaY=2.0 if curly else 16.0)
    coarse = cv2.GaussianBlur(coarse, (0, 0), sigmaX=4.0, sigmaY=4.0 if curly else 40.0)
    field = 0.55 * fine / fine.std() + 0.5 * coarse / coarse.std()
    shift = -0.10 * cut.sweep * ramp(down, 0.55, 0.0) + (0.012 if curly else 0.006) * np.sin(down * 40 + across * 9)
    map_x = (np.mod(across + shift, 1.0) * (HAIR_SIZE - 1)).astype(np.float32)
    map_y = (down * (HAIR_SIZE - 1)).astype(np.float32)
    field = cv2.remap(field, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    strands: Floats = np.clip(field / 2.0, -1, 1)
    return strands


def covered(q: Floats, v: Floats, looks: Looks) -> Mask:
    """Return where the skin lies so deep under the hair that it is never seen, ``(N,)``."""
    if looks.hair == "bald":
        return np.zeros(q.shape, bool)
    return np.asarray(_edge_distance(np.clip(q / RADIUS, -np.pi, np.pi), v, CUTS[looks.hair]) > COVERED_CM)


def hair_shadow(q: Floats, v: Floats, looks: Looks) -> Floats:
    """Return the colour that hair lends to the skin beside and below it, ``(..., 3)``, to multiply with."""
    if looks.hair == "bald":
        return np.ones((*q.shape, 3), np.float32)
    distance = _edge_distance(np.clip(q / RADIUS, -np.pi, np.pi), v, CUTS[looks.hair])
    beside = 0.34 * ramp(distance, -1.5, -0.1)
    under = ramp(distance, -0.25, 0.5)[..., None]
    shadow = (1 - beside)[..., None] * np.array([1.0, 0.97, 0.95])
    tinted = shadow * (1 - under) + under * (0.35 * color(looks.hair_color) + 0.1)
    return np.asarray(tinted.astype(np.float32))
