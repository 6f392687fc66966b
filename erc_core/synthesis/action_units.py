"""How action units and mouth shapes move the skin: displacement fields over a resting head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.head_mesh import EYE_LOW, EYE_REACH, EYE_UP, HeadMesh, eye_axis, eye_line
from erc_core.synthesis.head_shape import EYE_Q, EYEBALL_RADIUS, MOUTH_V, bump, pair, ramp
from erc_core.synthesis.looks import Looks

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 22, 23, 24, 25, 26, 43, 45)
JAW_HINGE = np.array([0.0, -1.5, 0.5])
JAW_ANGLE = 0.24  # radians at AU26 = 1, about 2.5 cm between the teeth with AU25


@dataclass(frozen=True, slots=True)
class FaceRig:
    """A head that can be moved.

    Args:
        head: the resting head
        fields: displacement of each vertex in cm at intensity one, in the order of ACTION_UNITS, ``(A, V, 3)``
        jaw: how much each vertex follows the jaw, ``(V,)``
        lid: how much each vertex follows the lid's margin, positive on the upper lid, ``(V,)``
        opening: distance between the lids at each vertex, in cm, ``(V,)``
    """

    head: HeadMesh
    fields: Floats
    jaw: Floats
    lid: Floats
    opening: Floats


def build_rig(head: HeadMesh, looks: Looks) -> FaceRig:
    """Prepare the fields for one person's head."""
    q, v = head.q, head.v
    jaw = jaw_weight(q, v)
    fields = np.stack([_field(unit, q, v, head) for unit in ACTION_UNITS])
    near = np.clip((EYE_REACH - head.eye_scale) / (EYE_REACH - 1.0), 0.0, 1.0) ** 1.3
    upper = v > eye_axis(q, looks)
    lid = np.where(head.eye >= 0, np.where(upper, near, -near), 0.0)
    wide = np.clip(1 - ((np.abs(q) - EYE_Q) / 2.0) ** 2, 0.0, 1.0)
    opening = np.maximum(eye_line(q, True, looks) - eye_line(q, False, looks), 0.25 * wide * (EYE_UP + EYE_LOW))
    return FaceRig(head, fields, jaw, lid, opening)


def jaw_weight(q: Floats, v: Floats) -> Floats:
    """Return how much the skin follows the jaw: all on the chin, half at the mouth corners, none above."""
    side = np.clip((np.abs(q) - 1.9) / 1.6, 0.0, 1.0)
    soft = ramp(v, MOUTH_V + 2.6, MOUTH_V - 2.2)
    lips = np.where(v < MOUTH_V, 1.0, 0.0)
    corner = np.clip((np.abs(q) - 1.0) / 1.4, 0.0, 1.0) ** 2 * np.exp(-(((v - MOUTH_V) / 0.9) ** 2))
    lips = lips * (1 - 0.5 * corner) + 0.5 * corner * (1 - lips) * (np.abs(v - MOUTH_V) < 1.0)
    reach = ramp(np.abs(q), 8.8, 4.0)
    weight: Floats = (lips * (1 - side) + soft * side) * reach
    return weight


def _field(unit: int, q: Floats, v: Floats, head: HeadMesh) -> Floats:
    """Return one unit's displacement, ``(V, 3)`` in cm."""
    side = np.sign(q)
    zero = np.zeros_like(q)
    x, y, z = _upper_face(unit, q, v)
    lower = _lower_face(unit, q, v, head)
    x, y, z = x + lower[0], y + lower[1], z + lower[2]
    return np.stack([side * x + zero, y + zero, z + zero], axis=-1)


Move = tuple[Floats, Floats, Floats]


def _upper_face(unit: int, q: Floats, v: Floats) -> Move:
    none = np.zeros_like(q)
    if unit == 1:
        lift = pair(q, v, 1.5, 2.5, 1.35, 1.6)
        return none, 1.0 * lift, 0.08 * lift
    if unit == 2:
        lift = pair(q, v, 4.6, 2.7, 1.6, 1.6)
        return none, 0.85 * lift, none
    if unit == 4:
        draw = pair(q, v, 1.7, 2.0, 1.5, 1.1)
        whole = pair(q, v, 2.6, 2.0, 2.0, 1.2)
        return -0.45 * draw, -0.3 * draw - 0.55 * whole, 0.22 * bump(q, v, 0.0, 2.0, 1.3, 0.9)
    if unit == 6:
        cheek = pair(q, v, 4.0, -2.3, 1.7, 1.2)
        return 0.12 * cheek, 0.62 * cheek, 0.4 * cheek
    if unit == 9:
        sides = pair(q, v, 1.1, -3.4, 0.8, 1.2)
        bridge = bump(q, v, 0.0, 0.6, 0.9, 0.8)
        brow = pair(q, v, 1.4, 1.9, 1.2, 0.9)
        return 0.1 * sides, 0.66 * sides - 0.3 * brow, 0.15 * sides + 0.15 * bridge
    return none, none, none


