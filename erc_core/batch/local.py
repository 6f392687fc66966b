"""A batch on this machine: the queue and the workers of the app, with a store of their own beside the results.

A killed worker costs its clip's retry; a killed command goes on when it is given again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from erc_core.batch.tasks import Result, Task, known_result, run_task, task_key, write_result
from erc_core.errors import ErcError
from erc_core.jobs import queue
from erc_core.jobs.context import JobContext
from erc_core.jobs.states import JobState
from erc_core.jobs.supervisor import Supervisor
from erc_core.settings import Settings
from erc_core.store.store import Store

FUNCTION = "erc_core.batch.local:clip_job"
OWNER = "batch"
LOOK_EVERY_S = 0.3


def clip_job(context: JobContext, data: str, **task: object) -> str:
    """Run one task in a worker.

    Args:
        context: the job
        data: the data folder in which fetched model files lie
        task: the fields of the task
    """
    asked = Task(**{**task, "models": tuple(task["models"])})  # type: ignore[arg-type]
    run_task(asked, replace(context.settings, data=Path(data)), context.progress)
    return ""


def run_here(tasks: Sequence[Task], settings: Settings, work: Path, workers: int) -> Iterator[Result]:
    """Run tasks in worker processes and yield each result as it is there.

    Args:
        tasks: what is to be done
        settings: limits, device, data folder
        work: a folder for the queue, kept from one call to the next
        workers: how many processes

    Raises:
        StoreError: the folder cannot be used
    """
    inner = replace(settings, data=work, database="", cluster="", workers=workers, keep_days=0.0)
    store = Store(inner)
    supervisor = Supervisor(inner)
    try:
        waiting = {_submit(store, task, settings): task for task in tasks}
        supervisor.start()
        while waiting:
            time.sleep(LOOK_EVERY_S)
            for state in queue.jobs_of(store, OWNER):
                if state.ended and state.id in waiting:
                    task = waiting.pop(state.id)
                    result = _result(task, state)
                    if result is None:  # somebody removed it meanwhile
                        waiting[_submit(store, task, settings)] = task
                    else:
                        yield result
    finally:
        supervisor.stop()
        store.close()


def _submit(store: Store, task: Task, settings: Settings) -> str:
    return queue.submit(store, FUNCTION, {**asdict(task), "data": str(settings.data)}, OWNER, task.name)


def _result(task: Task, state: JobState) -> Result | None:
    """Return a task's result; of a job that broke, one that says why."""
    if state.state == "done":
        return known_result(task)
    return failed(task, state.message)


def failed(task: Task, message: str) -> Result:
    """Write and return the result of a task that broke."""
    result = Result(task.name, "failed", 0.0, message)
    try:
        key = task_key(task)
    except ErcError:
        key = ""
    write_result(task, key, result, {})
    return result
