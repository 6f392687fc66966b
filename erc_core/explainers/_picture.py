"""What can be removed from the pictures that a model reads: face regions, action units, parts of the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.explainers import _face_regions as face
from erc_core.explainers._predict import Variant
from erc_core.explainers._space import Mask, Space
from erc_core.explainers.base import Case, FacePlace
from erc_core.explanation import Attribution, Point, Region
from erc_core.features.visual_layout import BACKGROUND, EXTRACTOR, FACE, UNITS
from erc_core.media.action_unit_table import UNITS as TABLE
from erc_core.models.base import ModelCard, PicturePart
from erc_core.types import Features

FaceFill = Literal["inpaint", "blur", "mean"]
FACE_FILLS: dict[FaceFill, str] = {
    "inpaint": "a removed region is painted over from what surrounds it",
    "blur": "a removed region is blurred until no feature is left",
    "mean": "a removed region takes the face's mean grey",
}
BLUR = 6.0  # pixels of the face picture
NEEDS: dict[PicturePart, str] = {
    "face": "reads action units, not the picture of the face: see the action units instead",
    "action_units": "reads face pictures, not action units: see the face regions instead",
    "background": "reads faces alone, not what is behind them",
}
# Columns of a packed visual row; see erc_core/features/visual_layout.py.
_FACE = slice(0, FACE * FACE)
_HAS_FACE = FACE * FACE
_UNITS = slice(_HAS_FACE + 1, _HAS_FACE + 1 + UNITS)
_MEASURED = slice(_UNITS.stop, _UNITS.stop + UNITS)
_BACKGROUND = slice(_MEASURED.stop, _MEASURED.stop + 3 * BACKGROUND * BACKGROUND)
_HAS_BACKGROUND = _BACKGROUND.stop
# Which region of the face shows an action unit.
_SHOWING: tuple[tuple[face.Name, tuple[int, ...]], ...] = (
    ("brows", (1, 2, 4)),
    ("eyes", (5, 7, 45)),
    ("cheeks", (6,)),
    ("nose", (9,)),
    ("jaw", (17, 26)),
    ("mouth", (10, 12, 14, 15, 20, 23, 24, 25, 28)),
)
SHOWN: dict[int, face.Name] = {number: name for name, numbers in _SHOWING for number in numbers}


def unread_picture(model: ModelCard, features: Sequence[Features], part: PicturePart) -> str | None:
    """Return None, or why a part of the picture cannot be changed for a model."""
    if "v" not in model.modalities:
        return f"{model.title} reads no pictures."
    if part not in model.picture:
        return f"{model.title} {NEEDS[part]}."
    pictures = next((f for f in features if f.modality == "v"), None)
    if pictures is not None and pictures.extractor not in ("", EXTRACTOR):
        return f"The pictures of this dialogue are known only as vectors ({pictures.extractor})."
    return None


def visual_row(case: Case) -> NDArray[np.float32]:
    """Return the explained utterance's keyframes, ``(K, W)``.

    Raises:
        UnsupportedError: it has none
    """
    row = case.row("v")
    if row is None:
        raise UnsupportedError("This utterance has no picture", do="choose another utterance or method")
    return np.asarray(row, dtype=np.float32)


def with_faces(case: Case) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    """Return the keyframes and which of them show the speaker's face.

    Raises:
        UnsupportedError: none does
    """
    row = visual_row(case)
    seen = tuple(int(k) for k in np.flatnonzero(row[:, _HAS_FACE] > 0.5))
    if not seen:
        raise UnsupportedError("No keyframe of this utterance shows the speaker's face", do="choose another utterance")
    return row, seen


def place_of(case: Case, keyframe: int) -> FacePlace | None:
    """Return where a keyframe's face lies in its frame, None where that is not known."""
    return case.places[keyframe] if keyframe < len(case.places) else None


