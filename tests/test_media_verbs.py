from __future__ import annotations

import csv
import io
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from erc_core.cli import main
from erc_core.settings import ASSETS

PLAY = ASSETS / "examples" / "radio_play" / "clip.m4a"


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a grey picture without sound."""
    path = tmp_path_factory.mktemp("clip") / "grey.mp4"
    picture = ["-f", "lavfi", "-i", "color=gray:size=160x120:rate=5:duration=2", "-pix_fmt", "yuv420p"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *picture, path], check=True)
    return path


def test_diarise_writes_rttm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "play.rttm"
    assert main(["diarise", str(PLAY), "--speakers", "3", "--rttm", str(out)]) == 0
    rows = [line.split() for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 8
    assert all(len(row) == 10 and row[:3] == ["SPEAKER", "clip", "1"] for row in rows)
    assert {row[7] for row in rows} == {"speaker_1", "speaker_2", "speaker_3"}
    assert "3 speakers by their voices" in capsys.readouterr().out


def test_diarise_needs_sound(silent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diarise", str(silent), "--rttm", str(tmp_path / "none.rttm")]) == 2
    assert "no sound" in capsys.readouterr().err


def test_faces_writes_a_row_for_each_keyframe_without_one(silent: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces.csv"
    assert main(["faces", str(silent), "--csv", str(out), "--keyframes", "2"]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [(row["utterance"], row["track"], row["missing"]) for row in rows] == [("u1", "", "no face")] * 2
    header = out.read_text(encoding="utf-8").split("\n", 1)[0]
    assert header.startswith("time_s,utterance,track,x,y,w,h,score,yaw,pitch,roll,sharpness,AU1,")
    assert header.endswith(",AU45,missing")


def test_faces_needs_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faces", str(PLAY), "--csv", str(tmp_path / "none.csv")]) == 2
    assert "no picture" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_line(silent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faces", str(silent), "--csv", str(silent / "faces.csv")]) == 2  # below a file, no folder can be made
    assert "cannot be written" in capsys.readouterr().err
