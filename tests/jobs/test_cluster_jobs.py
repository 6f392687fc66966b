"""The app's jobs on a real Dask cluster: who runs them, what a death costs, and how they are cancelled."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from erc_core.errors import ErcError
from erc_core.jobs.cluster import connected, let_go, run_there
from erc_core.jobs.lease import Lease
from erc_core.jobs.queue import cancel, status, submit
from erc_core.jobs.supervisor import Supervisor
from erc_core.settings import Settings
from erc_core.store.store import Store
from tests.cluster import Cluster
from tests.jobs.sample_jobs import SAMPLE, Numbers
from tests.jobs.waiting import ended_as, wait_until

pytestmark = pytest.mark.alone

Begin = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def lab(tmp_path: Path, cluster: Cluster) -> Settings:
    """Settings of an app whose jobs run on a cluster that is yet to be started."""
    return Settings(data=tmp_path / "data", cluster=cluster.address, workers=1)


@pytest.fixture
def store(lab: Settings) -> Iterator[Store]:
    opened = Store(lab)
    supervisor = Supervisor(lab)
    supervisor.start()
    yield opened
    supervisor.stop()
    opened.close()


@pytest.fixture
def begin(cluster: Cluster) -> Begin:
    cluster.start_scheduler()
    return cluster.start_worker


def lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


def test_a_job_runs_on_a_machine_of_the_cluster(store: Store, begin: Begin, tmp_path: Path) -> None:
    machine, journal = begin(), tmp_path / "journal"
    ended_as(store, submit(store, SAMPLE + "tell", {"journal": str(journal), "number": 1}, "ana", ""), "done")
    ((pid, *_),) = (line.split() for line in lines(journal))
    assert int(pid) == machine.pid


def test_a_machine_that_dies_costs_the_step_it_was_at(store: Store, begin: Begin, tmp_path: Path) -> None:
    machine, journal = begin(), tmp_path / "journal"
    params = {"journal": str(journal), "name": "a", "seconds": 1.5}
    job = submit(store, SAMPLE + "count", params, "ana", "")
    wait_until(lambda: "a features" in lines(journal), "the second step")
    machine.kill()
    begin()
    ended_as(store, job, "done")
    assert lines(journal).count("a decode") == 1
    assert lines(journal).count("a features") == 2
    assert store.result("numbers", status(store, job, "ana").result_key, Numbers) is not None


def test_cancelling_takes_effect_within_two_seconds_there_too(store: Store, begin: Begin, tmp_path: Path) -> None:
    begin()
    journal = tmp_path / "journal"
    job = submit(store, SAMPLE + "count", {"journal": str(journal), "name": "a", "seconds": 60.0}, "ana", "")
    wait_until(lambda: lines(journal) == ["a decode"], "the first step")
    begun_s = time.monotonic()
    cancel(store, job, "ana")
    ended_as(store, job, "cancelled")
    assert time.monotonic() - begun_s < 2
    # The machine is free again.
    ended_as(store, submit(store, SAMPLE + "tell", {"journal": str(journal), "number": 1}, "ana", ""), "done")


def known_machines(cluster: Cluster) -> int:
    client = connected(cluster.address)
    if client is None:
        return 0
    try:
        return len(client.scheduler_info(n_workers=-1)["workers"])
    finally:
        client.close(timeout=1)


def test_machines_with_a_gpu_are_taken_first_and_others_where_there_is_none_any_more(
    store: Store, begin: Begin, cluster: Cluster, tmp_path: Path
) -> None:
    plain, gpu = begin(), cluster.start_worker("--resources", "GPU=1")
    wait_until(lambda: known_machines(cluster) == 2, "both machines", deadline_s=120)
    journal = tmp_path / "journal"
    for number in range(3):
        ended_as(store, submit(store, SAMPLE + "tell", {"journal": str(journal), "number": number}, "ana", ""), "done")
    assert {int(line.split()[0]) for line in lines(journal)} == {gpu.pid}
    gpu.kill()
    gpu.wait()
    ended_as(store, submit(store, SAMPLE + "tell", {"journal": str(journal), "number": 3}, "ana", ""), "done")
    assert int(lines(journal)[-1].split()[0]) == plain.pid


def test_what_a_function_refuses_there_is_said_here(store: Store, begin: Begin) -> None:
    begin()
    job = submit(store, SAMPLE + "refuse", {}, "ana", "")
    message = ended_as(store, job, "failed").message
    assert "The clip has no sound. got: 0 streams. what to do: choose another clip." in message
    broken = submit(store, SAMPLE + "break_down", {}, "ana", "")
    message = ended_as(store, broken, "failed").message
    assert "The work broke on the cluster. got: ZeroDivisionError" in message


def test_a_machine_with_another_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from erc_core.jobs import cluster

    monkeypatch.setattr(cluster, "load_settings", lambda: Settings(data=tmp_path / "elsewhere"))
    cluster._store.cache_clear()
    with pytest.raises(ErcError, match=r"sees another store. got: .*elsewhere"):
        run_there(Lease("no such job", "w", SAMPLE + "refuse", "", "ana", {}))
    cluster._store().close()
    cluster._store.cache_clear()


def test_a_connection_that_does_not_close_in_time_costs_nothing() -> None:
    asked = []

    class Slow:
        def close(self, timeout: float) -> None:
            asked.append(timeout)
            raise TimeoutError(f"timed out after {timeout} s.")

    let_go(Slow())
    assert asked == [1]  # once, and not for long
