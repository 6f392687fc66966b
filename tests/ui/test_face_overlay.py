"""The stage gets the faces that were measured, and draws nothing where nobody has looked."""

from __future__ import annotations

import base64
import json

import numpy as np

from erc_core.clip_faces import ClipFaces, FaceName
from erc_core.media.face_log import PARTS, POINTS, SPAN, FaceLog
from erc_core.stage_data import MOST_MESHES, FaceRegion, StageFaces, StageMedia, stage_data
from erc_core.store.codec import decode, encode
from tests.ui.sample_analysis import sample_analysis

NO_SOUND = np.zeros((0, 2), dtype=np.float32)


def log_of(times: np.ndarray) -> FaceLog:
    count = len(times)
    return FaceLog(
        times.astype(np.float32),
        np.ones(count, dtype=np.int32),
        np.full((count, 4), 0.25, dtype=np.float32),
        np.full((count, len(POINTS), 2), 7, dtype=np.uint8),
        np.ones(count, dtype=np.bool_),
    )


def faces_of(times: np.ndarray) -> StageFaces:
    log = log_of(times)
    parts = {part: len(points) for part, points in PARTS.items()}
    return StageFaces(log.times_s, log.tracks, log.boxes, log.points, log.meshed, {1: "Mara"}, parts, SPAN)


def told(faces: StageFaces | None, regions: tuple[FaceRegion, ...] = ()) -> dict:
    return stage_data(sample_analysis(), StageMedia(), NO_SOUND, "u1", "light", faces, regions)


def test_without_a_look_at_the_clip_there_are_no_faces() -> None:
    assert told(None)["faces"] is None


def test_a_face_comes_with_its_name_its_box_and_its_landmarks() -> None:
    value = told(faces_of(np.array([0.0, 0.16])))["faces"]
    assert json.loads(json.dumps(value)) == value
    assert value["names"] == {"1": "Mara"}
    time_s, [(track, *box, mesh)] = value["looks"][1]
    assert (time_s, track, box) == (0.16, 1, [0.25] * 4)
    assert base64.b64decode(mesh) == bytes([7] * 2 * len(POINTS))
    assert sum(count for _, count in value["parts"]) == len(POINTS)


def test_a_long_clip_sends_fewer_looks_and_no_landmarks() -> None:
    value = told(faces_of(np.arange(13_000) * 0.16))["faces"]
    assert MOST_MESHES < len(value["looks"]) <= 6000
    assert all(not mesh for _, found in value["looks"] for *_, mesh in found)


def test_regions_of_an_explanation_reach_the_stage() -> None:
    value = told(None, (FaceRegion("u2", "lips", "AU12", 0.4),))
    assert value["regions"] == [{"utterance": "u2", "part": "lips", "name": "AU12", "weight": 0.4}]


def test_kept_faces_come_back_from_the_store_as_they_were() -> None:
    kept = ClipFaces("d", log_of(np.array([0.0, 0.16])), (FaceName(1, "Mara"),), "a note")
    found = decode(ClipFaces, encode(kept))
    assert found.names == kept.names
    np.testing.assert_array_equal(found.log.points, kept.log.points)
