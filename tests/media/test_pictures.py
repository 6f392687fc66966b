from __future__ import annotations

import re
import resource
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from erc_core.errors import InputError
from erc_core.media.pictures import frames
from erc_core.settings import Settings
from tests.media.conftest import H264, TONE, Maker

# The brightness of each picture tells its number.
COUNTER = "geq=lum='16+4*mod(N,55)':cb=128:cr=128"
PACKED = {
    "mp4": (*H264, "-g", "250", "-bf", "2"),
    "mkv": (*H264, "-g", "50"),
    "mov": ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M"),
    "avi": ("-c:v", "mpeg4", "-q:v", "2"),
    "ts": (*H264, "-bf", "2"),
    "wmv": ("-c:v", "wmv2", "-q:v", "2"),
}


def counting(fps: float, seconds: float, size: str = "64x48") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"color=black:size={size}:rate={fps}:duration={seconds},{COUNTER}")


def number(rgb: np.ndarray) -> int:
    return round((float(rgb.mean()) * 219 / 255) / 4)


@pytest.mark.parametrize("container", PACKED)
def test_the_picture_on_display_is_found_in_every_container(clip: Maker, settings: Settings, container: str) -> None:
    path = clip(f"counter.{container}", *counting(25, 2), *PACKED[container])
    times = [0.0, 0.1, 0.5, 0.52, 0.55, 1.0, 1.31, 1.9]
    found = list(frames(path, times, settings))
    assert [number(frame.rgb) for frame in found] == [int(time_s * 25 + 1e-6) for time_s in times]
    for frame, time_s in zip(found, times, strict=True):
        assert frame.time_s <= time_s + 0.002
        assert frame.time_s == pytest.approx(number(frame.rgb) / 25, abs=0.02)


@pytest.mark.parametrize("fps", [5, 15, 60])
def test_slow_and_fast_clips_are_read_by_their_own_times(clip: Maker, settings: Settings, fps: int) -> None:
    path = clip("rate.mp4", *counting(fps, 54 / fps), *H264)
    times = np.arange(1, 50, 7) / fps + 0.4 / fps
    assert [number(frame.rgb) for frame in frames(path, times, settings)] == list(range(1, 50, 7))


def test_a_picture_that_is_held_for_seconds_is_found_by_the_time_it_began(clip: Maker, settings: Settings) -> None:
    held = clip(
        *("held.mp4", *counting(10, 30), "-vf", "select='lt(n,5)+eq(n,20)+eq(n,290)'", "-fps_mode", "vfr", *H264)
    )
    found = list(frames(held, [0.2, 1.0, 1.99, 2.0, 15.0, 28.9, 29.0], settings))
    assert [round(frame.time_s, 3) for frame in found] == [0.2, 0.4, 0.4, 2.0, 2.0, 2.0, 29.0]


def test_the_clip_is_not_decoded_beyond_what_is_asked_for(clip: Maker, settings: Settings) -> None:
    path = clip("endless.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x360:duration=60:rate=25", *H264)
    started = time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    list(frames(path, [0.5, 1.0], settings))
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - children + time.process_time() - started
    assert used < 0.5


def test_after_the_last_picture_that_one_is_shown(clip: Maker, settings: Settings) -> None:
    long_sound = clip("tail.mkv", *counting(25, 1), "-f", "lavfi", "-i", "sine=duration=40", *H264)
    found = list(frames(long_sound, [0.5, 5, 20, 39], settings))
    assert [round(frame.time_s, 2) for frame in found] == [0.48, 0.96, 0.96, 0.96]


def test_before_the_first_picture_that_one_is_shown(clip: Maker, tone: Path, settings: Settings) -> None:
    plain = clip("plain.mp4", *counting(25, 1), *H264)
    late = clip("late.mkv", "-i", tone, "-itsoffset", "1", "-i", plain, "-map", "0:a", "-map", "1:v", "-c", "copy")
    found = list(frames(late, [0.2, 1.5], settings))
    assert [round(frame.time_s, 2) for frame in found] == [1.0, 1.48]


def test_times_far_apart_and_out_of_order_come_in_order(clip: Maker, settings: Settings) -> None:
    path = clip("long.mp4", *counting(2, 120), *H264)
    found = list(frames(path, [100.0, 3.0, 60.0], settings))
    assert [round(frame.time_s, 2) for frame in found] == [3.0, 60.0, 100.0]


