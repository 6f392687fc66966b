"""Where brows, eyes, nose, mouth, cheeks and jaw lie on a face picture, and what would be there without them.

Places are shares of the picture's side; masks are ``(48, 48)``.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers.base import FacePlace
from erc_core.explanation import Point, Region
from erc_core.features.visual_layout import FACE

Name = Literal["mouth", "eyes", "brows", "nose", "cheeks", "jaw"]
# In this order: where two outlines overlap, a pixel belongs to the first.
NAMES: tuple[Name, ...] = get_args(Name)
Outline = NDArray[np.float64]
# Landmarks of MediaPipe's mesh whose hull is the region; one list for each of its parts.
LANDMARKS: dict[Name, tuple[tuple[int, ...], ...]] = {
    "mouth": ((61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146),),
    "eyes": (
        (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 226, 27, 23, 243),
        (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 446, 257, 253, 463),
    ),
    "brows": ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)),
    "nose": ((168, 122, 351, 6, 48, 64, 98, 97, 2, 326, 327, 294, 278),),
    "cheeks": ((117, 118, 101, 36, 206, 207, 187, 123, 50), (346, 347, 330, 266, 426, 427, 411, 352, 280)),
    "jaw": (
        (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 43, 106, 182, 83, 18, 313, 406, 335, 273),
    ),
}
# Where they lie on a picture framed as FER2013's, for faces without landmarks: left, top, right, bottom of each part.
FIXED: dict[Name, tuple[tuple[float, float, float, float], ...]] = {
    "mouth": ((0.28, 0.70, 0.72, 0.86),),
    "eyes": ((0.14, 0.32, 0.44, 0.44), (0.56, 0.32, 0.86, 0.44)),
    "brows": ((0.10, 0.20, 0.45, 0.31), (0.55, 0.20, 0.90, 0.31)),
    "nose": ((0.38, 0.40, 0.62, 0.68),),
    "cheeks": ((0.08, 0.46, 0.36, 0.70), (0.64, 0.46, 0.92, 0.70)),
    "jaw": ((0.22, 0.87, 0.78, 1.0),),
}


def outlines(name: Name, place: FacePlace | None) -> tuple[Outline, ...]:
    """Return the outlines of a region on the face picture, each ``(P, 2)`` as x and y."""
    from scipy.spatial import ConvexHull

    if place is None or place.landmarks is None:
        corners = [np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) for x0, y0, x1, y1 in FIXED[name]]
        return tuple(corners)
    points = np.asarray(place.landmarks, dtype=np.float64)
    found = []
    for indices in LANDMARKS[name]:
        part = points[list(indices)]
        found.append(part[ConvexHull(part).vertices])
    return tuple(found)


def masks(place: FacePlace | None) -> dict[Name, NDArray[np.bool_]]:
    """Return which pixels of the face picture belong to each region; no pixel belongs to two."""
    from skimage.draw import polygon2mask

    taken = np.zeros((FACE, FACE), dtype=bool)
    found: dict[Name, NDArray[np.bool_]] = {}
    for name in NAMES:
        mask = np.zeros((FACE, FACE), dtype=bool)
        for outline in outlines(name, place):
            mask |= polygon2mask((FACE, FACE), outline[:, ::-1] * FACE - 0.5)
        found[name] = mask & ~taken
        taken |= mask
    return found


def region(outline: Outline, place: FacePlace | None) -> Region:
    """Return an outline on the face picture as a region of the frame, or of the picture where its place is unknown."""
    if place is None:
        return Region(tuple(Point(float(x), float(y)) for x, y in outline), "face")
    points = tuple(Point(float(place.left + x * place.width), float(place.top + y * place.height)) for x, y in outline)
    return Region(points, "frame", place.time_s)


def regions(name: Name, places: tuple[FacePlace | None, ...]) -> tuple[Region, ...]:
    """Return a region's outlines on every keyframe."""
    return tuple(region(outline, place) for place in places for outline in outlines(name, place))


def inpainted(picture: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a picture ``(H, W)`` whose masked pixels are drawn smoothly from those around them.

    Source:
        Harmonic inpainting: the solution of Laplace's equation with the surrounding pixels as its boundary.
    """
    if not mask.any() or mask.all():
        return np.where(mask, picture.mean(), picture)
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    H, W = picture.shape
    number = np.full((H, W), -1)
    number[mask] = np.arange(mask.sum())
    y, x = np.nonzero(mask)
    row = np.arange(len(y))
    rows, columns, entries = [], [], []
    right, degree = np.zeros(len(y)), np.zeros(len(y))
    for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ny, nx = y + dy, x + dx
        inside = (ny >= 0) & (ny < H) & (nx >= 0) & (nx < W)
        degree += inside
        known = inside.copy()
        known[inside] = ~mask[ny[inside], nx[inside]]
        right[known] += picture[ny[known], nx[known]]
        unknown = inside & ~known
        rows.append(row[unknown])
        columns.append(number[ny[unknown], nx[unknown]])
        entries.append(np.full(int(unknown.sum()), -1.0))
    rows, columns, entries = [*rows, row], [*columns, row], [*entries, degree]
    matrix = coo_matrix((np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns)))).tocsr()
    result = picture.astype(np.float64).copy()
    result[mask] = spsolve(matrix, right)
    return result
