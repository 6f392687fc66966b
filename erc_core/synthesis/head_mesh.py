"""The triangles of a head: points laid in rings around eyes and mouth and in a grid elsewhere, joined by Delaunay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay

from erc_core.synthesis.arrays import Floats, Indices
from erc_core.synthesis.head_shape import (
    BACK_Q,
    CROWN_V,
    EYE_Q,
    EYE_V,
    MOUTH_HALF_WIDTH,
    MOUTH_V,
    UNDER_V,
    ramp,
    skin_surface,
)
from erc_core.synthesis.looks import Looks

EYE_SCALES = (0.82, 1.0, 1.12, 1.28, 1.5, 1.8)
EYE_HALF_WIDTH, EYE_UP, EYE_LOW = 1.62, 0.73, 0.53
EYE_REACH = 2.1  # how far, in eye sizes, the lids' movement is felt
# the lips touch at the third ring; the two before it are inside the mouth
LIP_UP = (0.04, 0.10, 0.16, 0.32, 0.50, 0.68, 0.92)
LIP_LOW = (0.04, 0.10, 0.16, 0.36, 0.60, 0.84, 1.12)
LIP_HALF_WIDTH = (2.30, 2.38, 2.45, 2.52, 2.62, 2.80, 3.05)


@dataclass(frozen=True, slots=True)
class HeadMesh:
    """A resting head.

    Args:
        q: surface coordinate around the head, ``(V,)``
        v: surface coordinate down the head, ``(V,)``
        points: resting position in cm, ``(V, 3)``
        triangles: vertex indices, ``(T, 3)``
        eye: 0 for the viewer's left eye, 1 for the right, -1 away from the eyes, ``(V,)``
        eye_scale: distance from the eye's middle in sizes of its opening (1 is the lid margin), ``(V,)``
        lip: 1 on the upper lip side, -1 on the lower, 0 away from the mouth, ``(V,)``
        lip_ring: number of the ring around the mouth, -1 away from it, ``(V,)``
        eyeballs: centres of the eyeballs, ``(2, 3)``
    """

    q: Floats
    v: Floats
    points: Floats
    triangles: Indices
    eye: Indices
    eye_scale: Floats
    lip: Indices
    lip_ring: Indices
    eyeballs: Floats


def eye_line(q: Floats, upper: bool, looks: Looks) -> Floats:
    """Return the lid margin's height above the eye's axis at ``|q|``, 0 outside the corners, in cm."""
    across = np.clip((np.abs(q) - EYE_Q) / EYE_HALF_WIDTH, -1.0, 1.0)
    arch = np.clip(1.0 - across**2, 0.0, 1.0) ** 0.85
    height = EYE_UP * (1.0 + 0.12 * across) if upper else -EYE_LOW * (1.0 + 0.22 * across)
    return height * arch * looks.eye_size


def eye_axis(q: Floats, looks: Looks) -> Floats:
    """Return the height of the line from the inner to the outer eye corner at ``|q|``, in cm."""
    return EYE_V + looks.eye_tilt * (np.abs(q) - EYE_Q) / EYE_HALF_WIDTH


def build_head(looks: Looks) -> HeadMesh:
    """Lay out and join the points of one person's head."""
    eyes = [_eye_ring(side, scale, looks) for side in (-1, 1) for scale in EYE_SCALES]
    lips = [_lip_ring(ring) for ring in range(len(LIP_UP))]
    grid = _grid(looks)
    plane = np.concatenate([*eyes, *lips, grid])
    q, v = plane[:, 0], plane[:, 1]
    lip_ring = np.concatenate(
        [np.full(sum(map(len, eyes)), -1), *(np.full(len(r), i) for i, r in enumerate(lips)), np.full(len(grid), -1)]
    )
    eye_scale = eye_distance(q, v, looks)
    eye = np.where(eye_scale < EYE_REACH, (q > 0).astype(np.intp), -1)
    near_mouth = (np.abs(q) < 4.5) & (np.abs(v - MOUTH_V) < 2.2)
    lip = np.where(near_mouth, np.where(v >= MOUTH_V, 1, -1), 0)
    triangles = _join(plane, looks)
    points = skin_surface(q, v, looks)
    centre = skin_surface(np.array([EYE_Q]), np.array([EYE_V]), looks)[0]
    eyeballs = np.array([[-centre[0], EYE_V, 6.05], [centre[0], EYE_V, 6.05]])
    points[:, 1] -= (v - MOUTH_V) * (lip_ring >= 0) * ramp(_lip_height(v), 0.9, 0.16) * _inside_mouth(q)
    points[:, 2] -= np.where(lip_ring == 0, 0.9, np.where(lip_ring == 1, 0.4, 0.0))
    return HeadMesh(q, v, points, triangles, eye, eye_scale, lip, lip_ring, eyeballs)


