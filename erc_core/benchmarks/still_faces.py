"""Meshes and measures of grey stills such as FER2013's, enlarged, for fitting and measuring action units."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import FaceImages
from erc_core.media.faces import FaceFinder
from erc_core.media.stills import BORDER, SIDE, enlarged


def read_meshes(
    faces: FaceImages, finder: FaceFinder, cache: Path | None = None, report: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """Return the mesh of each still, NaN where none is seen.

    Args:
        faces: the stills
        finder: reads the meshes
        cache: an ``.npz`` that keeps meshes by the stills' names from one run to the next
        report: called with the number of stills done

    Returns:
        ``(N, 468, 3)`` in pixels of the enlarged stills
    """
    known: dict[str, NDArray[np.float32]] = {}
    if cache is not None and cache.is_file():
        with np.load(cache, allow_pickle=False) as kept:
            known = dict(zip(kept["names"].tolist(), kept["meshes"], strict=True))
    meshes = np.full((len(faces), 468, 3), np.nan, dtype=np.float32)
    for place, (image, name) in enumerate(zip(faces.images, faces.names, strict=True)):
        if name not in known:
            face = finder.mesh_in(enlarged(image), (BORDER, BORDER, SIDE, SIDE))
            known[name] = np.full((468, 3), np.nan, dtype=np.float32)
            if face is not None and face.landmarks is not None:
                known[name] = face.landmarks
        meshes[place] = known[name]
        if report is not None:
            report(place + 1)
    if cache is not None:
        np.savez(cache, names=np.array(list(known)), meshes=np.stack(list(known.values())))
    return meshes
