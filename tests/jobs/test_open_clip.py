"""An uploaded clip from the upload to its deletion, with the job function that pages ask for."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest

from erc_core.jobs.lease import claim
from erc_core.jobs.queue import status, submit
from erc_core.jobs.worker import run
from erc_core.media.streams import open_streams
from erc_core.settings import Settings
from erc_core.store.store import Store

OPEN = "erc_core.pipeline:open_clip_job"
WORDS = b"start_s,end_s,speaker,text\n0.2,1.0,Ann,I am so happy to see you\n1.0,1.9,Bob,Leave me alone\n"
SOURCES = ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=2", "-f", "lavfi", "-i", "sine=duration=2")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(Settings(data=tmp_path / "data"))
    yield opened
    opened.close()


def upload(store: Store, path: Path, *codecs: str) -> tuple[str, str]:
    """Bring a clip with its words and ask for its analysis; return the clip's hash and the job."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *SOURCES, *codecs, str(path)]
    subprocess.run(command, check=True, timeout=60)
    media = store.put_media(path, owner="ana")
    words = store.put_media(io.BytesIO(WORDS), owner="ana")
    params = {"media": media, "name": path.name, "transcript": words, "transcript_name": "words.csv"}
    return media, submit(store, OPEN, params, "ana", path.name)


def work(store: Store) -> None:
    lease = claim(store.database, "w1")
    assert lease is not None
    assert run(store, lease)


def test_a_clip_that_no_browser_plays_is_shown_by_a_copy_and_deleted_with_all_that_came_of_it(
    store: Store, tmp_path: Path
) -> None:
    media, job = upload(store, tmp_path / "old.avi", "-c:v", "mpeg4", "-c:a", "libmp3lame")
    work(store)
    state = status(store, job, "ana")
    assert (state.state, state.message) == ("done", "")
    assert "playback" in [step.name for step in state.steps]
    copy = store.playable(media)
    assert copy is not None
    streams = open_streams(store.media_path(copy.sha256), store.settings, "test")
    assert streams.video is not None
    assert streams.video.codec == "h264"
    assert store.analyses(state.result_key, "ana") != ()
    store.delete_dialogue(state.result_key, "ana")
    assert [path for folder in ("media", "results") for path in store.files.walk(folder)] == []  # type: ignore[arg-type]
    assert store.check(hashes=True, now_s=9e9).sound


def test_a_clip_that_browsers_play_is_not_copied_and_an_equal_request_is_not_computed_again(
    store: Store, tmp_path: Path
) -> None:
    media, job = upload(store, tmp_path / "new.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    work(store)
    assert status(store, job, "ana").state == "done"
    assert store.playable(media) is None
    assert len(list(store.files.walk("media"))) == 1
    _, again = upload(store, tmp_path / "new.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    assert again == job
    assert status(store, again, "ana").state == "done"
