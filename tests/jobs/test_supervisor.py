"""Real processes: workers, cancelling, kills, and restarts of the app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from erc_core.jobs import lease as leases
from erc_core.jobs import supervisor as supervision
from erc_core.jobs import worker
from erc_core.jobs.chaos import children_of, run_chaos
from erc_core.jobs.queue import cancel, status, submit
from erc_core.jobs.supervisor import Supervisor, start_workers, stop_workers, worker_environment
from erc_core.settings import Settings, load_settings
from erc_core.store.store import Store
from erc_core.store.tables import jobs
from tests.jobs.sample_jobs import SAMPLE, Numbers, numbers
from tests.jobs.waiting import at_step, ended, ended_as, wait_until
from tests.store.sample_values import with_clip

STEPS = ["a decode", "a features", "a model"]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def alone(tmp_path: Path) -> Settings:
    """Settings on SQLite, for what does not depend on the database."""
    return Settings(data=tmp_path / "data")


@pytest.fixture
def serve() -> Iterator[Callable[[Settings], Supervisor]]:
    """Start supervisors that end with the test."""
    started: list[Supervisor] = []

    def start(settings: Settings) -> Supervisor:
        supervisor = Supervisor(settings)
        supervisor.start()
        started.append(supervisor)
        return supervisor

    yield start
    for supervisor in started:
        supervisor.stop()


@pytest.fixture
def opened() -> Iterator[Callable[[Settings], Store]]:
    stores: list[Store] = []

    def open_store(settings: Settings) -> Store:
        stores.append(Store(settings))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def workers_of(pid: int) -> list[int]:
    found = [(child, Path(f"/proc/{child}/cmdline").read_bytes()) for child in children_of(pid)]
    return [child for child, command in found if b"erc_core.jobs.worker" in command]


def count(store: Store, journal: Path, seconds: float) -> str:
    params = {"journal": str(journal), "name": "a", "seconds": seconds}
    return submit(store, SAMPLE + "count", params, "ana", "A quarrel")


def deaf(store: Store, journal: Path) -> tuple[str, int, int]:
    """Start a job that hears nothing; return it, its worker and that one's child."""
    job = submit(store, SAMPLE + "be_deaf", {"journal": str(journal)}, "ana", "")
    at_step(store, job, "deaf")
    worker, child = map(int, lines(journal)[-1].split())
    return job, worker, child


def assert_right(store: Store, job: str) -> None:
    """Check the result of ``count``."""
    state = ended(store, job)
    assert (state.state, state.message) == ("done", "")
    found = store.result("numbers", state.result_key, Numbers)
    assert found is not None
    expected = sum(numbers(step, index).values for index, step in enumerate(STEPS))
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)


def test_a_killed_workers_job_is_taken_up_after_its_last_finished_step(
    settings: Settings, store: Store, journal: Path, serve: Callable[[Settings], Supervisor]
) -> None:
    serve(settings)
    job = count(store, journal, 0.3)
    wait_until(lambda: "a features" in lines(journal), "the second step")
    (worker,) = workers_of(os.getpid())
    os.kill(worker, signal.SIGKILL)
    assert_right(store, job)
    assert [line for line in lines(journal) if line != "a features"] == ["a decode", "a model"]
    assert lines(journal).count("a features") == 2


def test_a_listening_job_is_cancelled_within_two_seconds_and_its_worker_stays(
    settings: Settings, store: Store, journal: Path, serve: Callable[[Settings], Supervisor]
) -> None:
    serve(settings)
    job = count(store, journal, 60.0)
    at_step(store, job, "decode")
    (worker,) = workers_of(os.getpid())
    cancel(store, job, "ana")
    assert wait_until(lambda: status(store, job, "ana").state == "cancelled", "the cancelling") < 2
    second = submit(store, SAMPLE + "tell", {"journal": str(journal), "number": 1}, "ana", "")
    ended_as(store, second, "done")
    assert int(lines(journal)[-1].split()[0]) == worker


