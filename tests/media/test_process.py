from __future__ import annotations

import dataclasses
import re
import threading
import time
from pathlib import Path

import pytest

from erc_core.errors import InputError, MissingResourceError
from erc_core.media import process
from erc_core.media.process import ffmpeg, run_ffmpeg
from erc_core.settings import Settings


def test_output_and_log_come_back(tone: Path, settings: Settings) -> None:
    finished = run_ffmpeg(["-f", "s16le", "-ar", "8000", "pipe:1"], tone, settings, "test", loglevel="info")
    assert len(finished.output) == 2 * 8000 * 2
    assert "Input #0, wav" in finished.log


def test_a_run_over_its_time_is_ended_and_says_so(video: Path, settings: Settings) -> None:
    endless = ["-filter_complex", "[0:v]loop=loop=-1:size=25,scale=1920:1080[x]", "-map", "[x]", "-f", "null", "-"]
    started = time.monotonic()
    with pytest.raises(
        InputError, match=re.escape("Decoding takes longer than is allowed (step: test). got: more than 0.5 s")
    ):
        run_ffmpeg(endless, video, settings, "test", timeout_s=0.5)
    assert time.monotonic() - started < 5


def test_the_setting_bounds_the_time_of_every_step(video: Path, settings: Settings) -> None:
    short = dataclasses.replace(settings, decode_timeout_s=0.3)
    endless = ["-filter_complex", "[0:v]loop=loop=-1:size=25,scale=1920:1080[x]", "-map", "[x]", "-f", "null", "-"]
    with pytest.raises(InputError, match=re.escape("more than 0.3 s")):
        run_ffmpeg(endless, video, short, "test", timeout_s=30)


def test_a_run_over_its_memory_is_ended_and_says_so(video: Path, settings: Settings) -> None:
    small = dataclasses.replace(settings, decode_memory_mb=400)
    greedy = ["-vf", "scale=4000:4000,loop=loop=-1:size=200", "-f", "null", "-"]
    with pytest.raises(InputError) as caught:
        run_ffmpeg(greedy, video, small, "test", timeout_s=20)
    assert str(caught.value) == (
        "Decoding needs more memory than is allowed (step: test). got: more than 400 MB. "
        "what to do: export the clip with a smaller picture, or raise ERC_DECODE_MEMORY_MB."
    )


def test_leaving_the_block_ends_the_child(video: Path, settings: Settings) -> None:
    with ffmpeg(
        ["-map", "0:a", "-af", "aloop=loop=-1:size=44100", "-f", "f32le", "pipe:1"], video, settings, "test"
    ) as running:
        assert len(running.read(1000)) == 1000
        child = running._process
    assert child.returncode is not None
    assert not [thread for thread in threading.enumerate() if thread is running._listener]


def test_no_other_file_can_be_opened_from_inside_a_file(video: Path, settings: Settings, tmp_path: Path) -> None:
    liste = tmp_path / "clip.mp4"
    liste.write_text(f"ffconcat version 1.0\nfile '{video}'\n")
    with pytest.raises(InputError, match="cannot be decoded"):
        run_ffmpeg(["-f", "null", "-"], liste, settings, "test")


def test_the_name_of_a_file_is_never_read_as_an_address(video: Path, settings: Settings, tmp_path: Path) -> None:
    strange = tmp_path / "concat:-i http:;$(id)\nx.mp4"
    strange.write_bytes(video.read_bytes())
    assert run_ffmpeg(["-map", "0:a", "-f", "s16le", "pipe:1"], strange, settings, "test").output


def test_the_childs_environment_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERC_SECRET", "x")
    monkeypatch.setenv("FFREPORT", "file=report.log")
    assert set(process._environment()) <= {"PATH", "LD_LIBRARY_PATH", "LC_ALL", "MALLOC_ARENA_MAX"}


def test_output_without_end_is_refused(tone: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT_BYTES", 1 << 20)
    with pytest.raises(InputError, match="decodes to more than is allowed"):
        run_ffmpeg(["-af", "aloop=loop=-1:size=44100", "-f", "f32le", "pipe:1"], tone, settings, "test")


def test_a_file_that_is_gone_is_an_error_for_people(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("The file cannot be opened (step: test). got: No such file")):
        run_ffmpeg([], tmp_path / "gone.mp4", settings, "test")


def test_a_missing_ffmpeg_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import imageio_ffmpeg

    def none() -> str:
        raise RuntimeError

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(MissingResourceError, match="No ffmpeg program was found"):
        process.ffmpeg_path()
