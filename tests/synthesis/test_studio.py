from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from erc_core.errors import InputError
from erc_core.pipeline import extract, open_clip
from erc_core.settings import load_settings
from erc_core.synthesis.__main__ import main
from erc_core.synthesis.film import Studio
from erc_core.synthesis.script import parse_script
from erc_core.synthesis.studio import build_clip, rehearse
from erc_core.synthesis.truth import Truth, read_truth
from erc_core.types import Features
from tests.synthesis.scripts import short_script


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("studio")
    script = folder / "short.yaml"
    script.write_text(short_script(), encoding="utf-8")
    return folder / "out", build_clip(script, folder / "out")


def test_a_script_becomes_a_clip_with_picture_and_sound(built: tuple[Path, Truth]) -> None:
    folder, truth = built
    capture = cv2.VideoCapture(str(folder / "clip.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == truth.frames
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (640, 360)
    assert capture.get(cv2.CAP_PROP_FPS) == truth.fps
    head = (folder / "clip.mp4").read_bytes()
    assert b"avc1" in head
    assert b"mp4a" in head
    assert head.index(b"moov") < head.index(b"mdat")  # playback may start before all is loaded


def test_the_truth_comes_back_from_its_file_as_it_was(built: tuple[Path, Truth]) -> None:
    folder, truth = built
    again = read_truth(folder / "truth.json")
    assert again.utterances[0].words[0].text == "We"
    assert [(one.speaker, one.emotion, one.informative) for one in again.utterances] == [
        (one.speaker, one.emotion, one.informative) for one in truth.utterances
    ]
    for mine, theirs in zip(truth.faces, again.faces, strict=True):
        np.testing.assert_allclose(mine.boxes, theirs.boxes, atol=0.051)
        np.testing.assert_allclose(mine.landmarks, theirs.landmarks, atol=0.051)
        np.testing.assert_allclose(mine.units, theirs.units, atol=0.0051)


def features(folder: Path) -> tuple[Features, ...]:
    clip, settings = folder / "clip.mp4", load_settings()
    words = (folder / "transcript.csv").read_bytes()
    dialogue = open_clip(clip, settings, name="short", transcript=words, transcript_name="transcript.csv")
    return extract(dialogue, clip, "df_erc", settings)


def test_a_second_build_gives_the_same_truth_and_features(built: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, _ = built
    build_clip(folder.parent / "short.yaml", tmp_path)
    assert (tmp_path / "truth.json").read_bytes() == (folder / "truth.json").read_bytes()
    for mine, theirs in zip(features(tmp_path), features(folder), strict=True):
        for one, other in zip(mine.rows, theirs.rows, strict=True):
            assert one.values is not None
            assert other.values is not None
            np.testing.assert_allclose(one.values, other.values, atol=1e-4)


def test_the_transcript_has_one_row_for_each_utterance(built: tuple[Path, Truth]) -> None:
    folder, truth = built
    with (folder / "transcript.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["speaker"] for row in rows] == ["Ana", "Bo"]
    assert [row["emotion"] for row in rows] == ["joy", "anger"]
    assert float(rows[1]["start_s"]) == pytest.approx(truth.utterances[1].start_s, abs=0.006)


def test_landmarks_lie_in_the_box_and_the_box_in_the_picture(built: tuple[Path, Truth]) -> None:
    for track in built[1].faces:
        corner, far = track.boxes[:, None, :2], track.boxes[:, None, :2] + track.boxes[:, None, 2:]
        assert ((track.landmarks >= corner - 1) & (track.landmarks <= far + 1)).all()
        assert (track.boxes[:, :2] > 0).all()
        assert (track.boxes[:, 0] + track.boxes[:, 2] < 640).all()


def test_faces_are_known_only_for_those_who_are_seen(built: tuple[Path, Truth]) -> None:
    _, truth = built
    everyone, one = truth.faces_at(10), truth.faces_at(truth.frames - 1)
    assert {track.speaker for track, _ in everyone} == {"Ana", "Bo"}
    assert {track.speaker for track, _ in one} == {"Bo"}


def test_the_drawn_mouth_is_where_the_truth_says() -> None:
    production = rehearse(parse_script(short_script(), "mouth"))
    drawn = Studio(production).draw(25, 26)[0]
    face = drawn.faces[0]
    x, y, width, height = face.box.astype(int)
    inside = drawn.image[y + height // 3 : y + height, x : x + width].astype(float)
    redness = inside[..., 0] - inside[..., 1:].mean(axis=-1)
    assert redness.mean() > 15  # skin and lips, not wall
    assert inside.std() > 10


def test_the_same_frame_is_drawn_the_same_again() -> None:
    production = rehearse(parse_script(short_script("call"), "same"))
    first, second = Studio(production).draw(30, 31)[0], Studio(production).draw(30, 31)[0]
    np.testing.assert_array_equal(first.image, second.image)


def test_a_script_without_a_picture_becomes_a_sound_file(tmp_path: Path) -> None:
    script = tmp_path / "radio.yaml"
    script.write_text(short_script(picture="false"), encoding="utf-8")
    truth = build_clip(script, tmp_path / "out")
    assert (tmp_path / "out" / "clip.m4a").stat().st_size > 1000
    assert not (tmp_path / "out" / "clip.mp4").exists()
    assert truth.faces == ()
    assert json.loads((tmp_path / "out" / "about.json").read_text())["clip"] == "clip.m4a"


def test_the_command_says_what_is_wrong_with_a_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "bad.yaml"
    script.write_text(short_script().replace("emotion: joy", "emotion: bliss"), encoding="utf-8")
    assert main([str(script), "--out", str(tmp_path / "out")]) == 1
    assert "got: bliss" in capsys.readouterr().err


def test_a_truth_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(InputError, match="another format"):
        read_truth(tmp_path / "truth.json")
