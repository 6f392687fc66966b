"""From attributions to face pixels to regions and maps, checked by removing the regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from erc_core.explainers._curves import check_order
from erc_core.explainers._face_regions import NAMES
from erc_core.explainers._picture import FaceSpace, place_of
from erc_core.explainers._trust import verdict
from erc_core.explainers.base import Case, Finding
from erc_core.explanation import Fidelity, Map, Scale
from erc_core.types import Progress, frozen_array


def finding_of_pixels(
    case: Case,
    space: FaceSpace,
    pixels: NDArray[np.float64],
    name: str,
    scale: Scale,
    measured: Sequence[Fidelity],
    progress: Progress,
) -> Finding:
    """Sum pixels over the regions, and check the regions' order.

    Args:
        case: what is explained
        space: the regions
        pixels: attributions to the keyframes that show the face, ``(K, 48, 48)``
        name: of the maps
        scale: of the target's value
        measured: what the method itself knows of its fidelity
        progress: told between batches
    """
    weights = np.array(
        [sum(float(p[masks[region]].sum()) for p, masks in zip(pixels, space.masks, strict=True)) for region in NAMES]
    )
    rest = float(pixels.sum() - weights.sum())
    checked = check_order(case, space, weights, scale, progress)
    fidelity = (*measured, *checked.fidelity)
    maps = []
    for k, picture in zip(space.seen, pixels, strict=True):
        place = place_of(case, k)
        time_s = None if place is None else place.time_s
        maps.append(Map(name, frozen_array(picture), "pixel row", "pixel column", case.utterance.id, "v", time_s))
    note = f"Pixels outside of the named regions, such as forehead, hair and what is behind, add {rest:+.3f}."
    return Finding(
        space.weighted(weights),
        fidelity,
        space.baseline,
        verdict(fidelity),
        curves=checked.curves,
        maps=tuple(maps),
        notes=(note,),
    )