def test_a_deaf_job_is_cancelled_within_two_seconds_with_the_programs_it_started(
    settings: Settings, store: Store, journal: Path, serve: Callable[[Settings], Supervisor]
) -> None:
    serve(settings)
    job, worker, child = deaf(store, journal)
    cancel(store, job, "ana")
    assert wait_until(lambda: status(store, job, "ana").state == "cancelled", "the cancelling") < 2
    wait_until(lambda: not alive(worker) and not alive(child), "the end of the worker and its child")
    assert_right(store, count(store, journal, 0.0))


def test_deleting_a_dialogue_ends_the_deaf_job_that_is_about_it(
    alone: Settings, journal: Path, serve: Callable[[Settings], Supervisor], opened: Callable[[Settings], Store]
) -> None:
    store = opened(alone)
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    serve(alone)
    params = {"journal": str(journal), "dialogue": clip.id}
    job = submit(store, SAMPLE + "be_deaf", params, "ana", "private title")
    at_step(store, job, "deaf")
    worker, child = map(int, lines(journal)[-1].split())
    store.delete_dialogue(clip.id, "ana")
    wait_until(lambda: not alive(worker) and not alive(child), "the end of the worker and its child")
    store.close()
    assert clip.id.encode() not in (alone.data / "store.sqlite").read_bytes()


def test_an_app_that_is_killed_takes_its_workers_along_and_the_next_one_goes_on(
    settings: Settings, store: Store, journal: Path, serve: Callable[[Settings], Supervisor]
) -> None:
    command = [sys.executable, "-m", "tests.jobs.sample_app"]
    app = subprocess.Popen(command, env=worker_environment(settings), stdin=subprocess.PIPE)
    with app:
        job = count(store, journal, 0.4)
        at_step(store, job, "features")
        workers = workers_of(app.pid)
        app.kill()
    wait_until(lambda: not any(alive(worker) for worker in workers), "the end of the workers")
    serve(settings)
    assert_right(store, job)
    assert lines(journal).count("a decode") == 1


def test_a_stopped_app_leaves_its_job_in_line_and_no_process(
    alone: Settings, journal: Path, opened: Callable[[Settings], Store]
) -> None:
    store = opened(alone)
    start_workers(alone)
    start_workers(alone)
    job, worker, child = deaf(store, journal)
    stop_workers()
    stop_workers()
    assert (status(store, job, "ana").state, status(store, job, "ana").attempts) == ("queued", 0)
    assert not alive(worker)
    assert not alive(child)


def test_one_worker_does_many_jobs_with_low_priority(
    alone: Settings, journal: Path, serve: Callable[[Settings], Supervisor], opened: Callable[[Settings], Store]
) -> None:
    store = opened(alone)
    serve(alone)
    for number in range(3):
        ended_as(store, submit(store, SAMPLE + "tell", {"journal": str(journal), "number": number}, "ana", ""), "done")
    told = [tuple(map(int, line.split())) for line in lines(journal)]
    assert len({worker for worker, *_ in told}) == 1
    assert [done for *_, done in told] == [1, 2, 3]
    assert all(niceness >= 10 and group >= 10 for _, niceness, group, _ in told)


class Busy:
    """The kernel's file for the niceness of a scheduling group, which refuses the first wishes."""

    def __init__(self, refusals: list[OSError]) -> None:
        self.refusals, self.wishes = refusals, 0

    def write_text(self, value: str) -> None:
        self.wishes += 1
        if self.refusals:
            raise self.refusals.pop()


