"""The queue as pages see it: ask for work, watch it, cancel it. No call waits for the work."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, exists, func, or_, select, update

from erc_core import __version__
from erc_core.errors import JobError
from erc_core.jobs.estimate import remaining_s, usual_seconds
from erc_core.jobs.states import JobState, JobStep, State
from erc_core.store.database import insert_new, plain_text, upsert
from erc_core.store.keys import canonical_json, result_key
from erc_core.store.store import Store
from erc_core.store.tables import dialogues, jobs, results, steps, watchers

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_FRESH: dict[str, object] = {
    "state": "queued",
    "step": "",
    "fraction": 0.0,
    "step_started_s": 0.0,
    "message": "",
    "result_key": "",
    "attempts": 0,
    "worker": "",
    "heartbeat_s": 0.0,
    "cancel_s": None,
    "started_s": None,
    "finished_s": None,
}


def submit(
    store: Store, function: str, params: Mapping[str, object], owner: str, label: str, *, shared: bool = False
) -> str:
    """Ask for a job and return its id. An equal request that is waiting, running or done is not computed twice.

    Args:
        function: ``package.module:function``, called in a worker as ``function(context, **params)``; it returns the
            content key that its result is stored under, or the id of the dialogue that it filed, or an empty text
            where it keeps nothing
        params: plain JSON data; under ``dialogue`` the id of the dialogue it is about, if there is one: the job is
            deleted with that dialogue
        owner: the session that may watch and cancel it
        label: what that session calls it
        shared: whether equal requests of several sessions are one job. Only for functions that do the same whoever
            asks: the job runs for the first of them

    Raises:
        JobError: ``function`` is not of that form
        StoreError: the parameters are not JSON data
    """
    if not _FUNCTION.fullmatch(function):
        raise JobError("A job needs a function", got=function, allowed="package.module:function")
    asker = None if shared else owner
    key = result_key(function=function, params=dict(params), owner=asker, version=__version__)
    dialogue = str(params.get("dialogue", ""))
    now_s = time.time()
    new = {"id": secrets.token_hex(16), "key": key, "function": function, "params": canonical_json(dict(params))}
    with store.database.write() as connection:
        insert_new(connection, jobs, ("key",), **new, dialogue=dialogue, created_s=now_s, **_FRESH)
        row = connection.execute(select(jobs).where(jobs.c.key == key).with_for_update()).one()
        if _must_run_again(connection, row, owner):
            connection.execute(update(jobs).where(jobs.c.id == row.id).values(created_s=now_s, **_FRESH))
        elif row.cancel_s is not None and row.state == "running":
            # The worker may have heard of the cancellation already; without the mark it puts the job back in line.
            connection.execute(update(jobs).where(jobs.c.id == row.id).values(cancel_s=None))
        upsert(
            connection, watchers, ("job", "owner"), job=row.id, owner=owner, label=plain_text(label), created_s=now_s
        )
    return str(row.id)


def _must_run_again(connection: Connection, row: Row[Any], owner: str) -> bool:
    """Tell whether a known job failed, was cancelled, or has lost its result, which may also be a dialogue."""
    if row.state in ("failed", "cancelled"):
        return True
    if row.state != "done":
        return False
    kept = exists().where(results.c.key == row.result_key)
    filed = exists().where(dialogues.c.id == row.result_key, dialogues.c.owner == owner)
    return not connection.execute(select(or_(kept, filed))).scalar()


def status(store: Store, job_id: str, owner: str) -> JobState:
    """Return how a job stands.

    Raises:
        JobError: this owner has no such job
    """
    with store.database.read() as connection:
        row = connection.execute(_watched(owner).where(jobs.c.id == job_id)).first()
        if row is None:
            raise _no_such_job(job_id)
        return _state(connection, row)


def jobs_of(store: Store, owner: str) -> tuple[JobState, ...]:
    """Return all jobs of an owner, the newest first."""
    with store.database.read() as connection:
        rows = connection.execute(_watched(owner).order_by(watchers.c.created_s.desc(), jobs.c.id)).all()
        return tuple(_state(connection, row) for row in rows)


def cancel(store: Store, job_id: str, owner: str) -> None:
    """Give up a job. It stops within 2 seconds, unless another session wants the same result.

    Raises:
        JobError: this owner has no such job
    """
    now_s = time.time()
    with store.database.write() as connection:
        row = connection.execute(select(jobs.c.state).where(jobs.c.id == job_id).with_for_update()).first()
        mine = connection.execute(_watched(owner).where(jobs.c.id == job_id)).first()
        if row is None or mine is None:
            raise _no_such_job(job_id)
        others = exists().where(watchers.c.job == job_id, watchers.c.owner != owner)
        if connection.execute(select(others)).scalar():
            connection.execute(delete(watchers).where(watchers.c.job == job_id, watchers.c.owner == owner))
        elif row.state == "queued":
            ended = {"state": "cancelled", "finished_s": now_s, "cancel_s": now_s}
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(**ended))
        elif row.state == "running":
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(cancel_s=now_s))


def _no_such_job(job_id: str) -> JobError:
    return JobError("There is no such job", got=job_id, do="start the analysis again")


def _watched(owner: str) -> Any:
    return select(jobs, watchers.c.label).join(watchers, watchers.c.job == jobs.c.id).where(watchers.c.owner == owner)


def _state(connection: Connection, row: Row[Any]) -> JobState:
    query = select(steps.c.name, steps.c.seconds).where(steps.c.job == row.id).order_by(steps.c.position)
    done = tuple(JobStep(*step) for step in connection.execute(query))
    eta_s = None
    if row.state == "running":
        usual = usual_seconds(connection, row.function)
        eta_s = remaining_s(row.step, row.fraction, time.time() - row.step_started_s, done, usual)
    ahead = 0
    if row.state == "queued":
        earlier = select(func.count()).where(jobs.c.state.in_(("queued", "running")), jobs.c.created_s < row.created_s)
        ahead = int(connection.execute(earlier).scalar_one())
    return JobState(
        id=row.id,
        function=row.function,
        label=row.label,
        state=cast(State, row.state),
        step=row.step,
        fraction=row.fraction,
        steps=done,
        eta_s=eta_s,
        ahead=ahead,
        message=row.message,
        result_key=row.result_key,
        attempts=row.attempts,
        created_s=row.created_s,
        finished_s=row.finished_s,
    )
