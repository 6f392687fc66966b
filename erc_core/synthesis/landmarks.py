"""Named points and the box of a drawn face."""

from __future__ import annotations

import numpy as np

from erc_core.synthesis.arrays import Floats, Indices
from erc_core.synthesis.head_mesh import EYE_HALF_WIDTH, EYE_LOW, EYE_UP, HeadMesh
from erc_core.synthesis.head_shape import EYE_Q, MOUTH_V

_HALF: dict[str, tuple[float, float]] = {  # surface coordinates on the viewer's right; left ones have -q
    "eye_inner": (EYE_Q - EYE_HALF_WIDTH, 0.0),
    "eye_outer": (EYE_Q + EYE_HALF_WIDTH, 0.15),
    "eye_upper_lid": (EYE_Q, EYE_UP),
    "eye_lower_lid": (EYE_Q, -EYE_LOW),
    "brow_inner": (1.3, 2.0),
    "brow_middle": (3.2, 2.6),
    "brow_outer": (5.1, 2.1),
    "mouth_corner": (2.35, MOUTH_V),
}
_MIDDLE: dict[str, tuple[float, float]] = {
    "nose_tip": (0.0, -3.9),
    "nose_base": (0.0, -5.0),
    "upper_lip_top": (0.0, MOUTH_V + 0.68),
    "upper_lip_margin": (0.0, MOUTH_V + 0.16),
    "lower_lip_margin": (0.0, MOUTH_V - 0.16),
    "lower_lip_bottom": (0.0, MOUTH_V - 0.84),
    "chin": (0.0, -10.9),
}
PLACES: dict[str, tuple[float, float]] = {
    **{f"left_{name}": (-q, v) for name, (q, v) in _HALF.items()},
    **{f"right_{name}": place for name, place in _HALF.items()},
    **_MIDDLE,
}
LANDMARK_NAMES = tuple(PLACES)


def landmark_vertices(head: HeadMesh) -> Indices:
    """Return the vertex of each landmark, ``(L,)``; left and right are the viewer's."""
    wanted = np.array(list(PLACES.values()))
    distance = np.hypot(head.q[None, :] - wanted[:, :1], head.v[None, :] - wanted[:, 1:])
    return np.asarray(distance.argmin(axis=1))


def face_vertices(head: HeadMesh) -> Indices:
    """Return the vertices from above the brows to the chin and from temple to temple."""
    return np.flatnonzero((np.abs(head.q) < 8.0) & (head.v < 3.2) & (head.v > -11.2))


def box_of(screen: Floats) -> Floats:
    """Return left, top, width and height of points, ``(N, 2)`` to ``(4,)``."""
    low, high = screen[:, :2].min(axis=0), screen[:, :2].max(axis=0)
    return np.concatenate([low, high - low]).astype(np.float32)
