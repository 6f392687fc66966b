from __future__ import annotations

import csv
import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from erc_core.errors import CancelledError, InputError
from erc_core.media.faces import FaceFinder
from erc_core.media.keyframes import Keyframes, as_csv, find_keyframes
from erc_core.settings import Settings
from erc_core.types import Utterance
from tests.media.conftest import H264, Maker

UTTERANCES = (Utterance("u1", "A", "one", 0.0, 1.5), Utterance("u2", "A", "two", 1.5, 3.0))


@pytest.fixture(scope="session")
def person(clip: Maker, portrait: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds: a face, blurred in the second half second, and nobody from 1.5 s on."""
    folder = tmp_path_factory.mktemp("pictures")
    face = cv2.resize(portrait[:330, 60:390], (240, 240), interpolation=cv2.INTER_AREA)
    for number in range(30):
        picture = np.full((240, 320, 3), 120, dtype=np.uint8)
        if number < 15:
            picture[:, 40:280] = cv2.GaussianBlur(face, (0, 0), 4) if 5 <= number < 7 else face
        cv2.imwrite(str(folder / f"{number:03}.png"), picture[..., ::-1])
    return clip("person.mp4", "-framerate", "10", "-i", folder / "%03d.png", *H264, "-crf", "12")


@pytest.fixture(scope="session")
def found(person: Path, finder: FaceFinder, tmp_path_factory: pytest.TempPathFactory) -> Keyframes:
    return find_keyframes(person, UTTERANCES, Settings(data=tmp_path_factory.mktemp("data")), finder, per_utterance=3)


def test_every_part_of_an_utterance_has_its_keyframe(found: Keyframes) -> None:
    times = [keyframe.time_s for keyframe in found.of("u1")]
    assert [int(time_s / 0.5) for time_s in times] == [0, 1, 2]
    assert len(found.of("u2")) == 3


def test_the_sharper_picture_of_a_part_is_chosen(found: Keyframes) -> None:
    assert found.of("u1")[1].time_s >= 0.7


def test_an_utterance_without_a_face_has_keyframes_without_faces(found: Keyframes) -> None:
    assert [keyframe.faces for keyframe in found.of("u2")] == [(), (), ()]


def test_one_person_is_one_track_with_its_own_neutral(found: Keyframes) -> None:
    faces = [keyframe.faces[0] for keyframe in found.of("u1")]
    assert {face.track for face in faces} == {1}
    assert {face.units.neutral for face in faces} == {"own"}
    assert all(face.units.intensity(12) is not None for face in faces)


def test_the_table_has_a_row_for_each_face_and_for_each_keyframe_without_one(found: Keyframes) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert as_csv(found).startswith("time_s,utterance,track,x,y,w,h,score,yaw,pitch,roll,sharpness,AU1,AU2,AU4,")
    assert as_csv(found).split("\n", 1)[0].endswith(",AU28,AU45,missing")
    assert [row["utterance"] for row in rows] == ["u1"] * 3 + ["u2"] * 3
    assert rows[0]["missing"] == ""
    assert float(rows[0]["w"]) > 40
    assert 0 <= float(rows[0]["AU12"]) <= 5
    assert (rows[5]["x"], rows[5]["AU12"], rows[5]["missing"]) == ("", "", "no face")


def test_no_keyframes_at_all_are_refused(person: Path, finder: FaceFinder, settings: Settings) -> None:
    with pytest.raises(InputError, match="at least one keyframe"):
        find_keyframes(person, UTTERANCES, settings, finder, per_utterance=0)


def test_no_utterances_have_no_keyframes(person: Path, finder: FaceFinder, settings: Settings) -> None:
    assert find_keyframes(person, (), settings, finder).keyframes == ()


def test_the_search_can_be_stopped(person: Path, finder: FaceFinder, settings: Settings) -> None:
    def stop(step: str, fraction: float) -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        find_keyframes(person, UTTERANCES, settings, finder, progress=stop)
