"""The command ``batch`` on this machine: every clip gets one result, whatever is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from erc_core.batch import local
from erc_core.batch.tasks import find_tasks, known_result, run_task
from erc_core.errors import InputError
from erc_core.jobs.chaos import children_of
from erc_core.jobs.supervisor import Supervisor
from erc_core.settings import Settings
from tests.batch.clips import WORDS, batch, make_clips, results

CLIPS = 5


def test_clips_are_found_with_their_words_and_results_are_not_taken_for_clips(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("b.mp4", "b.srt", "a/c.wav", "a/transcript.csv", "notes.txt", "out/d.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    tasks = find_tasks(tmp_path, tmp_path / "out", ("dq_former",))
    assert [(task.name, Path(task.transcript).name) for task in tasks] == [
        ("a/c.wav", "transcript.csv"),
        ("b.mp4", "b.srt"),
    ]
    assert tasks[0].result == str(tmp_path / "out" / "a" / "c.wav.json")


def test_transcripts_alone_are_analysed_by_their_words(tmp_path: Path) -> None:
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "a.csv").write_text(WORDS)
    (tmp_path / "said" / "b.wav").touch()
    (task,) = find_tasks(tmp_path, tmp_path / "out", ("dq_former",), words_alone=True)
    assert (task.name, task.clip, Path(task.result).name) == ("said/a.csv", "", "a.csv.json")
    assert run_task(task, Settings(data=tmp_path / "data")).status == "done"
    (analysis,) = json.loads(Path(task.result).read_text())["analyses"]
    (said,) = analysis["utterances"]
    assert said["text"] == "I am so happy to see you"
    assert set(said["missing"]) >= {"a"}
    assert "There is no clip: sound and faces are missing." in analysis["notes"]
    assert known_result(task) is not None
    Path(task.transcript).write_text(WORDS.replace("happy", "sad"))
    assert known_result(task) is None


def test_a_transcript_that_cannot_be_read_has_a_result_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("no times at all")
    (task,) = find_tasks(tmp_path, tmp_path / "out", ("dq_former",), words_alone=True)
    result = run_task(task, Settings(data=tmp_path / "data"))
    assert result.status == "failed"
    assert "step: transcript" in result.message
    with pytest.raises(InputError, match=r"The folder holds no transcript.*\.csv, \.srt"):
        find_tasks(tmp_path / "out", tmp_path / "elsewhere", ("dq_former",), words_alone=True)


def test_a_folder_without_clips_says_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The folder holds no clip.*\.mp4"):
        find_tasks(tmp_path, tmp_path / "out", ("dq_former",))


def test_a_batch_on_this_machine_leaves_the_cluster_of_the_settings_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []

    class Idle(Supervisor):
        def start(self) -> None:
            seen.append(self.settings)

        def stop(self) -> None:
            pass

    monkeypatch.setattr(local, "Supervisor", Idle)
    settings = Settings(data=tmp_path / "data", cluster="tcp://127.0.0.1:1", database="postgresql://nobody")
    assert list(local.run_here([], settings, tmp_path / "work", 2)) == []
    assert [(one.cluster, one.database, one.workers, one.data) for one in seen] == [("", "", 2, tmp_path / "work")]


def wait_for_results(out: Path, count: int) -> None:
    deadline_s = time.monotonic() + 200
    while len(list(out.glob("*.json"))) < count:
        assert time.monotonic() < deadline_s, "no result came"
        time.sleep(0.02)


def test_a_batch_outlives_the_kill_of_a_worker_and_of_the_command(tmp_path: Path) -> None:
    clips, out, data = tmp_path / "clips", tmp_path / "out", tmp_path / "data"
    make_clips(clips, CLIPS)
    (clips / "letter.mp4").write_text("This is no film.")

    first = batch(clips, out, data)
    wait_for_results(out, 1)
    workers = [child for child in children_of(first.pid) if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes()]
    os.kill(workers[0], signal.SIGKILL)
    wait_for_results(out, 2)
    first.kill()
    first.communicate()
    (out / ".part-left").write_text("{")  # as a worker leaves it that is killed while it writes

    second = batch(clips, out, data, "--json", "--method", "")
    printed, said = second.communicate(timeout=250)
    assert second.returncode == 1, said
    summary = json.loads(printed)
    assert (summary["clips"], summary["done"], summary["failed"]) == (CLIPS + 1, CLIPS, 1)
    assert summary["known"] >= 2
    assert f"{summary['known']} of {CLIPS + 1} clips have their result already" in said
    found = results(out)
    assert set(found) == {*(f"{number}.wav" for number in range(CLIPS)), "letter.mp4"}
    assert "cannot be read as video or audio" in found["letter.mp4"]["message"]
    for number in range(CLIPS):
        (analysis,) = found[f"{number}.wav"]["analyses"]
        assert analysis["utterances"][0]["text"] == f"I am so happy {number} to see you"
    assert not list(out.glob(".part-*"))

    before = {path: path.stat().st_mtime_ns for path in out.glob("*.json") if path.name != "summary.json"}
    third = batch(clips, out, data, "--quiet")
    assert third.communicate(timeout=100) == ("", "")
    assert third.returncode == 1
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_model_without_weights_is_said_at_once(tmp_path: Path) -> None:
    make_clips(tmp_path / "clips", 1)
    command = batch(tmp_path / "clips", tmp_path / "out", tmp_path / "data", "--model", "nothing")
    printed, said = command.communicate(timeout=100)
    assert (command.returncode, printed) == (2, "")
    assert "nothing" in said
    assert not (tmp_path / "out").exists()