@pytest.mark.parametrize(
    ("refusals", "wishes"),
    [([BlockingIOError(), BlockingIOError()], 3), ([FileNotFoundError()], 1), ([OSError(22, "Invalid argument")], 1)],
)
def test_a_worker_asks_again_for_a_lower_priority_where_others_ask_too(
    refusals: list[OSError], wishes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Busy(refusals)
    monkeypatch.setattr(worker, "GROUP", group)
    monkeypatch.setattr(worker, "GROUP_PAUSE_S", 0.0)
    monkeypatch.setattr(worker.os, "nice", lambda _: 0)
    worker.step_back()
    assert group.wishes == wishes


def test_a_defect_ends_its_worker_and_a_fresh_one_goes_on(
    alone: Settings, journal: Path, serve: Callable[[Settings], Supervisor], opened: Callable[[Settings], Store]
) -> None:
    store = opened(alone)
    serve(alone)
    tell = [{"journal": str(journal), "number": number} for number in range(2)]
    ended_as(store, submit(store, SAMPLE + "tell", tell[0], "ana", ""), "done")
    ended_as(store, submit(store, SAMPLE + "break_down", {}, "ana", ""), "failed")
    ended_as(store, submit(store, SAMPLE + "tell", tell[1], "ana", ""), "done")
    assert len({line.split()[0] for line in lines(journal)}) == 2


def test_a_job_that_kills_its_workers_fails_after_the_allowed_attempts(
    alone: Settings, journal: Path, serve: Callable[[Settings], Supervisor], opened: Callable[[Settings], Store]
) -> None:
    store = opened(alone)
    serve(replace(alone, max_attempts=2))
    state = ended(store, submit(store, SAMPLE + "die", {"journal": str(journal)}, "ana", ""))
    assert state.state == "failed"
    assert state.message.startswith("The work was stopped from outside 2 times in dying.")
    assert lines(journal) == ["die", "die"]


def test_a_worker_that_hangs_is_killed_and_its_job_taken_up(
    alone: Settings,
    journal: Path,
    serve: Callable[[Settings], Supervisor],
    opened: Callable[[Settings], Store],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = opened(alone)
    monkeypatch.setattr(supervision, "SILENT_S", 4.0)
    serve(alone)
    job, worker, _ = deaf(store, journal)
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: not alive(worker), "the end of the worker")
    wait_until(lambda: status(store, job, "ana").attempts == 2, "the second attempt")


def test_a_worker_elsewhere_is_taken_for_dead_by_its_silence_and_not_by_its_clock(
    alone: Settings, opened: Callable[[Settings], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, supervisor = opened(alone), Supervisor(alone)
    job = submit(store, SAMPLE + "tell", {}, "ana", "")
    assert leases.claim(store.database, "elsewhere/1") is not None
    with store.database.write() as connection:
        connection.execute(update(jobs).values(heartbeat_s=jobs.c.heartbeat_s - 3600))
    supervisor._recover(store)
    assert status(store, job, "ana").state == "running"
    monkeypatch.setattr(leases, "STALE_S", 0.0)
    supervisor._recover(store)
    assert status(store, job, "ana").state == "queued"


def test_one_data_folder_has_one_supervisor_and_the_next_takes_over(
    alone: Settings, journal: Path, serve: Callable[[Settings], Supervisor], opened: Callable[[Settings], Store],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(supervision, "RETRY_S", 0.1)
    store = opened(alone)
    first = serve(alone)
    tell = [{"journal": str(journal), "number": number} for number in range(2)]
    ended_as(store, submit(store, SAMPLE + "tell", tell[0], "ana", ""), "done")
    serve(alone)
    before = workers_of(os.getpid())
    first.stop()
    ended_as(store, submit(store, SAMPLE + "tell", tell[1], "ana", ""), "done")
    workers = [int(line.split()[0]) for line in lines(journal)]
    assert workers[0] in before
    assert workers[1] not in before


def test_workers_get_the_settings_of_their_supervisor(alone: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(alone, workers=3, keep_days=1.5, whisper="tiny", database="sqlite:///x")
    for name, value in worker_environment(changed).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == changed


def test_random_kills_lose_and_damage_nothing(settings: Settings) -> None:
    report = run_chaos(settings, kills=4, seed=1)
    assert report.passed, report
    assert report.worker_kills + report.app_kills == 4
    assert report.jobs_done >= 4
