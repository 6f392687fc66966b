"""A person who can be posed and drawn: head, eyes, mouth, hair, neck and shoulders as one set of triangles."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from erc_core.synthesis import parts as body_parts
from erc_core.synthesis.action_units import ACTION_UNITS, FaceRig, build_rig, open_jaw, pose_face
from erc_core.synthesis.atlas import Atlas, paint_atlas, place_uv
from erc_core.synthesis.hair import bun, hair_shell, paint_hair
from erc_core.synthesis.head_mesh import build_head
from erc_core.synthesis.head_shape import Floats
from erc_core.synthesis.looks import Looks
from erc_core.synthesis.parts import Part
from erc_core.synthesis.skin_paint import skin_uv
from erc_core.synthesis.wardrobe import torso

PIVOT = np.array([0.0, -6.5, -3.0])  # where the head turns on the neck


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment of a person.

    Args:
        units: intensity of each of ACTION_UNITS in [0, 1], ``(A,)``
        turn: head's yaw (to the viewer's right), pitch (up) and roll (to the viewer's left), radians
        gaze: eyes' yaw and pitch against the head, radians
        body_turn: yaw of the shoulders, radians
        breath: chest lift in [0, 1]
    """

    units: Floats = field(default_factory=lambda: np.zeros(len(ACTION_UNITS)))
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gaze: tuple[float, float] = (0.0, 0.0)
    body_turn: float = 0.0
    breath: float = 0.0


@dataclass(frozen=True, slots=True)
class Actor:
    """A person ready to be posed.

    Args:
        rig: the facial skin
        atlas: painted surfaces
        hair_image: painted hair with opacity, or nothing for a bald head
        rigid: parts by name, in their resting place
        spans: first and last vertex of each part in the joined arrays
        triangles: all opaque triangles, ``(T, 3)``
        hair_triangles: triangles of the hair, ``(H, 3)``
        uv: place of each vertex in the atlas (or, for hair, in the hair image), in pixels, ``(V, 2)``
        shade: share of the light that reaches each vertex, ``(V,)``
        adjacency: sums triangle normals at their vertices, ``(V, T + H)``
    """

    rig: FaceRig
    atlas: Atlas
    hair_image: NDArray[np.float32] | None
    rigid: dict[str, Part]
    spans: dict[str, slice]
    triangles: NDArray[np.intp]
    hair_triangles: NDArray[np.intp]
    uv: NDArray[np.float32]
    shade: NDArray[np.float32]
    adjacency: csr_matrix


def build_actor(looks: Looks, seed: int) -> Actor:
    """Shape, paint and join one person; the seed decides the fine grain of skin, hair and cloth."""
    rig = build_rig(build_head(looks), looks)
    rigid = _rigid_parts(looks, seed)
    hair_names = [name for name in ("hair", "bun") if name in rigid]
    order = ["head", *(name for name in rigid if name not in hair_names), *hair_names]
    spans: dict[str, slice] = {}
    start = 0
    for name in order:
        count = len(rig.head.points) if name == "head" else len(rigid[name].points)
        spans[name] = slice(start, start + count)
        start += count
    opaque = [_shifted(rig, rigid, spans, name) for name in order if name not in hair_names]
    hair = [_shifted(rig, rigid, spans, name) for name in hair_names]
    triangles = np.concatenate(opaque)
    hair_triangles = np.concatenate(hair) if hair else np.zeros((0, 3), np.intp)
    uv = np.concatenate([_uv(rig, rigid, name) for name in order]).astype(np.float32)
    shade = np.concatenate([_shade(rig, rigid, name) for name in order]).astype(np.float32)
    image = paint_hair(looks, seed + 3) if hair else None
    adjacency = _adjacency(np.concatenate([triangles, hair_triangles]), start)
    return Actor(rig, paint_atlas(looks, seed), image, rigid, spans, triangles, hair_triangles, uv, shade, adjacency)


