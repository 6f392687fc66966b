"""A person who can be posed: head, eyes, mouth, hair and neck that move, shoulders that only breathe."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from erc_core.synthesis import parts as body_parts
from erc_core.synthesis.action_units import ACTION_UNITS, FaceRig, build_rig, open_jaw, pose_face
from erc_core.synthesis.arrays import Floats, Indices
from erc_core.synthesis.atlas import Atlas, paint_atlas, place_uv
from erc_core.synthesis.hair import bun, covered, hair_shell, paint_hair
from erc_core.synthesis.head_mesh import build_head
from erc_core.synthesis.looks import Looks
from erc_core.synthesis.parts import Part
from erc_core.synthesis.skin_paint import skin_uv
from erc_core.synthesis.wardrobe import torso

PIVOT = np.array([0.0, -6.5, -3.0])  # where the head turns on the neck
HAIR_PARTS = ("hair", "bun")
HANGING = ("bob", "long", "curly")
EAR_Y = 1.0
_PLACES = {"left_eye": "eye", "right_eye": "eye", "left_ear": "ear", "right_ear": "ear", "torso": "cloth"}


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
class Assembly:
    """Parts joined to one set of vertices and triangles.

    Args:
        spans: first and last vertex of each part
        triangles: opaque triangles, ``(T, 3)``
        hair: triangles of the hair, ``(H, 3)``
        uv: place of each vertex in the atlas in pixels (or, for hair, in the hair image, from 0 to 1), ``(V, 2)``
        shade: share of the light that reaches each vertex, ``(V,)``
        adjacency: sums triangle normals at their vertices, ``(V, T + H)``
    """

    spans: dict[str, slice]
    triangles: Indices
    hair: Indices
    uv: Floats
    shade: Floats
    adjacency: csr_matrix

    def normals(self, points: Floats) -> Floats:
        """Return unit normals of posed vertices, ``(V, 3)`` to ``(V, 3)``."""
        triangles = np.concatenate([self.triangles, self.hair])
        a, b, c = (points[triangles[:, i]] for i in range(3))
        normals = self.adjacency @ np.cross(b - a, c - a)
        length = np.sqrt(np.einsum("vc,vc->v", normals, normals))
        return np.asarray(normals / np.maximum(length, 1e-9)[:, None])


@dataclass(frozen=True, slots=True)
class Actor:
    """A person ready to be posed.

    Args:
        rig: the facial skin
        atlas: painted surfaces
        hair_image: painted hair with opacity, or nothing for a bald head
        rigid: parts by name, in their resting place
        upper: head, hair and neck
        lower: shoulders and chest
        inside: triangles of the hair, counted from its own first vertex, whose inner side can be seen, ``(I, 3)``
    """

    rig: FaceRig
    atlas: Atlas
    hair_image: Floats | None
    rigid: dict[str, Part]
    upper: Assembly
    lower: Assembly
    inside: Indices


def build_actor(looks: Looks, seed: int) -> Actor:
    """Shape, paint and join one person; the seed decides the fine grain of skin, hair and cloth."""
    rig = build_rig(build_head(looks), looks)
    rigid = _rigid_parts(looks, seed)
    points = {name: part.points for name, part in rigid.items()} | {"head": rig.head.points}
    hidden = covered(rig.head.q, rig.head.v, looks)[rig.head.triangles].all(axis=1)
    shapes = {name: part.triangles for name, part in rigid.items()} | {"head": rig.head.triangles[~hidden]}
    names = ["head", *(name for name in rigid if name != "torso")]
    image = None if looks.hair == "bald" else paint_hair(looks, seed + 3)
    return Actor(
        rig=rig,
        atlas=paint_atlas(looks, seed),
        hair_image=image,
        rigid=rigid,
        upper=_assemble(names, points, shapes, rig, rigid),
        lower=_assemble(["torso"], points, shapes, rig, rigid),
        inside=_inside_of(looks, rigid),
    )


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
        made["bun"] = bun()
    return made


def _assemble(
    names: list[str], points: dict[str, Floats], shapes: dict[str, Indices], rig: FaceRig, rigid: dict[str, Part]
) -> Assembly:
    spans: dict[str, slice] = {}
    start = 0
    for name in names:
        spans[name] = slice(start, start + len(points[name]))
        start = spans[name].stop
    empty = [np.zeros((0, 3), np.int32)]
    opaque = [shapes[name] + spans[name].start for name in names if name not in HAIR_PARTS]
    hair = [shapes[name] + spans[name].start for name in names if name in HAIR_PARTS]
    triangles = np.concatenate(empty + opaque).astype(np.int32)
    hair_triangles = np.concatenate(empty + hair).astype(np.int32)
    uv = np.concatenate([_uv(rig, rigid, name) for name in names]).astype(np.float32)
    shade = [np.ones(len(points[name])) if name == "head" else rigid[name].shade for name in names]
    adjacency = _adjacency(np.concatenate([triangles, hair_triangles]), start)
    return Assembly(spans, triangles, hair_triangles, uv, np.concatenate(shade).astype(np.float32), adjacency)


def _inside_of(looks: Looks, rigid: dict[str, Part]) -> Indices:
    """Return the triangles of the hair that hangs below the ears, seen from within."""
    if looks.hair not in HANGING:
        return np.zeros((0, 3), np.int32)
    shell = rigid["hair"]
    low = shell.points[:, 1] < EAR_Y
    return np.asarray(shell.triangles[low[shell.triangles].all(axis=1)][:, ::-1], np.int32)


def _uv(rig: FaceRig, rigid: dict[str, Part], name: str) -> Floats:
    if name == "head":
        return skin_uv(rig.head.q, rig.head.v)
    if name in HAIR_PARTS:
        return rigid[name].uv
    return place_uv(_PLACES.get(name, name), rigid[name].uv)


def _adjacency(triangles: Indices, vertices: int) -> csr_matrix:
    rows = triangles.ravel()
    columns = np.repeat(np.arange(len(triangles)), 3)
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(vertices, len(triangles)))


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Return a rotation: roll first, then pitch (positive looks up), then yaw (positive to the viewer's right)."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def pose_lower(actor: Actor, body_turn: float, breath: float) -> Floats:
    """Return the shoulders' vertices in cm, ``(V, 3)``."""
    points = actor.rigid["torso"].points + np.array([0.0, 0.35, 0.3]) * breath
    return np.asarray((points - PIVOT) @ rotation(body_turn, 0.0, 0.0).T + PIVOT)


