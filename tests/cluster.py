"""Parts of a real Dask cluster on this machine, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.server import ROOT

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
