"""What ``doctor`` says of a machine where all is well, and where something is missing."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from erc_core import doctor
from erc_core.benchmarks.local_cluster import free_port
from erc_core.cli import main
from erc_core.doctor import Finding, as_text, examine
from erc_core.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def by_name(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings)}


def test_everything_that_is_needed_is_here(settings: Settings) -> None:
    found = by_name(settings)
    assert [name for name, finding in found.items() if finding.needed and not finding.fine] == []
    assert {"Python", "packages", "ffmpeg", "device", "face models", "model dq_former", "store", "space"} <= set(found)
    assert all(finding.do for finding in found.values() if not finding.fine)


def test_a_package_of_another_version_is_named_with_the_command(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("numpy==0.1  # old\nnothing-of-the-kind==1.0\n")
    monkeypatch.setattr(doctor, "REQUIREMENTS", tmp_path / "requirements.txt")
    found = by_name(settings)["packages"]
    assert not found.fine
    assert "(pinned: 0.1)" in found.found
    assert "nothing-of-the-kind missing (pinned: 1.0)" in found.found
    assert found.do == "pip install -r requirements.txt"


def test_an_ffmpeg_without_codecs_is_no_ffmpeg(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ' V..... h264 only this one'\n")
    program.chmod(0o755)
    subprocess.run([program], check=True, stdout=subprocess.DEVNULL)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    found = by_name(settings)["ffmpeg"]
    assert not found.fine
    assert "no vp9 decoder" in found.found
    assert "no h264 decoder" not in found.found


def test_a_gpu_that_is_asked_for_and_not_there_is_missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    found = by_name(replace(settings, device="cuda"))["device"]
    assert (found.fine, found.needed) == (False, True)
    assert "ERC_DEVICE=auto" in found.do


def test_folders_that_settings_name_and_that_are_gone_are_missing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    found = by_name(
        replace(settings, checkpoints=str(tmp_path / "own"), action_units=str(tmp_path / "gone"), voice_model="")
    )
    assert found["checkpoints"].fine
    assert (found["action units"].fine, found["action units"].needed) == (False, True)
    assert found["action units"].do.startswith("export ERC_ACTION_UNITS=FOLDER")
    assert "voice model" not in found


def test_a_cluster_that_is_named_and_not_there_is_missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erc_core.jobs.cluster.CONNECT_S", 0.3)
    assert "cluster" not in by_name(settings)
    found = by_name(replace(settings, cluster=f"tcp://127.0.0.1:{free_port()}"))["cluster"]
    assert (found.fine, found.needed) == (False, True)
    assert "nobody answers at tcp://127.0.0.1:" in found.found
    assert found.do.startswith("dask scheduler")


COMMAND = re.compile(r"(sudo |pip |git |make |export |unset |python -m |dask )")


def test_what_is_missing_is_named_with_a_command(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("numpy==0.1\n")
    monkeypatch.setattr(doctor, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(doctor, "LEAST_FREE_GB", 1e9)
    monkeypatch.setattr(doctor.pipeline, "examples", lambda: ())
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.setattr("erc_core.media.process.ffmpeg_path", lambda: str(tmp_path / "none"))
    monkeypatch.setattr("erc_core.media.face_models.have_face_models", lambda settings: False)
    broken = replace(settings, device="cuda", whisper="/no/such", checkpoints="/none", database="sqlite:////proc/no/x")
    missing = [finding for finding in examine(broken) if not finding.fine]
    names = {finding.what for finding in missing}
    assert {"packages", "ffmpeg", "device", "examples", "space", "store", "transcripts", "face models"} <= names
    assert {"espeak-ng", "distributed", "psycopg", "accelerate", "checkpoints"} <= names
    assert [finding.do for finding in missing if not COMMAND.match(finding.do)] == []


def test_what_is_missing_and_needed_gives_exit_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ERC_DATA", str(tmp_path / "data"))
    assert main(["doctor", "--json"]) == 0
    assert {"what", "fine", "needed", "found", "do"} == set(json.loads(capsys.readouterr().out)[0])
    monkeypatch.setenv("ERC_DATABASE", "sqlite:////proc/nothing/store.sqlite")
    assert main(["doctor"]) == 1
    assert "MISSING store: The store's database cannot be" in capsys.readouterr().out


def test_lines_tell_needed_from_optional() -> None:
    findings = (
        Finding("a", True, True, "here"),
        Finding("b", False, True, "gone", "mend it"),
        Finding("c", False, False, "no"),
    )
    assert as_text(findings).splitlines() == [
        "ok      a: here",
        "MISSING b: gone",
        "        to mend it: mend it",
        "without c: no",
    ]
