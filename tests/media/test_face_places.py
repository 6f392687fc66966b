"""Where the faces of an explanation lie: found again, in the very pictures that the analysis read."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from erc_core.face_places import face_places
from erc_core.features.visual import visual_features
from erc_core.media import people
from erc_core.settings import Settings
from erc_core.types import Dialogue, Utterance, silent
from tests.media.conftest import H264, Maker

UTTERANCES = (Utterance("u1", "A", "one", 0.0, 1.0, face_track=1), Utterance("u2", "A", "two", 1.0, 2.0, face_track=1))
DIALOGUE = Dialogue.of("A face", "a test", UTTERANCES)


@pytest.fixture(scope="module")
def clip_of_a_face(clip: Maker, portrait: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of one face in the middle of the picture."""
    folder = tmp_path_factory.mktemp("pictures")
    face = cv2.resize(portrait[:330, 60:390], (240, 240), interpolation=cv2.INTER_AREA)
    for number in range(20):
        picture = np.full((240, 320, 3), 120, dtype=np.uint8)
        picture[:, 40:280] = np.roll(face, number % 3, axis=1)
        cv2.imwrite(str(folder / f"{number:03}.png"), picture[..., ::-1])
    return clip("face.mp4", "-framerate", "10", "-i", folder / "%03d.png", *H264, "-crf", "12")


def test_the_faces_that_were_read_are_found_without_another_look_at_the_clip(
    clip_of_a_face: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path)
    features = visual_features(DIALOGUE, clip_of_a_face, settings, silent)

    def again(*_: object) -> None:
        raise AssertionError("the clip was searched for faces again")

    monkeypatch.setattr(people, "find_keyframes", again)
    for position, row in enumerate(features.rows):
        places = face_places(clip_of_a_face, DIALOGUE, position, np.asarray(row.values), settings)
        assert len(places) == settings.keyframes
        assert all(place is not None and 0.3 < place.left + place.width / 2 < 0.7 for place in places)


def test_a_face_that_is_not_in_the_picture_has_no_place(clip_of_a_face: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    row = np.array(visual_features(DIALOGUE, clip_of_a_face, settings, silent).rows[0].values)
    row[:, :2304] = 255 - row[:, :2304]
    assert face_places(clip_of_a_face, DIALOGUE, 0, row, settings) == (None,) * settings.keyframes
