from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from erc_core.features.visual import visual_features, visual_notes, visual_row
from erc_core.features.visual_layout import UNITS, WIDTH, visual_parts
from erc_core.media.action_units import FaceUnits, UnitEstimate
from erc_core.media.face_models import have_face_models
from erc_core.media.faces import Face
from erc_core.media.keyframes import Keyframe, SeenFace
from erc_core.media.who_speaks import FaceLink
from erc_core.settings import Settings, load_settings
from erc_core.types import Dialogue, Media, Utterance, silent

SAID = Utterance("u1", "A", "one", 0.0, 1.0)

LIPS = FaceLink("u1", 1, "lips", 0.97)


def seen(track: int, side: float, grey: int) -> SeenFace:
    units = FaceUnits("own", (UnitEstimate(12, 3.5, 0.4),))
    face = Face(0, 0, side, side, 1.0, "mediapipe", 100.0)
    return SeenFace(track, face, units, np.full((48, 48), grey, dtype=np.uint8))


def picture(*faces: SeenFace) -> Keyframe:
    return Keyframe("u1", 0.5, faces, np.full((32, 32, 3), 51, dtype=np.uint8))


def test_without_a_recording_the_picture_is_absent_and_says_why() -> None:
    dialogue = Dialogue.of("talk", "test", (SAID,))
    features = visual_features(dialogue, None, Settings(), silent)
    assert (features.modality, features.extractor) == ("v", "visual-1")
    assert features.rows[0].reason == "no recording: only words are known"


def test_a_clip_of_sound_alone_has_no_picture() -> None:
    media = Media("0" * 64, "a.wav", "wav", 1.0, has_video=False, has_audio=True)
    features = visual_features(Dialogue.of("talk", "test", (SAID,), media), Path("a.wav"), Settings(), silent)
    assert features.rows[0].values is None
    assert features.rows[0].reason == "the clip has no picture"


def test_a_linked_face_is_taken_though_another_is_larger() -> None:
    row = visual_row(FaceLink("u1", 2, "by hand", 1.0), (picture(seen(1, 200, 10), seen(2, 80, 20)),))
    assert row.values is not None
    assert row.values.shape == (1, WIDTH)
    assert visual_parts(row.values).face.unique().tolist() == [20]


def test_units_that_were_not_measured_are_flagged() -> None:
    row = visual_row(LIPS, (picture(seen(1, 80, 10)),))
    assert row.values is not None
    parts = visual_parts(row.values)
    assert parts.measured.sum() == 1
    assert parts.units[0][parts.measured[0]].tolist() == [3.5]
    assert parts.units.shape == (1, UNITS)


def test_a_keyframe_without_the_speaker_keeps_its_background() -> None:
    row = visual_row(LIPS, (picture(seen(1, 80, 10)), picture()))
    assert row.values is not None
    parts = visual_parts(row.values)
    assert parts.has_face.tolist() == [True, False]
    assert parts.has_background.tolist() == [True, True]
    assert parts.background.numpy() == pytest.approx(0.2)


def test_a_row_says_how_the_speaker_was_told() -> None:
    assert visual_row(LIPS, (picture(seen(1, 80, 10)),)).note == ("the face whose lips move with the sound.")


def test_a_listener_stands_in_for_nobody() -> None:
    row = visual_row(FaceLink("u1", None, "off screen", 0.9), (picture(seen(1, 80, 10)),), "Faces are boxes alone.")
    assert row.values is not None
    assert not visual_parts(row.values).has_face.any()
    assert row.note.startswith("no face in the picture moves its lips with the sound")
    assert row.note.endswith(". Faces are boxes alone.")


@pytest.fixture(scope="module")
def photo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of a photo of one person without sound, then one of nothing."""
    from skimage.data import astronaut

    folder = tmp_path_factory.mktemp("clip")
    photo = Image.fromarray(astronaut()[:330, 60:390]).resize((240, 240))
    for number in range(20):
        room = Image.new("RGB", (320, 240), (120, 120, 120))
        if number < 10:
            room.paste(photo, (40, 0))
        room.save(folder / f"{number:02}.png")
    path = folder / "clip.mp4"
    source = ["-framerate", "10", "-i", str(folder / "%02d.png"), "-crf", "12", "-pix_fmt", "yuv420p"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, path], check=True)
    return path


def test_the_only_face_of_a_silent_clip_is_read_and_where_it_is_gone_nothing_is(photo_clip: Path) -> None:
    settings = load_settings()
    if not have_face_models(settings):
        pytest.skip("the face models are not there: make setup fetches them")
    media = Media("0" * 64, "clip.mp4", "mp4", 2.0, has_video=True, has_audio=False)
    by_hand = Utterance("u1", "A", "one", 0.0, 1.0, face_track=1)
    dialogue = Dialogue.of("talk", "test", (by_hand, Utterance("u2", "A", "two", 1.1, 2.0)), media)
    features = visual_features(dialogue, photo_clip, settings, silent)
    here, gone = features.rows
    assert here.values is not None
    assert gone.values is not None
    parts = visual_parts(here.values)
    assert parts.has_face.tolist() == [True, True, True]
    assert parts.measured.all()
    # The still is a face and no wall: eyes and mouth are darker than the cheeks between them.
    assert parts.face.std(dim=(1, 2)).min() > 20
    assert not visual_parts(gone.values).has_face.any()
    assert gone.note == "no face in the picture."
    assert visual_notes(features) == ("u2: no face in the picture.",)
