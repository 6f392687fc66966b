"""Faces in clips of every kind that people record, each made here with ffmpeg from one photo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from erc_core.media.faces import FaceFinder
from erc_core.media.keyframes import Keyframes, find_keyframes
from erc_core.settings import Settings
from erc_core.types import Utterance
from tests.media.conftest import H264, Maker
from tests.media.test_faces import drawn_face

WHOLE = (Utterance("u1", "A", "one", 0.0, 2.0),)
LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "12", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="session")
def photo(portrait: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    cv2.imwrite(str(path), portrait[:400, 20:420, ::-1])
    return path


def still(photo: Path, rate: int = 10, seconds: float = 2) -> tuple[str | Path, ...]:
    return ("-loop", "1", "-framerate", str(rate), "-t", str(seconds), "-i", photo)


def room(rate: int = 10, size: str = "640x360", seconds: float = 2) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"color=gray:size={size}:rate={rate}:duration={seconds}")


def seen(path: Path, finder: FaceFinder, settings: Settings, per_utterance: int = 2) -> Keyframes:
    return find_keyframes(path, WHOLE, settings, finder, per_utterance)


def counts(found: Keyframes) -> list[int]:
    return [len(keyframe.faces) for keyframe in found.keyframes]


def overlay(photo: Path, when: str, rate: int = 10) -> tuple[str | Path, ...]:
    return (
        *(*room(rate), *still(photo, rate)),
        *("-filter_complex", f"[1:v]scale=300:300[p];[0:v][p]overlay=170:30:enable='{when}'", *LOSSLESS),
    )


def test_a_clip_that_starts_without_a_face(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    found = seen(clip("starts.mp4", *overlay(photo, "gte(t,1)")), finder, settings)
    assert counts(found) == [0, 1]


def test_a_clip_that_loses_its_face_and_finds_it_again(
    clip: Maker, photo: Path, finder: FaceFinder, settings: Settings
) -> None:
    found = seen(clip("loses.mp4", *overlay(photo, "lt(t,0.66)+gt(t,1.33)")), finder, settings, 3)
    assert counts(found) == [1, 0, 1]
    assert {face.track for keyframe in found.keyframes for face in keyframe.faces} == {1}


def test_several_faces(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    three = clip(
        *("three.mp4", *room(size="960x540"), *still(photo), *still(photo), *still(photo)),
        "-filter_complex",
        "[1:v]scale=420:420[a];[2:v]scale=260:260,hflip[b];[3:v]scale=260:260,hue=h=90[c];"
        "[0:v][a]overlay=10:60[x];[x][b]overlay=420:20[y];[y][c]overlay=690:270",
        *LOSSLESS,
    )
    found = seen(three, finder, settings)
    assert counts(found) == [3, 3]
    tracks = [sorted(face.track for face in keyframe.faces) for keyframe in found.keyframes]
    assert tracks == [[1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize("rate", [15, 60])
def test_slow_and_fast_clips(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings, rate: int) -> None:
    found = seen(clip(f"{rate}.mp4", *still(photo, rate), "-vf", "scale=320:320", *LOSSLESS), finder, settings)
    assert counts(found) == [1, 1]
    assert [int(keyframe.time_s) for keyframe in found.keyframes] == [0, 1]


def test_a_telephone_held_upright(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    # The telephone writes a lying picture and a flag that says how to turn it.
    lying = clip("lying.mp4", *still(photo), "-vf", "scale=360:360,pad=360:640:0:140,transpose=1", *LOSSLESS)
    upright = clip("upright.mp4", "-display_rotation", "90", "-i", lying, "-c", "copy")
    found = seen(upright, finder, settings)
    assert counts(found) == [1, 1]
    pose = found.keyframes[0].faces[0].pose
    assert pose is not None
    assert abs(pose.roll) < 12


def test_a_clip_in_4k(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    large = clip("4k.mp4", *still(photo, 2), "-vf", "scale=2160:2160,pad=3840:2160:840:0", *LOSSLESS)
    assert counts(seen(large, finder, settings, 1)) == [1]


def test_a_picture_with_transparency(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    clear = clip(
        "clear.mov", *still(photo, 2), "-vf", "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a=230", "-c:v", "png"
    )
    assert counts(seen(clear, finder, settings, 1)) == [1]


def test_a_clip_that_is_drawn(
    clip: Maker, finder: FaceFinder, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    drawing = tmp_path_factory.mktemp("drawing") / "face.png"
    cv2.imwrite(str(drawing), drawn_face()[..., ::-1])
    found = seen(clip("drawn.mp4", *still(drawing, 5), "-vf", "scale=320:320", *LOSSLESS), finder, settings)
    assert counts(found) == [1, 1]
    assert {face.still.shape for keyframe in found.keyframes for face in keyframe.faces} == {(48, 48)}


def test_a_grey_clip(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    grey = clip("grey.mkv", *still(photo, 5), "-pix_fmt", "gray", "-c:v", "ffv1")
    assert counts(seen(grey, finder, settings)) == [1, 1]


def test_a_clip_of_an_odd_size(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    odd = clip("odd.avi", *still(photo, 5), "-vf", "scale=317:301,format=gbrp", "-c:v", "ffv1")
    assert counts(seen(odd, finder, settings)) == [1, 1]


def test_an_interlaced_clip(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    woven = clip(
        *("woven.mpg", *still(photo, 50), "-vf", "scale=400:400,interlace", "-c:v", "mpeg2video"),
        *("-flags", "+ildct+ilme", "-q:v", "2"),
    )
    assert counts(seen(woven, finder, settings)) == [1, 1]


def test_a_clip_whose_pictures_come_unevenly(clip: Maker, photo: Path, finder: FaceFinder, settings: Settings) -> None:
    uneven = clip(
        *("uneven.mp4", *still(photo, 20), "-vf", "scale=320:320,select='lt(n,4)+eq(n,30)'", "-fps_mode", "vfr", *H264)
    )
    found = seen(uneven, finder, settings)
    assert counts(found) == [1, 1]
    assert all(
        keyframe.time_s < 0.16 or keyframe.time_s == pytest.approx(1.5, abs=0.01) for keyframe in found.keyframes
    )
