"""A worker's hold on a job. Every change names the worker, so one that lost its hold changes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from erc_core.errors import JobError
from erc_core.store.database import Database, plain_text, upsert
from erc_core.store.tables import jobs, steps, watchers

STALE_S = 30.0  # a worker on another machine that was silent for so long is taken for dead


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that a worker holds: what to run, for whom, and the worker's name."""

    job: str
    worker: str
    function: str
    dialogue: str
    owner: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def held(self) -> ColumnElement[bool]:
        """The job's row, while this worker holds it."""
        return (jobs.c.id == self.job) & (jobs.c.worker == self.worker) & (jobs.c.state == "running")


def claim(database: Database, worker: str) -> Lease | None:
    """Take the job that has waited longest, or return None where none waits."""
    with database.read() as connection:  # an idle worker must not take the writers' lock again and again
        if connection.execute(select(jobs.c.id).where(jobs.c.state == "queued").limit(1)).first() is None:
            return None
    waiting = (
        select(jobs)
        .where(jobs.c.state == "queued")
        .order_by(jobs.c.created_s, jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    now_s = time.time()
    with database.write() as connection:
        row = connection.execute(waiting).first()
        if row is None:
            return None
        taken = {"state": "running", "worker": worker, "heartbeat_s": now_s, "step_started_s": now_s}
        values = {**taken, "attempts": row.attempts + 1, "started_s": row.started_s or now_s, "fraction": 0.0}
        connection.execute(update(jobs).where(jobs.c.id == row.id).values(**values))
        first = select(watchers.c.owner).where(watchers.c.job == row.id).order_by(watchers.c.created_s).limit(1)
        owner = connection.execute(first).scalar() or ""
    return Lease(row.id, worker, row.function, row.dialogue, owner, json.loads(row.params))


def beat(database: Database, lease: Lease) -> bool:
    """Say that the worker lives; tell whether it may go on."""
    return _change(database, lease, heartbeat_s=time.time())


def may_go_on(database: Database, lease: Lease) -> bool:
    """Tell whether the job is still this worker's and nobody cancelled it."""
    with database.read() as connection:
        row = connection.execute(select(jobs.c.cancel_s).where(lease.held)).first()
    return row is not None and row.cancel_s is None


def known(database: Database, lease: Lease) -> bool:
    """Tell whether this database has the job at all."""
    with database.read() as connection:
        return connection.execute(select(jobs.c.id).where(jobs.c.id == lease.job)).first() is not None


def report(database: Database, lease: Lease, step: str, fraction: float, step_started_s: float) -> bool:
    """Write how far the work is; tell whether it may go on."""
    return _change(
        database,
        lease,
        step=plain_text(step),
        fraction=fraction,
        step_started_s=step_started_s,
        heartbeat_s=time.time(),
    )


def _change(database: Database, lease: Lease, **values: object) -> bool:
    with database.write() as connection:
        changed = update(jobs).where(lease.held).values(**values).returning(jobs.c.cancel_s)
        row = connection.execute(changed).first()
    return row is not None and row.cancel_s is None


def link(database: Database, lease: Lease, dialogue_id: str) -> None:
    """Make a job belong to a dialogue, so that it is deleted with that."""
    _change(database, lease, dialogue=dialogue_id)


def end_step(database: Database, lease: Lease, name: str, position: int, seconds: float, stored: bool) -> None:
    """Note a finished step. One whose result is stored starts the count of attempts anew: the job has moved on."""
    with database.write() as connection:
        if connection.execute(select(jobs.c.id).where(lease.held).with_for_update()).first() is None:
            return
        upsert(
            connection, steps, ("job", "name"), job=lease.job, name=plain_text(name), position=position, seconds=seconds
        )
        if stored:
            connection.execute(update(jobs).where(lease.held).values(attempts=1))


def finish(database: Database, lease: Lease, result_key: str) -> None:
    """Mark the job as done."""
    done = {"state": "done", "result_key": result_key, "fraction": 1.0, "finished_s": time.time(), "worker": ""}
    with database.write() as connection:
        connection.execute(update(jobs).where(lease.held).values(**done))


def fail(database: Database, lease: Lease, message: str) -> None:
    """Mark the job as failed, with the sentence for its owners."""
    failed = {"state": "failed", "message": plain_text(message), "finished_s": time.time(), "worker": ""}
    with database.write() as connection:
        connection.execute(update(jobs).where(lease.held).values(**failed))


def stop(database: Database, lease: Lease) -> None:
    """Let go of a job that shall stop: cancelled, or back in line where somebody asked for it again meanwhile."""
    with database.write() as connection:
        row = connection.execute(select(jobs).where(lease.held).with_for_update()).first()
        if row is not None:
            _put_back(connection, row)


def overdue(database: Database, before_s: float) -> tuple[str, ...]:
    """Return the workers that still run a job which was cancelled before ``before_s``."""
    with database.read() as connection:
        late = select(jobs.c.worker).where(jobs.c.state == "running", jobs.c.cancel_s < before_s)
        return tuple(connection.execute(late).scalars())


def holders(database: Database) -> tuple[Row[Any], ...]:
    """Return worker and last heartbeat of every running job."""
    with database.read() as connection:
        running = select(jobs.c.worker, jobs.c.heartbeat_s).where(jobs.c.state == "running")
        return tuple(connection.execute(running))


def release(database: Database, workers: Collection[str], max_attempts: int, counted: bool) -> None:
    """Put the jobs of dead workers back in line, or fail those that were tried too often.

    Args:
        workers: names of workers that are dead
        max_attempts: how often one step of a job may be begun
        counted: whether this attempt counts; not where the program itself stopped the worker
    """
    with database.write() as connection:
        held = select(jobs).where(jobs.c.state == "running", jobs.c.worker.in_(workers)).with_for_update()
        for row in connection.execute(held).all():
            if row.cancel_s is None and counted and row.attempts >= max_attempts:
                error = JobError(
                    f"The work was stopped from outside {row.attempts} times" + (f" in {row.step}" if row.step else ""),
                    allowed=f"{max_attempts} attempts",
                    do="often the memory is too small: try a shorter clip, or a machine with more memory",
                )
                values = {"state": "failed", "message": error.sentence(), "finished_s": time.time(), "worker": ""}
                connection.execute(update(jobs).where(jobs.c.id == row.id).values(**values))
            else:
                _put_back(connection, row, 0 if counted else 1)


def _put_back(connection: Connection, row: Row[Any], forgiven: int = 1) -> None:
    if row.cancel_s is not None:
        values: dict[str, object] = {"state": "cancelled", "finished_s": time.time(), "worker": ""}
    else:
        values = {"state": "queued", "attempts": row.attempts - forgiven, "worker": ""}
    connection.execute(update(jobs).where(jobs.c.id == row.id).values(**values))
