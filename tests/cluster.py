"""A real Dask cluster on this machine, for tests."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.server import ROOT, free_port

Part = subprocess.Popen[bytes]


class Cluster:
    """A scheduler and workers, each a process; all end with it.

    Args:
        folder: for logs; its folder ``data`` is the workers' store
        port: where the scheduler listens
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler: Part | None = None
        self.workers: list[Part] = []
        self._started = 0

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for part in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            part.kill()
            part.wait()

    def start_scheduler(self) -> Part:
        self.scheduler = self._begin("scheduler", "--host", "127.0.0.1", "--port", str(self.port))
        return self.scheduler

    def start_worker(self) -> Part:
        part = self._begin("worker", self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60")
        self.workers.append(part)
        return part

    def kill_scheduler(self) -> None:
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()

    def kill_worker(self, chance: random.Random) -> None:
        """Kill one of the workers that live."""
        part = chance.choice([one for one in self.workers if one.poll() is None] or self.workers)
        part.kill()
        part.wait()
        self.workers.remove(part)

    def _begin(self, what: str, *arguments: str) -> Part:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ERC_DATA": str(self.folder / "data"),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, "--no-dashboard"]
        self._started += 1
        with (self.folder / f"{what}-{self._started}.log").open("wb") as log:
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster of which nothing has been started."""
    with Cluster(tmp_path, free_port()) as made:
        yield made
