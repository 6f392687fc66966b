from __future__ import annotations

import numpy as np
import pytest

from erc_core.data.base import FaceImages
from erc_core.data.same_pictures import photo_groups, without_pictures_of
from erc_core.errors import ShapeError


def smooth_pictures(count: int, seed: int) -> np.ndarray:
    """Pictures that differ in their coarse parts, as photos do, ``(N, 48, 48)``."""
    coarse = np.random.default_rng(seed).uniform(30, 200, (count, 12, 12))
    return np.kron(coarse, np.ones((1, 4, 4))).astype(np.uint8)


def faces(images: np.ndarray) -> FaceImages:
    names = tuple(f"picture {index}" for index in range(len(images)))
    return FaceImages(images, ("joy",) * len(images), names)


def altered(picture: np.ndarray) -> list[np.ndarray]:
    """The same photo as it is, brighter, grainy, and mirrored."""
    grain = np.random.default_rng(3).normal(0, 6, picture.shape)
    brighter = np.clip(picture * 1.1 + 8, 0, 255)
    return [picture, brighter.astype(np.uint8), np.clip(picture + grain, 0, 255).astype(np.uint8), picture[:, ::-1]]


def test_copies_of_a_known_photo_are_removed_and_others_kept() -> None:
    known = smooth_pictures(5, 1)
    others = smooth_pictures(40, 2)
    mixed = np.stack([*altered(known[2]), *others])
    kept = without_pictures_of(faces(mixed), faces(known))
    assert kept.names == tuple(f"picture {index}" for index in range(4, 44))
    assert np.array_equal(kept.images, others)


def test_pictures_of_one_photo_share_a_group() -> None:
    own = smooth_pictures(3, 4)
    groups = photo_groups(faces(np.stack([own[0], *altered(own[1]), own[2]])))
    assert groups.tolist() == [0, 1, 1, 1, 1, 2]


def test_plain_pictures_are_only_like_their_exact_copies() -> None:
    plain = np.stack([np.full((48, 48), grey, np.uint8) for grey in (10, 10, 200)])
    assert photo_groups(faces(plain)).tolist() == [0, 0, 1]
    assert len(without_pictures_of(faces(plain), faces(plain[2:]))) == 2


def test_sizes_that_cannot_be_divided_are_refused() -> None:
    with pytest.raises(ShapeError, match="multiples of 12"):
        photo_groups(faces(np.zeros((2, 50, 50), np.uint8)))
