from __future__ import annotations

import numpy as np

from erc_core.media.background import face_mask, without_faces
from erc_core.media.faces import Face, FaceFinder

FACE = Face(x=120, y=80, w=60, h=60, score=1, detector="mediapipe", sharpness=1)


def test_the_face_is_gone_and_the_rest_is_as_it_was(finder: FaceFinder, portrait: np.ndarray) -> None:
    faces = finder.detect(portrait)
    background = without_faces(portrait, faces)
    assert finder.detect(background) == ()
    outside = ~face_mask(portrait.shape, faces)
    np.testing.assert_array_equal(background[outside], portrait[outside])


def test_a_face_before_a_plain_wall_leaves_the_wall() -> None:
    wall = np.full((240, 320, 3), (90, 120, 150), dtype=np.uint8)
    with_face = wall.copy()
    with_face[75:145, 120:180] = 255
    assert np.abs(without_faces(with_face, [FACE]).astype(int) - wall).max() <= 12


def test_a_picture_without_faces_comes_back_as_a_copy() -> None:
    picture = np.zeros((10, 10, 3), dtype=np.uint8)
    background = without_faces(picture, [])
    np.testing.assert_array_equal(background, picture)
    background[0] = 1
    assert picture.max() == 0


def test_a_face_that_fills_the_picture_leaves_grey() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (50, 50, 3), dtype=np.uint8)
    everywhere = Face(-100, -100, 300, 300, 1, "haar", 1)
    assert (without_faces(picture, [everywhere]) == 127).all()


def test_a_face_at_the_edge_is_covered_as_far_as_it_is_seen() -> None:
    mask = face_mask((100, 100), [Face(-20, 40, 40, 40, 1, "haar", 1)])
    assert mask[55, 0]
    assert not mask[55, 60]
