"""The command ``batch`` on a Dask cluster: a real scheduler and two workers, of which some are killed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from erc_core.benchmarks.local_cluster import free_port
from tests.batch.clips import batch, make_clips, results
from tests.batch.endurance import endure
from tests.cluster import Cluster

CLIPS = 6


def wait_for_results(out: Path, count: int) -> None:
    deadline_s = time.monotonic() + 250
    while len(list(out.glob("*.json"))) < count:
        assert time.monotonic() < deadline_s, f"{len(list(out.glob('*.json')))} results came"
        time.sleep(0.02)


def test_a_batch_on_a_cluster_outlives_a_worker_and_the_scheduler(tmp_path: Path, cluster: Cluster) -> None:
    clips, out = tmp_path / "clips", tmp_path / "out"
    make_clips(clips, CLIPS)
    cluster.start_scheduler()
    workers = [cluster.start_worker() for _ in range(2)]
    command = batch(clips, out, tmp_path / "data", "--cluster", cluster.address, "--json", "--quiet")
    try:
        wait_for_results(out, 1)
        workers[0].kill()
        wait_for_results(out, 3)
        cluster.kill_scheduler()
        workers[1].kill()
        cluster.start_scheduler()
        cluster.start_worker()
        printed, said = command.communicate(timeout=250)
    finally:
        command.kill()
    assert command.returncode == 0, said
    summary = json.loads(printed)
    assert (summary["clips"], summary["done"], summary["failed"]) == (CLIPS, CLIPS, 0)
    found = results(out)
    assert set(found) == {f"{number}.wav" for number in range(CLIPS)}
    assert all(body["status"] == "done" for body in found.values())
    assert not list(out.glob(".part-*"))


@pytest.mark.alone
def test_a_short_endurance_run_leaves_each_clip_with_one_result(tmp_path: Path) -> None:
    found = endure(6, 4, seed=1, folder=tmp_path, pause_s=(3.0, 6.0))
    assert found.passed, found
    assert sum(found.kills.values()) >= 1


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from erc_core.batch import cluster
    from erc_core.batch.tasks import Task
    from erc_core.errors import JobError
    from erc_core.jobs import cluster as connecting

    monkeypatch.setattr(connecting, "CONNECT_S", 0.5)
    task = Task("a.wav", "a.wav", "", str(tmp_path / "a.json"), ("dq_former",))
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(JobError, match="The cluster cannot be reached"):
        list(cluster.run_on_cluster([task], address, patience_s=0.1))


def test_a_cluster_without_workers_is_said(tmp_path: Path, cluster: Cluster) -> None:
    from erc_core.batch.cluster import run_on_cluster
    from erc_core.batch.tasks import Task
    from erc_core.errors import JobError

    cluster.start_scheduler()
    task = Task("a.wav", "a.wav", "", str(tmp_path / "a.json"), ("dq_former",))
    with pytest.raises(JobError, match="The cluster has no workers"):
        list(run_on_cluster([task], cluster.address, patience_s=5.0))
