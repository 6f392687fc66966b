"""Clips for the tests, made by ffmpeg from its own test sources."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from erc_core.media.face_models import have_face_models
from erc_core.media.faces import FaceFinder
from erc_core.settings import Settings, load_settings

Maker = Callable[..., Path]
VIDEO = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2:sample_rate=44100")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac")


def run(arguments: Sequence[str | Path]) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Return a function that makes a file of ffmpeg's arguments, once for equal ones."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[tuple[str, ...], Path] = {}

    def make(name: str, *arguments: str | Path) -> Path:
        key = (name, *map(str, arguments))
        if key not in made:
            made[key] = folder / f"{len(made)}-{name}"
            run([*arguments, made[key]])
        return made[key]

    return make


@pytest.fixture(scope="session")
def video(clip: Maker) -> Path:
    """Two seconds of moving picture, 320 x 240 at 25 frames a second, with a tone."""
    return clip("clip.mp4", *VIDEO, *TONE, *H264, *AAC, "-movflags", "+faststart")


@pytest.fixture(scope="session")
def tone(clip: Maker) -> Path:
    """Two seconds of a tone of 440 Hz, peak 0.125, as WAV."""
    return clip("tone.wav", *TONE)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    """The real face models, where `make setup` has put them."""
    found = load_settings()
    if not have_face_models(found):
        message = "the face models are not there: make setup fetches them"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return FaceFinder(found, fallback=False)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """A photo of one smiling person, uint8 ``(512, 512, 3)``, public domain."""
    from skimage.data import astronaut

    return astronaut()
