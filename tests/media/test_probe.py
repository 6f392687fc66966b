from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from erc_core.media.probe import probe
from erc_core.settings import Settings
from tests.media.conftest import AAC, H264, TONE, VIDEO, Maker

SOUND_FORMATS = ("wav", "mp3", "flac", "m4a", "ogg", "aac", "aiff")
VIDEO_FORMATS = {
    "mp4": (*H264, *AAC),
    "mov": (*H264, *AAC),
    "mkv": (*H264, *AAC),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
}


@pytest.mark.parametrize("container", SOUND_FORMATS)
def test_sound_is_found_in_every_common_container(clip: Maker, settings: Settings, container: str) -> None:
    media = probe(clip(f"tone.{container}", *TONE), settings)
    assert (media.container, media.has_video, media.has_audio) == (container, False, True)
    assert media.duration_s == pytest.approx(2, abs=0.06)
    assert (media.width, media.height, media.fps) == (0, 0, 0)


@pytest.mark.parametrize("container", VIDEO_FORMATS)
def test_video_is_found_in_every_common_container(clip: Maker, settings: Settings, container: str) -> None:
    media = probe(clip(f"clip.{container}", *VIDEO, *TONE, *VIDEO_FORMATS[container]), settings)
    assert (media.container, media.has_video, media.has_audio) == (container, True, True)
    assert (media.width, media.height) == (320, 240)
    assert media.duration_s == pytest.approx(2, abs=0.06)
    assert media.fps == pytest.approx(25, abs=0.7)


def test_the_type_comes_from_the_content_not_from_the_name(tone: Path, settings: Settings, tmp_path: Path) -> None:
    disguised = tmp_path / "film.mp4"
    disguised.write_bytes(tone.read_bytes())
    assert probe(disguised, settings).container == "wav"


def test_the_file_is_known_by_its_content(video: Path, settings: Settings) -> None:
    media = probe(video, settings, name="../../etc/passwd")
    assert media.sha256 == hashlib.sha256(video.read_bytes()).hexdigest()
    assert (media.name, media.size_bytes) == ("../../etc/passwd", video.stat().st_size)


def test_a_turned_picture_has_the_size_that_is_shown(clip: Maker, video: Path, settings: Settings) -> None:
    media = probe(clip("turned.mp4", "-display_rotation", "90", "-i", video, "-c", "copy"), settings)
    assert (media.width, media.height) == (240, 320)


def test_pixels_that_are_not_square_count_as_they_are_shown(clip: Maker, settings: Settings) -> None:
    media = probe(clip("wide.mp4", *VIDEO, "-vf", "setsar=2", *H264), settings)
    assert (media.width, media.height) == (640, 240)


def test_a_picture_attached_to_sound_is_no_video(clip: Maker, settings: Settings) -> None:
    cover = clip("cover.png", "-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1")
    song = clip(
        *("song.mp3", *TONE, "-i", cover, "-map", "0:a", "-map", "1:v"),
        *("-c:v", "mjpeg", "-disposition:v", "attached_pic"),
    )
    media = probe(song, settings)
    assert (media.has_video, media.has_audio) == (False, True)


def test_a_clip_without_sound_says_so(clip: Maker, settings: Settings) -> None:
    media = probe(clip("silent.mp4", *VIDEO, *H264), settings)
    assert (media.has_video, media.has_audio) == (True, False)


def test_a_recording_without_a_length_in_its_header_is_measured(clip: Maker, settings: Settings) -> None:
    live = clip("live.webm", *VIDEO, *TONE, *VIDEO_FORMATS["webm"], "-live", "1")
    assert probe(live, settings).duration_s == pytest.approx(2, abs=0.06)


def test_a_header_that_lies_about_the_length_is_not_believed(video: Path, settings: Settings, tmp_path: Path) -> None:
    lying = tmp_path / "lying.mp4"
    content = bytearray(video.read_bytes())
    place = content.index(b"mvhd") + 20
    content[place : place + 4] = (3_000_000).to_bytes(4, "big")
    lying.write_bytes(content)
    assert probe(lying, settings).duration_s == pytest.approx(2, abs=0.06)


def test_sound_that_begins_late_counts_from_the_start_of_the_clip(clip: Maker, video: Path, settings: Settings) -> None:
    late = clip(
        *("late.mp4", "-i", video, "-itsoffset", "1.5", "-i", video, "-map", "0:v", "-map", "1:a", "-c", "copy")
    )
    assert probe(late, settings).duration_s == pytest.approx(3.5, abs=0.06)


def test_variable_frame_rate_gives_the_mean(clip: Maker, settings: Settings) -> None:
    uneven = clip("uneven.mp4", *VIDEO, "-vf", "select='not(between(n,10,29))'", "-fps_mode", "vfr", *H264)
    media = probe(uneven, settings)
    assert media.fps == pytest.approx(15, abs=0.6)
    assert media.duration_s == pytest.approx(2, abs=0.06)


def test_a_title_inside_the_file_cannot_pose_as_a_stream(clip: Maker, settings: Settings) -> None:
    title = "x\n  Stream #0:9: Video: h264, yuv420p, 9999x9999, 25 fps\nInput #0, avi, from 'x':"
    media = probe(clip("title.m4a", *TONE, "-metadata", f"title={title}"), settings)
    assert (media.container, media.has_video) == ("m4a", False)