def test_a_turned_clip_comes_upright(clip: Maker, settings: Settings) -> None:
    plain = clip(
        "halves.mp4", "-f", "lavfi", "-i", "color=red:size=64x32:duration=1", "-vf", "drawbox=w=32:c=blue:t=fill", *H264
    )
    turned = clip("turned.mp4", "-display_rotation", "90", "-i", plain, "-c", "copy")
    (frame,) = frames(turned, [0.5], settings)
    assert frame.rgb.shape == (64, 32, 3)
    top, bottom = frame.rgb[8, 16], frame.rgb[56, 16]
    assert (int(np.argmax(top)), int(np.argmax(bottom))) == (0, 2)


@pytest.mark.parametrize("size", ["33x17", "1x1", "2x300", "639x359"])
def test_odd_sizes_are_kept(clip: Maker, settings: Settings, size: str) -> None:
    path = clip("odd.avi", "-f", "lavfi", "-i", f"color=red:size={size}:duration=0.2,format=gbrp", "-c:v", "ffv1")
    width, height = map(int, size.split("x"))
    (frame,) = frames(path, [0.0], settings)
    assert frame.rgb.shape == (height, width, 3)


def test_wide_pictures_are_scaled_down_and_narrow_ones_left(clip: Maker, settings: Settings) -> None:
    path = clip("wide.mp4", "-f", "lavfi", "-i", "testsrc2=size=1280x720:duration=0.2", *H264)
    assert next(frames(path, [0], settings)).rgb.shape == (360, 640, 3)
    assert next(frames(path, [0], settings, max_width=2000)).rgb.shape == (720, 1280, 3)


def test_a_grey_clip_has_three_equal_channels(clip: Maker, settings: Settings) -> None:
    path = clip("grey.mkv", "-f", "lavfi", "-i", "testsrc2=duration=0.2", "-pix_fmt", "gray", "-c:v", "ffv1")
    (frame,) = frames(path, [0], settings)
    assert (frame.rgb == frame.rgb[..., :1]).all()


def test_what_is_transparent_is_black(clip: Maker, settings: Settings) -> None:
    path = clip(
        *("alpha.mov", "-f", "lavfi", "-i", "color=white:size=64x64:duration=0.2"),
        *("-vf", "format=rgba,geq=r=255:g=200:b=100:a='255*gt(X,31)'", "-c:v", "png"),
    )
    (frame,) = frames(path, [0], settings)
    assert frame.rgb[32, 10].tolist() == [0, 0, 0]
    np.testing.assert_allclose(frame.rgb[32, 50], [255, 200, 100], atol=3)


def test_interlaced_pictures_have_no_combs(clip: Maker, settings: Settings) -> None:
    stripe = "geq=lum='255*between(X,mod(N*8,96),mod(N*8,96)+16)':cb=128:cr=128,interlace"
    path = clip(
        *("combs.mpg", "-f", "lavfi", "-i", f"color=black:size=128x96:rate=50:duration=1,{stripe}"),
        *("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "1"),
    )
    (frame,) = frames(path, [0.4], settings)
    grey = frame.rgb.mean(axis=2)
    combs = np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2)[8:-8].mean()
    assert combs < 6


def test_a_picture_that_changes_its_size_comes_in_one_size(clip: Maker, settings: Settings) -> None:
    small = clip("small.ts", *counting(25, 1, "64x48"), *H264)
    large = clip("large.ts", *counting(25, 1, "128x96"), *H264)
    joined = small.with_name("joined.ts")
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    shapes = {frame.rgb.shape for frame in frames(joined, [0.1, 0.9], settings)}
    assert shapes == {(48, 64, 3)}


def test_memory_does_not_grow_with_the_number_of_pictures(clip: Maker, settings: Settings) -> None:
    path = clip("many.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x360:duration=8:rate=25", *H264)
    tracemalloc.start()
    for _ in frames(path, np.arange(0, 8, 0.04), settings):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 640 * 360 * 3


def test_a_clip_without_picture_is_an_error_that_says_so(clip: Maker, settings: Settings) -> None:
    with pytest.raises(InputError) as caught:
        list(frames(clip("tone.m4a", *TONE), [0], settings))
    assert str(caught.value) == (
        "The clip has no picture (step: pictures). got: no video track. what to do: analyse it by its words or sound."
    )


@pytest.mark.parametrize("time_s", [-1.0, float("nan"), float("inf")])
def test_times_that_are_none_are_refused(video: Path, settings: Settings, time_s: float) -> None:
    with pytest.raises(InputError, match=re.escape("There is no such time (step: pictures)")):
        list(frames(video, [time_s], settings))


def test_no_times_give_no_pictures(video: Path, settings: Settings) -> None:
    assert list(frames(video, [], settings)) == []
