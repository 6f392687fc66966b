"""Faces are kept small, where they were seen, and named by whoever speaks with them."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core.media.face_log import POINTS, SPAN, FaceRecord, names_of_tracks, packed_points
from erc_core.media.face_survey import Look, TrackedFace
from erc_core.media.faces import Face
from erc_core.media.pictures import Frame


def look(slot: int, *tracks: int, meshed: bool = True) -> Look:
    mesh = np.zeros((468, 3), dtype=np.float32)
    mesh[:, 0], mesh[:, 1] = 100, 50
    faces = tuple(
        TrackedFace(track, Face(80, 40, 40, 20, 0.9, "mediapipe", 10.0, mesh if meshed else None)) for track in tracks
    )
    return Look(slot, Frame(slot * 0.08, np.zeros((100, 200, 3), dtype=np.uint8)), faces, searched=slot % 5 == 0)


def test_a_face_is_kept_as_fractions_of_the_picture() -> None:
    record = FaceRecord()
    record.add(look(0, 1, 2))
    log = record.log()
    assert log.tracks.tolist() == [1, 2]
    np.testing.assert_allclose(log.boxes[0], [0.4, 0.4, 0.2, 0.2])
    assert log.points.shape == (2, len(POINTS), 2)
    assert log.meshed.all()


def test_every_second_look_is_kept_and_every_search() -> None:
    record = FaceRecord()
    for slot in range(7):
        record.add(look(slot, 1))
    np.testing.assert_allclose(record.log().times_s, [0, 0.16, 0.32, 0.4, 0.48], atol=1e-6)


def test_packed_points_come_back_within_half_a_step() -> None:
    box = np.array([0.4, 0.4, 0.2, 0.3])
    points = np.random.default_rng(0).uniform([0.35, 0.35], [0.65, 0.75], size=(50, 2))
    steps = packed_points(points, box)
    corner = box[:2] + box[2:] / 2 - SPAN / 2 * box[2:]
    np.testing.assert_allclose(corner + steps / 255 * SPAN * box[2:], points, atol=SPAN * 0.3 / 255)


def test_a_clip_without_faces_has_an_empty_log() -> None:
    log = FaceRecord().log()
    assert log.boxes.shape == (0, 4)
    assert log.points.shape == (0, len(POINTS), 2)


def test_a_face_without_landmarks_says_so() -> None:
    record = FaceRecord()
    record.add(look(0, 1, meshed=False))
    assert record.log().meshed.tolist() == [False]


@pytest.mark.parametrize(
    ("tracks", "names"), [([1, 1, 2], {1: "Ada", 2: "Ben"}), ([None, None, 3], {3: "Ben"}), ([], {})]
)
def test_a_track_is_named_after_who_speaks_with_it_most(tracks: list[int | None], names: dict[int, str]) -> None:
    assert names_of_tracks(tracks, ["Ada", "Ada", "Ben"][: len(tracks)]) == names
