"""The command ``batch`` on a Dask cluster: a real scheduler and two workers, of which some are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.batch.clips import batch, make_clips, results
from tests.browser.server import ROOT, free_port

CLIPS = 6
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a part of the cluster; all end with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(what: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ERC_DATA": str(tmp_path / "data"),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments]
        with (tmp_path / f"{what}-{len(running)}.log").open("wb") as log:
            part = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        running.append(part)
        return part

    yield begin
    for part in running:
        part.kill()
        part.wait()


def start_worker(start: Start, address: str) -> subprocess.Popen[bytes]:
    return start("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")


def start_scheduler(start: Start, port: int) -> subprocess.Popen[bytes]:
    return start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")


def wait_for_results(out: Path, count: int) -> None:
    deadline_s = time.monotonic() + 250
    while len(list(out.glob("*.json"))) < count:
        assert time.monotonic() < deadline_s, f"{len(list(out.glob('*.json')))} results came"
        time.sleep(0.02)


def test_a_batch_on_a_cluster_outlives_a_worker_and_the_scheduler(tmp_path: Path, start: Start) -> None:
    clips, out = tmp_path / "clips", tmp_path / "out"
    make_clips(clips, CLIPS)
    address = f"tcp://127.0.0.1:{(port := free_port())}"
    scheduler = start_scheduler(start, port)
    workers = [start_worker(start, address) for _ in range(2)]
    command = batch(clips, out, tmp_path / "data", "--cluster", address, "--json", "--quiet")
    try:
        wait_for_results(out, 1)
        workers[0].kill()
        wait_for_results(out, 3)
        scheduler.kill()
        scheduler.wait()
        workers[1].kill()
        start_scheduler(start, port)
        start_worker(start, address)
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


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from erc_core.batch import cluster
    from erc_core.batch.tasks import Task
    from erc_core.errors import JobError

    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    task = Task("a.wav", "a.wav", "", str(tmp_path / "a.json"), ("dq_former",))
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(JobError, match="The cluster cannot be reached"):
        list(cluster.run_on_cluster([task], address, patience_s=0.1))