def pose_upper(actor: Actor, pose: Pose) -> Floats:
    """Return the vertices of head, hair and neck in cm, ``(V, 3)``."""
    points = np.empty((len(actor.upper.uv), 3))
    points[actor.upper.spans["head"]] = pose_face(actor.rig, pose.units, pose.gaze[1])
    jaw = float(pose.units[ACTION_UNITS.index(26)])
    for name, span in actor.upper.spans.items():
        if name == "head":
            continue
        own = actor.rigid[name].points
        if name in ("left_eye", "right_eye"):
            centre = actor.rig.head.eyeballs[0 if name == "left_eye" else 1]
            own = own @ rotation(*pose.gaze, 0.0).T + centre
        elif name in ("lower_teeth", "tongue"):
            own = open_jaw(own, np.ones(len(own)), jaw)
        points[span] = own
    weight = _turn_weight(actor)[:, None]
    turned = (points - PIVOT) @ rotation(*pose.turn).T + PIVOT
    points += (turned - points) * weight
    return np.asarray((points - PIVOT) @ rotation(pose.body_turn, 0.0, 0.0).T + PIVOT)


def _turn_weight(actor: Actor) -> Floats:
    """Return how much each vertex follows the head: less down the neck and the hanging hair."""
    weight = np.ones(len(actor.upper.uv))
    spans = actor.upper.spans
    weight[spans["neck"]] = np.clip(1.15 - 1.5 * actor.rigid["neck"].uv[:, 1], 0.0, 1.0)
    if "hair" in spans:
        hang = actor.rigid["hair"].points[:, 1]
        weight[spans["hair"]] = np.clip((hang + 24.0) / 16.0, 0.25, 1.0)
    return weight