def face_pictures(row: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the face pictures of keyframes ``(K, W)``, grey 0 to 255, ``(K, 48, 48)``."""
    return row[:, _FACE].reshape(-1, FACE, FACE).astype(np.float64)


class FaceSpace(Space):
    """Brows, eyes, nose, cheeks, mouth and jaw of the speaker, on all keyframes at once.

    Args:
        case: what is explained
        fill: what stands in place of a removed region

    Attributes:
        seen: which keyframes show the face
        masks: for each of these, the pixels of every region

    Raises:
        UnsupportedError: no keyframe shows the face
    """

    def __init__(self, case: Case, fill: FaceFill = "inpaint") -> None:
        self.row, self.seen = with_faces(case)
        self._position, self.baseline = case.position, FACE_FILLS[fill]
        places = tuple(place_of(case, k) for k in self.seen)
        pictures = face_pictures(self.row)
        # For each keyframe and region, its pixels and what they become.
        self.masks = [face.masks(place) for place in places]
        self._filled = [
            {name: _filled(pictures[k], mask, fill) for name, mask in masks.items()}
            for k, masks in zip(self.seen, self.masks, strict=True)
        ]
        self.units = tuple(
            Attribution("face_region", name, 0.0, case.utterance.id, "v", None, None, face.regions(name, places))
            for name in face.NAMES
        )

    def variant(self, kept: Mask) -> Variant:
        """Return the version in which only the regions of ``kept`` ``(U,)`` are seen."""
        row = self.row.copy()
        for index, k in enumerate(self.seen):
            picture = row[k, _FACE].reshape(FACE, FACE)
            for name, stays in zip(face.NAMES, kept, strict=True):
                if not stays:
                    mask = self.masks[index][name]
                    picture[mask] = self._filled[index][name][mask]
        return Variant({(self._position, "v"): row})


def _filled(picture: NDArray[np.float64], mask: NDArray[np.bool_], fill: FaceFill) -> NDArray[np.float64]:
    if fill == "inpaint":
        return face.inpainted(picture, mask)
    if fill == "mean":
        return np.full_like(picture, picture.mean())
    from scipy.ndimage import gaussian_filter

    blurred: NDArray[np.float64] = gaussian_filter(picture, BLUR)
    return blurred


class ActionUnitSpace(Space):
    """The action units that were measured on the speaker's face; a removed one is at its neutral, zero.

    Args:
        case: what is explained

    Raises:
        UnsupportedError: none was measured
    """

    baseline = "a removed action unit is at its neutral (intensity 0) on every keyframe"

    def __init__(self, case: Case) -> None:
        self._row, self._seen = with_faces(case)
        self._position = case.position
        measured = self._row[list(self._seen), _MEASURED].max(axis=0) > 0.5
        self._which = np.flatnonzero(measured)
        if not len(self._which):
            raise UnsupportedError("No action unit could be measured on this face", do="see the face regions instead")
        places = tuple(place_of(case, k) for k in self._seen)
        self.units = tuple(
            Attribution(
                "action_unit",
                f"AU {TABLE[index].number} {TABLE[index].name}",
                0.0,
                case.utterance.id,
                "v",
                None,
                None,
                face.regions(SHOWN[TABLE[index].number], places),
            )
            for index in self._which
        )

    def variant(self, kept: Mask) -> Variant:
        """Return the version in which only the action units of ``kept`` ``(U,)`` are at work."""
        row = self._row.copy()
        row[:, _UNITS.start + self._which[~kept]] = 0.0
        return Variant({(self._position, "v"): row})


class BackgroundSpace(Space):
    """Superpixels of what is behind the speaker, the same on all keyframes.

    Args:
        case: what is explained
        segments: about how many

    Raises:
        UnsupportedError: no keyframe has a background
    """

    baseline = "a removed region takes the mean colour of the background"

    def __init__(self, case: Case, segments: int = 12) -> None:
        from skimage.segmentation import slic

        self._row, self._position = visual_row(case), case.position
        self._seen = np.flatnonzero(self._row[:, _HAS_BACKGROUND] > 0.5)
        if not len(self._seen):
            raise UnsupportedError("No keyframe of this utterance has a background", do="choose another utterance")
        self._pictures = self._row[self._seen][:, _BACKGROUND].reshape(-1, BACKGROUND, BACKGROUND, 3)
        scene = self._pictures.mean(axis=0)
        self._labels = slic(scene, n_segments=segments, compactness=5.0, start_label=0)
        self._mean = self._pictures.mean(axis=(1, 2), keepdims=True)
        times = [place.time_s for k in self._seen if (place := place_of(case, int(k))) is not None]
        count = int(self._labels.max()) + 1
        self.units = tuple(
            Attribution(
                "image_region",
                name,
                0.0,
                case.utterance.id,
                "v",
                None,
                None,
                _outline(self._labels == label, times[0] if times else None),
            )
            for label, name in enumerate(_names([_where(self._labels == label) for label in range(count)]))
        )

    def variant(self, kept: Mask) -> Variant:
        """Return the version in which only the regions of ``kept`` ``(U,)`` are seen."""
        row = self._row.copy()
        gone = ~kept[self._labels]
        pictures = np.where(gone[None, :, :, None], self._mean, self._pictures)
        row[self._seen, _BACKGROUND] = pictures.reshape(len(self._seen), -1)
        return Variant({(self._position, "v"): row})


class FacesAgainstBackground(Space):
    """Two units: the speaker's faces, and what is behind them.

    Raises:
        UnsupportedError: the utterance has no picture
    """

    baseline = "removed faces, or the removed background, are absent from every keyframe"

    def __init__(self, case: Case) -> None:
        self._row, self._position = visual_row(case), case.position
        places = [place for k in range(len(self._row)) if (place := place_of(case, k)) is not None]
        square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
        whole = Region(tuple(Point(float(x), float(y)) for x, y in square), "frame")
        faces = tuple(face.region(square, place) for place in places) or (face.region(square, None),)
        self.units = (
            Attribution("image_region", "faces", 0.0, case.utterance.id, "v", None, None, faces),
            Attribution("image_region", "background", 0.0, case.utterance.id, "v", None, None, (whole,)),
        )

    def variant(self, kept: Mask) -> Variant:
        """Return the version with faces, background, both or neither."""
        row = self._row.copy()
        if not kept[0]:
            row[:, _FACE], row[:, _HAS_FACE], row[:, _UNITS], row[:, _MEASURED] = 0.0, 0.0, 0.0, 0.0
        if not kept[1]:
            row[:, _BACKGROUND], row[:, _HAS_BACKGROUND] = 0.0, 0.0
        return Variant({(self._position, "v"): row if kept.any() else None})


def _names(places: Sequence[str]) -> list[str]:
    """Return a name a region of the background by its place; regions of one place are counted from the second on."""
    before = [places[:index].count(place) + 1 for index, place in enumerate(places)]
    return [
        f"background {place} {number}" if number > 1 else f"background {place}"
        for place, number in zip(places, before, strict=True)
    ]


def _where(mask: NDArray[np.bool_]) -> str:
    """Name a region by where its middle lies."""
    y, x = (axis.mean() / BACKGROUND for axis in np.nonzero(mask))
    rows = "top" if y < 1 / 3 else "middle" if y < 2 / 3 else "bottom"
    columns = "left" if x < 1 / 3 else "centre" if x < 2 / 3 else "right"
    return f"{rows} {columns}"


def _outline(mask: NDArray[np.bool_], time_s: float | None) -> tuple[Region, ...]:
    """Return the outlines of a region of the background, which shows the whole frame."""
    from skimage.measure import approximate_polygon, find_contours

    found = []
    for contour in find_contours(np.pad(mask, 1).astype(float), 0.5):
        points = approximate_polygon(contour, 0.5)[:-1]
        if len(points) >= 3:
            places = np.clip((points - 0.5) / BACKGROUND, 0, 1)
            found.append(Region(tuple(Point(float(x), float(y)) for y, x in places), "frame", time_s))
    return tuple(found)
