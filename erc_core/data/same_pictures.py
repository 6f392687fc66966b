"""Pictures of one photo, found by their thumbnails: exact copies, other crops' near copies, and mirrored ones.

A part of FER2013's photos is there more than once, often with another compression or brightness, and across splits.
Comparing the pixels finds a third of what comparing thumbnails finds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import FaceImages
from erc_core.errors import ShapeError

THUMBNAIL_SIDE = 12
# Looked at by eye on FER2013: above 0.95 all pairs were one photo, between 0.93 and 0.94 about four in five, below
# 0.9 most were two.
ONE_PHOTO = 0.95
MAYBE_ONE_PHOTO = 0.93
_ROWS_AT_ONCE = 2048


def without_pictures_of(faces: FaceImages, other: FaceImages) -> FaceImages:
    """Return ``faces`` without the pictures that are, exactly or nearly, in ``other`` too."""
    known = {picture.tobytes() for picture in other.images}
    kept = np.array([picture.tobytes() not in known for picture in faces.images], dtype=bool)
    for rows, _ in _similar(faces.images, other.images, MAYBE_ONE_PHOTO):
        kept[rows] = False
    return faces.select(np.flatnonzero(kept))


def photo_groups(faces: FaceImages) -> NDArray[np.intp]:
    """Return a group number for each picture, ``(N,)``: pictures of one photo share theirs.

    Splits and folds have to keep a group together.
    """
    parent = np.arange(len(faces))

    def top(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = int(parent[position])
        return position

    first: dict[bytes, int] = {}
    for position, picture in enumerate(faces.images):
        parent[position] = first.setdefault(picture.tobytes(), position)
    for rows, columns in _similar(faces.images, faces.images, ONE_PHOTO):
        for row, column in zip(rows, columns, strict=True):
            low, high = sorted((top(int(row)), top(int(column))))
            parent[high] = low
    tops = np.array([top(position) for position in range(len(faces))], dtype=np.intp)
    return np.asarray(np.unique(tops, return_inverse=True)[1], dtype=np.intp)


def _similar(
    images: NDArray[np.uint8], others: NDArray[np.uint8], threshold: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Give the positions of pairs whose thumbnails, or one and the other's mirror image, correlate that much."""
    right = _thumbnails(others)
    for left in (_thumbnails(images), _thumbnails(images[:, :, ::-1])):
        for start in range(0, len(left), _ROWS_AT_ONCE):
            rows, columns = np.nonzero(left[start : start + _ROWS_AT_ONCE] @ right.T > threshold)
            yield rows + start, columns


def _thumbnails(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return thumbnails of mean 0 and length 1, ``(N, 144)``; those of plain pictures are 0 and fit nothing."""
    count, height, width = images.shape
    if height % THUMBNAIL_SIDE or width % THUMBNAIL_SIDE:
        raise ShapeError("Pictures have an odd size", got=images.shape[1:], allowed=f"multiples of {THUMBNAIL_SIDE}")
    parts = (count, THUMBNAIL_SIDE, height // THUMBNAIL_SIDE, THUMBNAIL_SIDE, width // THUMBNAIL_SIDE)
    small = images.reshape(parts).mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)
    small -= small.mean(axis=1, keepdims=True)
    length = np.linalg.norm(small, axis=1, keepdims=True)
    # A plain picture's thumbnail is rounding noise: below one grey level there is nothing to compare.
    return np.where(length > THUMBNAIL_SIDE, small / np.maximum(length, 1e-6), 0).astype(np.float32)
