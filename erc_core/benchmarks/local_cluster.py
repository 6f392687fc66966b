"""A Dask cluster on this machine, each part a process of its own: the optional requirements-cluster.txt."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent.parent
Part = subprocess.Popen[bytes]


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalCluster:
    """A scheduler and workers with one thread each; all end with it.

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

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(self, *_: object) -> None:
        for part in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            part.kill()
            part.wait()

    def start_scheduler(self) -> Part:
        """Start the scheduler; returns at once."""
        self.scheduler = self._begin("scheduler", "--host", "127.0.0.1", "--port", str(self.port))
        return self.scheduler

    def start_worker(self, *more: str) -> Part:
        """Start one more worker, with more arguments of its command; returns at once."""
        part = self._begin("worker", self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60", *more)
        self.workers.append(part)
        return part

    def _begin(self, what: str, *arguments: str) -> Part:
        environment = {
            **os.environ,
            "PYTHONPATH": str(PACKAGE),
            "ERC_DATA": str(self.folder / "data"),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, "--no-dashboard"]
        self._started += 1
        with (self.folder / f"{what}-{self._started}.log").open("wb") as log:
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