def _lower_face(unit: int, q: Floats, v: Floats, head: HeadMesh) -> Move:
    none = np.zeros_like(q)
    corner = pair(q, v, 2.5, MOUTH_V, 1.0, 0.95)
    upper = (head.lip > 0) * bump(q, v, 0.0, MOUTH_V + 0.3, 1.9, 0.9)
    lower = (head.lip < 0) * bump(q, v, 0.0, MOUTH_V - 0.3, 1.9, 1.0)
    if unit == 12:
        cheek = pair(q, v, 3.9, -4.2, 1.5, 1.3)
        sides = np.clip(np.abs(q) / 2.4, 0, 1)
        return 0.85 * corner + 0.12 * cheek, 0.85 * corner * sides + 0.3 * cheek, 0.45 * cheek - 0.35 * corner
    if unit == 14:
        tight = pair(q, v, 2.75, MOUTH_V, 0.6, 0.7)
        return 0.35 * tight, 0.08 * tight, -0.45 * tight
    if unit == 15:
        sides = np.clip((np.abs(q) - 0.6) / 1.8, 0, 1)
        return 0.1 * corner, -0.68 * corner * sides, none
    if unit == 20:
        return 0.75 * corner, -0.18 * corner, -0.3 * corner
    if unit in (18, 22):
        whole = pair(q, v, 1.6, MOUTH_V, 1.5, 1.0)
        ring = bump(q, v, 0.0, MOUTH_V, 1.5, 1.0)
        flare = 0.18 if unit == 22 else 0.0
        return -(0.85 if unit == 18 else 0.5) * whole, flare * (upper - lower), (0.75 if unit == 18 else 0.6) * ring
    return _lip_unit(unit, q, v, upper, lower)


def _lip_unit(unit: int, q: Floats, v: Floats, upper: Floats, lower: Floats) -> Move:
    none = np.zeros_like(q)
    if unit == 9:
        return none, 0.34 * upper, none
    if unit == 10:
        fold = pair(q, v, 1.9, -5.2, 1.0, 1.0)
        return none, 0.66 * upper + 0.25 * fold, 0.15 * fold
    if unit == 17:
        boss = bump(q, v, 0.0, -9.3, 1.7, 1.1)
        return none, 0.48 * lower + 0.15 * upper + 0.5 * boss, 0.3 * lower + 0.1 * boss
    if unit == 25:
        return none, 0.2 * upper - 0.5 * lower, none
    if unit in (23, 24):
        reach = np.clip((v - MOUTH_V) / 0.75, -1, 1)
        roll = upper + lower
        press = 0.4 if unit == 24 else 0.3
        return -(0.3 if unit == 23 else 0.05) * roll * np.abs(q) / 2.5, -press * reach * roll, -0.3 * roll
    return none, none, none


def pose_face(rig: FaceRig, units: Floats, look_up: float = 0.0) -> Floats:
    """Return the skin's vertices under the given intensities.

    Args:
        rig: the head and its fields
        units: intensity of each of ACTION_UNITS in [0, 1], ``(A,)``
        look_up: pitch of the gaze in radians; the upper lids follow it

    Returns:
        positions in cm, ``(V, 3)``
    """
    moved = rig.head.points + np.tensordot(units, rig.fields, axes=1)
    value = dict(zip(ACTION_UNITS, units, strict=True))
    moved = open_jaw(moved, rig.jaw, float(value[26]))
    return _move_lids(rig, moved, value, look_up)


def open_jaw(points: Floats, weight: Floats, amount: float) -> Floats:
    """Turn points about the jaw's hinge by their weight; amount 1 is a wide jaw drop."""
    angle = JAW_ANGLE * amount * weight
    arm = points - JAW_HINGE
    cosine, sine = np.cos(angle), np.sin(angle)
    y = arm[:, 1] * cosine - arm[:, 2] * sine
    z = arm[:, 1] * sine + arm[:, 2] * cosine
    return np.asarray(np.stack([points[:, 0], y, z], axis=-1) + np.array([0.0, 1.0, 1.0]) * JAW_HINGE)


def lid_close(value: dict[int, float], look_up: float) -> tuple[float, float]:
    """Return how far the upper lid comes down and the lower lid up, as parts of the opening."""
    shut = max(value[43], value[45])
    upper = -0.34 * value[5] + 0.20 * value[7] + 0.05 * value[6] + 0.03 * value[12]
    upper -= 0.9 * look_up
    lower = 0.5 * min(look_up, 0.0) + 0.34 * value[7] + 0.24 * value[6] + 0.05 * value[9]
    return upper + (0.86 - upper) * shut, lower + (0.16 - lower) * shut


def _move_lids(rig: FaceRig, points: Floats, value: dict[int, float], look_up: float) -> Floats:
    upper, lower = lid_close(value, look_up)
    drop = np.where(rig.lid > 0, -upper * rig.lid, -lower * rig.lid) * rig.opening
    moved = points.copy()
    moved[:, 1] += drop
    for index, centre in enumerate(rig.head.eyeballs):
        near = np.flatnonzero(rig.head.eye == index)
        arm = moved[near] - centre
        inner = rig.head.eye_scale[near] < 0.95
        radius = EYEBALL_RADIUS + np.where(inner, 0.02, 0.13)
        # the margin and what lies inside it slide on the eyeball; the skin around only keeps out of it
        inside = np.clip(radius**2 - arm[:, 0] ** 2 - arm[:, 1] ** 2, 0.0, None)
        shell = np.sqrt(inside)
        over = np.maximum(arm[:, 2], shell)
        moved[near, 2] = centre[2] + np.where(rig.head.eye_scale[near] < 1.05, shell, over)
    return moved
