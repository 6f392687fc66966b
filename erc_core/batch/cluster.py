"""A batch on a Dask cluster whose workers see the same folders: the optional requirements-cluster.txt.

A dead worker costs its clip's retry, which the scheduler sees to; a dead scheduler is waited for, as are workers, which
end with it and are started again by whatever runs them; a command that was killed goes on when it is given again,
because what is done lies in the folder of results.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError as FutureCancelledError
from typing import Any

from erc_core.batch.local import failed
from erc_core.batch.tasks import Result, Task, known_result, run_task
from erc_core.errors import JobError
from erc_core.jobs.cluster import Crew, connected, let_go, preferring_gpus
from erc_core.settings import load_settings

LOOK_EVERY_S = 0.2
RETRY_S = 1.0
PATIENCE_S = 300.0


def run_on_worker(task: Task) -> None:
    """Run one task on a worker, with that machine's own settings; what it found is in the task's file."""
    run_task(task, load_settings())


def run_on_cluster(tasks: Sequence[Task], address: str, patience_s: float = PATIENCE_S) -> Iterator[Result]:
    """Run tasks on a cluster and yield each result as it is there.

    Args:
        tasks: what is to be done; its paths must hold on every worker
        address: of the scheduler, such as ``tcp://host:8786``
        patience_s: how long to wait for a scheduler, or for workers, that are not there

    Raises:
        MissingResourceError: Dask is not installed
        JobError: there was no scheduler, or no worker, for so long
    """
    waiting = {task.result: task for task in tasks}
    seen_s = time.monotonic()
    while waiting:
        client = connected(address)
        if client is not None:
            try:
                yield from _run(client, waiting, patience_s)
            finally:
                let_go(client)
            seen_s = time.monotonic()
        for place, task in list(waiting.items()):  # workers that were cut off may have ended their work
            known = known_result(task) if client is not None else None
            if known is not None:
                del waiting[place]
                yield known
        if waiting and time.monotonic() - seen_s > patience_s:
            raise JobError(
                "The cluster cannot be reached", got=address, do="start its scheduler, and give the command again"
            )
        if waiting:
            time.sleep(RETRY_S)


def _run(client: Any, waiting: dict[str, Task], patience_s: float) -> Iterator[Result]:
    """Yield results until all are there or the scheduler is gone; what is in their files counts, not what it says."""
    where = preferring_gpus(client)
    futures = {
        client.submit(run_on_worker, task, key=f"erc-{place}", pure=False, **where): place
        for place, task in waiting.items()
    }
    crew = Crew(client, patience_s)
    while futures and client.status == "running":
        time.sleep(LOOK_EVERY_S)
        crew.check()
        for future in [one for one in futures if one.done()]:
            place = futures.pop(future)
            result = _result(future, waiting[place])
            if result is not None:
                del waiting[place]
                yield result


def _result(future: Any, task: Task) -> Result | None:
    """Return a result that is there, or that says how the work broke; None where it must be asked for again."""
    if future.status == "finished":
        return known_result(task)
    if future.status != "error":
        return None  # the scheduler went, and came back without knowing of it
    try:
        error = future.exception()
    except (OSError, TimeoutError, FutureCancelledError):
        return None
    return failed(task, JobError("The work broke on the cluster", got=f"{type(error).__name__}: {error}").sentence())
