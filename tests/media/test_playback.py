from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from erc_core.errors import CancelledError
from erc_core.media.pictures import frames
from erc_core.media.playback import playable
from erc_core.media.probe import probe
from erc_core.media.sound import read_audio
from erc_core.media.streams import open_streams
from erc_core.settings import Settings
from tests.media.conftest import AAC, H264, TONE, VIDEO, Maker

PLAYED = {
    "mp4": (*VIDEO, *TONE, *H264, *AAC),
    "webm": (*VIDEO, *TONE, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
    "mp3": TONE,
    "wav": TONE,
    "flac": TONE,
    "m4a": TONE,
    "ogg": TONE,
}
CONVERTED = {
    "avi": (*VIDEO, *TONE, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "mkv": (*VIDEO, *TONE, *H264, *AAC),
    "mov": (*VIDEO, *TONE, "-c:v", "prores_ks", "-c:a", "pcm_s16le"),
    "mp4": (*VIDEO, *TONE, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", *AAC),
    "wmv": (*VIDEO, *TONE),
    "ts": (*VIDEO, *TONE, *H264, *AAC),
    "aiff": TONE,
}


def watched(path: Path, settings: Settings, tmp_path: Path) -> Path:
    return playable(path, probe(path, settings), tmp_path / "copy.mp4", settings)


@pytest.mark.parametrize("container", PLAYED)
def test_what_browsers_play_is_left_as_it_is(clip: Maker, settings: Settings, tmp_path: Path, container: str) -> None:
    path = clip(f"played.{container}", *PLAYED[container])
    assert watched(path, settings, tmp_path) == path
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("container", CONVERTED)
def test_what_no_browser_plays_is_copied_with_the_same_times(
    clip: Maker, settings: Settings, tmp_path: Path, container: str
) -> None:
    path = clip(f"converted.{container}", *CONVERTED[container])
    copy = watched(path, settings, tmp_path)
    assert copy == tmp_path / "copy.mp4"
    streams = open_streams(copy, settings, "test")
    assert streams.audio is not None
    assert streams.audio.codec == "aac"
    before, after = probe(path, settings), probe(copy, settings)
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.1)
    assert after.has_video == before.has_video
    if streams.video is not None:
        assert (streams.video.codec, streams.video.pixel_format) == ("h264", "yuv420p")
        assert (after.width, after.height) == (before.width, before.height)
        (old,), (new,) = (list(frames(p, [1.0], settings)) for p in (path, copy))
        assert new.time_s == pytest.approx(old.time_s, abs=0.045)
        assert np.abs(new.rgb.astype(int) - old.rgb).mean() < 12


def test_the_copy_of_late_sound_is_late_as_well(clip: Maker, video: Path, settings: Settings, tmp_path: Path) -> None:
    late = clip("late.mkv", "-i", video, "-itsoffset", "1", "-i", video, "-map", "0:v", "-map", "1:a", "-c", "copy")
    audio = read_audio(watched(late, settings, tmp_path), settings)
    assert np.abs(audio[:15_000]).max() < 0.01
    assert np.abs(audio[17_000:30_000]).max() > 0.05


def test_odd_and_large_pictures_fit_a_player(clip: Maker, settings: Settings, tmp_path: Path) -> None:
    odd = clip("odd.avi", "-f", "lavfi", "-i", "color=red:size=1921x1081:duration=0.2,format=gbrp", "-c:v", "ffv1")
    media = probe(watched(odd, settings, tmp_path), settings)
    assert (media.width, media.height) == (1280, 720)


def test_a_copy_that_is_stopped_leaves_nothing_behind(clip: Maker, settings: Settings, tmp_path: Path) -> None:
    path = clip("converted.avi", *CONVERTED["avi"])

    def stop(step: str, fraction: float) -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        playable(path, probe(path, settings), tmp_path / "copy.mp4", settings, stop)
    assert not list(tmp_path.iterdir())


def test_the_copy_reports_how_far_it_is(clip: Maker, settings: Settings, tmp_path: Path) -> None:
    path = clip("converted.avi", *CONVERTED["avi"])
    seen: list[float] = []
    playable(path, probe(path, settings), tmp_path / "copy.mp4", settings, lambda step, fraction: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