def eye_distance(q: Floats, v: Floats, looks: Looks) -> Floats:
    """Return the distance from the middle of the nearer eye, in sizes of its opening."""
    across = (np.abs(q) - EYE_Q) / (EYE_HALF_WIDTH * looks.eye_size**0.5)
    above = v - eye_axis(q, looks)
    up = np.where(above > 0, EYE_UP, EYE_LOW) * looks.eye_size
    distance: Floats = np.sqrt(across**2 + (above / up) ** 2)
    return distance


def _eye_ring(side: int, scale: float, looks: Looks) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    wide = EYE_HALF_WIDTH * looks.eye_size**0.5
    sine = np.sin(angle)
    almond = np.sign(sine) * np.abs(sine) ** (1.25 if scale <= 1.3 else 1.0)
    q = EYE_Q + wide * (1 + (scale - 1) * 0.75) * np.cos(angle)
    high = np.where(sine > 0, EYE_UP, EYE_LOW) * looks.eye_size * scale
    v = eye_axis(q, looks) + high * almond
    return np.stack([side * q, v], axis=-1)


def _lip_ring(ring: int) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    q = LIP_HALF_WIDTH[ring] * np.cos(angle)
    sine = np.sin(angle)
    high = np.where(sine > 0, LIP_UP[ring], LIP_LOW[ring])
    v = MOUTH_V + high * np.sign(sine) * np.abs(sine) ** 1.1
    return np.stack([q, v], axis=-1)


def _lip_height(v: Floats) -> Floats:
    height: Floats = np.abs(v - MOUTH_V)
    return height


def _inside_mouth(q: Floats) -> Floats:
    return ramp(np.abs(q), LIP_HALF_WIDTH[-1] + 0.3, MOUTH_HALF_WIDTH)


def _grid(looks: Looks) -> Floats:
    """Return grid points: fine on nose and mouth, coarse on the back, none where the rings are."""
    fine = _hexagons(-2.4, 2.4, -5.6, -2.6, 0.27)
    face = _hexagons(-7.2, 7.2, -12.4, 5.2, 0.42)
    rest = _hexagons(-BACK_Q, BACK_Q, UNDER_V, CROWN_V, 1.0)
    in_fine = (np.abs(face[:, 0]) < 2.5) & (face[:, 1] > -5.7) & (face[:, 1] < -2.5)
    in_face = (np.abs(rest[:, 0]) < 7.5) & (rest[:, 1] > -12.7) & (rest[:, 1] < 5.5)
    points = np.concatenate([fine, face[~in_fine], rest[~in_face]])
    in_eye = eye_distance(points[:, 0], points[:, 1], looks) < 1.95
    mouth = (points[:, 0] / 3.2) ** 2 + ((points[:, 1] - MOUTH_V) / 1.25) ** 2
    return points[~in_eye & (mouth > 1.0)]


def _hexagons(left: float, right: float, low: float, high: float, step: float) -> Floats:
    rows = np.arange(low, high + step / 2, step * 0.866)
    columns = np.arange(0.0, right - left + step / 2, step)
    q = np.clip(left + columns[None, :] + 0.5 * step * (np.arange(len(rows)) % 2)[:, None], left, right)
    v = np.broadcast_to(rows[:, None], q.shape)
    return np.unique(np.stack([q.ravel(), v.ravel()], axis=-1), axis=0)


def _join(plane: Floats, looks: Looks) -> Indices:
    triangles: Indices = Delaunay(plane).simplices.astype(np.intp)
    middle = plane[triangles].mean(axis=1)
    q, v = middle[:, 0], middle[:, 1]
    above = v - eye_axis(q, looks)
    inner = 0.80
    across = (np.abs(q) - EYE_Q) / (EYE_HALF_WIDTH * looks.eye_size**0.5 * (1 - 0.75 * (1 - inner)))
    arch = np.clip(1 - across**2, 0, 1) ** 0.625
    eye_hole = (above < EYE_UP * looks.eye_size * inner * arch) & (above > -EYE_LOW * looks.eye_size * inner * arch)
    mouth_hole = (q / LIP_HALF_WIDTH[0]) ** 2 + ((v - MOUTH_V) / LIP_UP[0]) ** 2 < 0.9
    kept = triangles[~eye_hole & ~mouth_hole]
    a, b, c = (plane[kept[:, i]] for i in range(3))
    turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    return np.asarray(np.where(turn[:, None] > 0, kept, kept[:, ::-1]))
