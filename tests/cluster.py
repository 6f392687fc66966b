"""A real Dask cluster on this machine, for tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from erc_core.benchmarks.local_cluster import LocalCluster, free_port


class Cluster(LocalCluster):
    """A scheduler and workers that can be killed."""

    def __enter__(self) -> Cluster:
        return self

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

    def start_ended_workers(self) -> None:
        """Start again what has ended, as the container engine or service manager does: workers end with a scheduler."""
        for part in [one for one in self.workers if one.poll() is not None]:
            self.workers.remove(part)
            self.start_worker()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster of which nothing has been started."""
    with Cluster(tmp_path, free_port()) as made:
        yield made