def _rigid_parts(looks: Looks, seed: int) -> dict[str, Part]:
    made = {
        "left_eye": body_parts.eyeball(),
        "right_eye": body_parts.eyeball(),
        "upper_teeth": body_parts.teeth(True),
        "lower_teeth": body_parts.teeth(False),
        "tongue": body_parts.tongue(),
        "hollow": body_parts.mouth_hollow(),
        "left_ear": body_parts.ear(-1, looks),
        "right_ear": body_parts.ear(1, looks),
        "neck": body_parts.neck(looks),
        "torso": torso(looks),
    }
    if looks.hair != "bald":
        made["hair"] = hair_shell(looks, seed)
    if looks.hair == "bun":
        made["bun"] = bun(looks)
    return made


def _shifted(rig: FaceRig, rigid: dict[str, Part], spans: dict[str, slice], name: str) -> NDArray[np.intp]:
    own = rig.head.triangles if name == "head" else rigid[name].triangles
    return own + spans[name].start


def _uv(rig: FaceRig, rigid: dict[str, Part], name: str) -> Floats:
    if name == "head":
        return skin_uv(rig.head.q, rig.head.v)
    if name in ("hair", "bun"):
        return rigid[name].uv
    place = {"left_eye": "eye", "right_eye": "eye", "left_ear": "ear", "right_ear": "ear", "torso": "cloth"}
    return place_uv(place.get(name, name), rigid[name].uv)


def _shade(rig: FaceRig, rigid: dict[str, Part], name: str) -> Floats:
    return np.ones(len(rig.head.points)) if name == "head" else rigid[name].shade


def _adjacency(triangles: NDArray[np.intp], vertices: int) -> csr_matrix:
    rows = triangles.ravel()
    columns = np.repeat(np.arange(len(triangles)), 3)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(vertices, len(triangles)))


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Return a rotation: roll first, then pitch (positive looks up), then yaw (positive to the viewer's right)."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    matrix: Floats = about_y @ about_x @ about_z
    return matrix


def pose_actor(actor: Actor, pose: Pose) -> tuple[Floats, Floats]:
    """Move every vertex of a person.

    Returns:
        positions in cm ``(V, 3)`` and unit normals ``(V, 3)``
    """
    points = np.empty((len(actor.uv), 3))
    points[actor.spans["head"]] = pose_face(actor.rig, pose.units, pose.gaze[1])
    jaw = float(pose.units[ACTION_UNITS.index(26)])
    for name, part in actor.rigid.items():
        own = part.points
        if name in ("left_eye", "right_eye"):
            centre = actor.rig.head.eyeballs[0 if name == "left_eye" else 1]
            own = own @ rotation(*pose.gaze, 0.0).T + centre
        elif name in ("lower_teeth", "tongue"):
            own = open_jaw(own, np.ones(len(own)), jaw)
        points[actor.spans[name]] = own
    _turn_head(actor, points, pose)
    body = actor.spans["torso"]
    points[body, 1] += 0.35 * pose.breath
    points[body, 2] += 0.3 * pose.breath
    points = (points - PIVOT) @ rotation(pose.body_turn, 0.0, 0.0).T + PIVOT
    return points, _normals(actor, points)


def _turn_head(actor: Actor, points: Floats, pose: Pose) -> None:
    matrix = rotation(*pose.turn)
    weight = np.ones(len(points))
    weight[actor.spans["torso"]] = 0.0
    weight[actor.spans["neck"]] = np.clip(1.15 - 1.5 * actor.rigid["neck"].uv[:, 1], 0.0, 1.0)
    if "hair" in actor.spans:
        hang = actor.rigid["hair"].points[:, 1]
        weight[actor.spans["hair"]] = np.clip((hang + 24.0) / 16.0, 0.25, 1.0)
    turned = (points - PIVOT) @ matrix.T + PIVOT
    points += (turned - points) * weight[:, None]


def _normals(actor: Actor, points: Floats) -> Floats:
    triangles = np.concatenate([actor.triangles, actor.hair_triangles])
    a, b, c = (points[triangles[:, i]] for i in range(3))
    normals = actor.adjacency @ np.cross(b - a, c - a)
    length = np.sqrt(np.einsum("vc,vc->v", normals, normals))
    unit: Floats = normals / np.maximum(length, 1e-9)[:, None]
    return unit
