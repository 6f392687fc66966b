from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from erc_core.media.background import background_still
from erc_core.media.face_stills import face_still, still_frame
from erc_core.media.faces import Face, FaceFinder


def test_a_still_shows_the_face_from_brows_to_chin(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    still = face_still(portrait, face)
    assert (still.shape, still.dtype) == ((48, 48), np.uint8)
    left, top, side = still_frame(face)
    assert face.landmarks is not None
    eyes = (face.landmarks[[33, 263], :2].mean(axis=0) - (left, top)) * 48 / side
    # Where the eyes lie on the median photo of FER2013's train split.
    assert eyes == pytest.approx((24, 18.8), abs=2.5)


def test_the_same_face_gives_the_same_still_whatever_its_size(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    large = cv2.resize(portrait, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    (larger,) = finder.detect(large)
    difference = face_still(portrait, face).astype(float) - face_still(large, larger)
    assert np.abs(difference).mean() < 6


def test_a_still_is_an_average_and_no_pick_of_pixels() -> None:
    stripes = np.zeros((480, 480, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    face = Face(60, 60, 360, 360, 1.0, "haar", 0.0)
    assert np.abs(face_still(stripes, face).astype(float) - 100).max() < 12


def test_a_face_at_the_edge_is_filled_with_the_last_pixels() -> None:
    picture = np.full((100, 100, 3), 60, dtype=np.uint8)
    assert (face_still(picture, Face(-30, -30, 60, 60, 1.0, "mediapipe", 0.0)) == 60).all()


def test_mesh_box_and_cascade_frame_a_face_alike(finder: FaceFinder, portrait: np.ndarray) -> None:
    (face,) = finder.detect(portrait)
    by_mesh = still_frame(face)
    by_box = still_frame(replace(face, landmarks=None))
    assert np.subtract(by_mesh, by_box) == pytest.approx(0, abs=0.15 * by_mesh[2])


def test_a_background_still_has_no_face(finder: FaceFinder, portrait: np.ndarray) -> None:
    picture = np.zeros((300, 300, 3), dtype=np.uint8)
    picture[..., 2] = 180
    cut = portrait[40:220, 140:320]
    picture[60:240, 60:240] = cut
    (face,) = finder.detect(picture)
    still = background_still(picture, (face,))
    assert still.shape == (32, 32, 3)
    assert np.array_equal(still[0], np.broadcast_to([0, 0, 180], (32, 3)))
