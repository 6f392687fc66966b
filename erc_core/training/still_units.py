"""Action units of a face corpus's stills, measured once and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import FaceImages
from erc_core.media.action_unit_table import NUMBERS
from erc_core.media.action_units import measure_face, track_units
from erc_core.media.faces import FaceFinder
from erc_core.media.stills import BORDER, SIDE, enlarged
from erc_core.types import Progress, silent

SAVE_EVERY = 500


def still_units(faces: FaceImages, finder: FaceFinder, cache: Path, progress: Progress = silent) -> NDArray[np.float32]:
    """Return the intensities of each still's action units, ``(N, A)``; NaN where not measurable.

    Args:
        faces: grey stills
        finder: reads the meshes of the enlarged stills
        cache: an ``.npz`` that keeps intensities by the stills' names; a stopped measurement goes on from it
        progress: told how many are done
    """
    known: dict[str, NDArray[np.float32]] = {}
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as kept:
            known = dict(zip(kept["names"].tolist(), kept["units"], strict=True))
    fresh = 0
    for place, (image, name) in enumerate(zip(faces.images, faces.names, strict=True)):
        if name in known:
            continue
        known[name] = units_of_still(image, finder)
        fresh += 1
        if fresh % SAVE_EVERY == 0:
            _save(cache, known)
            progress("action units", (place + 1) / len(faces))
    if fresh:
        _save(cache, known)
    return np.stack([known[name] for name in faces.names])


def units_of_still(image: NDArray[np.uint8], finder: FaceFinder) -> NDArray[np.float32]:
    """Return the intensities of the action units of a grey still ``(48, 48)``, ``(A,)``; NaN where not measurable."""
    picture = enlarged(image)
    face = finder.mesh_in(picture, (BORDER, BORDER, SIDE, SIDE))
    if face is None:
        return np.full(len(NUMBERS), np.nan, dtype=np.float32)
    (units,) = track_units([measure_face(picture, face)])
    known = [units.intensity(number) for number in NUMBERS]
    return np.array([np.nan if value is None else value for value in known], dtype=np.float32)


def _save(cache: Path, known: dict[str, NDArray[np.float32]]) -> None:
    """Write so that a kill at any moment leaves the old or the new file."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    draft = cache.with_suffix(".draft.npz")
    np.savez(draft, names=np.array(list(known)), units=np.stack(list(known.values())))
    draft.replace(cache)
