"""How one keyframe of an utterance lies in a row of the visual features: the only way in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.errors import ShapeError
from erc_core.media.action_unit_table import NUMBERS, SPEAKING

EXTRACTOR = "visual-1"
FACE = 48  # side of the face picture, in FER2013's framing
BACKGROUND = 32  # side of the background picture
UNITS = len(NUMBERS)
TELLING = tuple(place for place, number in enumerate(NUMBERS) if number not in SPEAKING)  # units that speech leaves
_SIZES = (FACE * FACE, 1, UNITS, UNITS, BACKGROUND * BACKGROUND * 3, 1)
WIDTH = sum(_SIZES)


@dataclass(frozen=True, slots=True)
class Keyframe:
    """What one frame shows of an utterance.

    Attributes:
        face: the speaker's face, grey, uint8 ``(48, 48)``; None where there is none
        units: intensities of the action units 0 to 5 in the table's order, ``(A,)``; NaN where not measurable
        background: the frame with its faces painted over, RGB, uint8 ``(32, 32, 3)``; None where there is none
    """

    face: NDArray[np.uint8] | None
    units: NDArray[np.floating] | None
    background: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class VisualParts:
    """Visual rows taken apart; leading axes are those of the rows, such as ``(N, K)``.

    Attributes:
        face: grey values 0 to 255, ``(..., 48, 48)``
        has_face: ``(...)``
        units: intensities 0 to 5, zero where not measured, ``(..., A)``
        measured: which units were measured, ``(..., A)``
        background: RGB 0 to 1, ``(..., 3, 32, 32)``
        has_background: ``(...)``
    """

    face: Tensor
    has_face: Tensor
    units: Tensor
    measured: Tensor
    background: Tensor
    has_background: Tensor


def pack_visual(frames: tuple[Keyframe, ...]) -> NDArray[np.float32]:
    """Return keyframes as one row of features, ``(K, W)``.

    Raises:
        ShapeError: there is no keyframe, or a part of one has another shape than the layout's
    """
    if not frames:
        raise ShapeError("A visual row needs at least one keyframe", got=0, do="leave the utterance without a row")
    return np.stack([_pack(frame) for frame in frames])


def _pack(frame: Keyframe) -> NDArray[np.float32]:
    units = np.full(UNITS, np.nan) if frame.units is None else np.asarray(frame.units, dtype=np.float64)
    measured = np.isfinite(units)
    parts: list[NDArray[Any]] = [
        _flat(frame.face, (FACE, FACE)),
        np.array([frame.face is not None]),
        np.where(measured, units, 0.0),
        measured,
        _flat(frame.background, (BACKGROUND, BACKGROUND, 3)) / 255.0,
        np.array([frame.background is not None]),
    ]
    row = np.concatenate([part.astype(np.float32) for part in parts])
    if row.shape != (WIDTH,):
        raise ShapeError("A keyframe has another number of action units", got=units.shape, allowed=(UNITS,))
    return row


def _flat(picture: NDArray[np.uint8] | None, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if picture is None:
        return np.zeros(int(np.prod(shape)), dtype=np.float32)
    if picture.shape != shape:
        raise ShapeError("A picture of a keyframe has another size", got=picture.shape, allowed=shape)
    return picture.astype(np.float32).ravel()


def split_visual(rows: Tensor) -> VisualParts:
    """Take visual rows ``(..., W)`` apart, differentiably.

    Raises:
        ShapeError: the last axis is not the layout's width
    """
    if rows.shape[-1] != WIDTH:
        raise ShapeError("Rows are no visual features", got=rows.shape[-1], allowed=WIDTH)
    face, has_face, units, measured, background, has_background = torch.split(rows, list(_SIZES), -1)
    lead = rows.shape[:-1]
    return VisualParts(
        face.reshape(*lead, FACE, FACE),
        has_face[..., 0] > 0.5,
        units,
        measured > 0.5,
        background.reshape(*lead, BACKGROUND, BACKGROUND, 3).movedim(-1, -3),
        has_background[..., 0] > 0.5,
    )


def visual_parts(row: NDArray[np.floating]) -> VisualParts:
    """Take one utterance's visual row ``(K, W)`` apart; see :func:`split_visual`."""
    return split_visual(torch.from_numpy(np.array(row, dtype=np.float32)))
