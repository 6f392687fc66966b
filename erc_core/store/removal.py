"""Removing: a dialogue with all that was derived from it, clips past their time, files that nothing refers to.

Rows go first and files after them, so a crash in between leaves files without rows; the next check removes those.
"""

from __future__ import annotations

import time

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from erc_core.store import accounts, notes, shares
from erc_core.store import dialogues as dialogue_rows
from erc_core.store.database import Database
from erc_core.store.files import ContentFiles, is_older, remove
from erc_core.store.rows import SweepReport
from erc_core.store.tables import dialogues, jobs, results, steps, uploads, watchers

DAY_S = 86_400.0
UNCLAIMED_S = DAY_S  # an upload that became no dialogue in this time was abandoned
INCOMING_S = 6 * 3600.0  # a half-written file, or a log without a job, that did not change for this time has no writer
KEEP_JOBS_S = 7 * DAY_S
STEP_KIND = "step:"  # the kind of a step's result is this and the job's id


def delete_dialogue(database: Database, content: ContentFiles, dialogue_id: str, owner: str) -> None:
    """Remove an owner's dialogue, its clip, results and jobs, save what another owner's equal dialogue needs.

    Raises:
        StoreError: this owner has no such dialogue
    """
    if not _remove(database, content, dialogue_id, owner, "delete"):
        raise dialogue_rows.no_such_dialogue(dialogue_id)


def _remove(database: Database, content: ContentFiles, dialogue_id: str, owner: str, action: accounts.Action) -> bool:
    own = (dialogues.c.id == dialogue_id) & (dialogues.c.owner == owner)
    with database.write() as connection:
        # All owners' locks: of two who remove it at a time, the second one sees that the first one's is gone.
        dialogue_rows.hold(connection, dialogue_id, alone=True)
        row = connection.execute(select(dialogues.c.media).where(own)).first()
        if row is None:
            return False
        connection.execute(delete(dialogues).where(own))
        notes.drop(connection, dialogue_id, owner)
        shares.drop(connection, dialogue_id, owner)
        accounts.note(connection, owner, action, dialogue_id)
        connection.execute(delete(uploads).where(uploads.c.sha256 == row.media, uploads.c.owner == owner))
        gone = not connection.execute(select(exists().where(dialogues.c.id == dialogue_id))).scalar()
        orphans, dropped = _drop_jobs(connection, dialogue_id, None if gone else owner)
        if gone:
            orphans |= drop_results(connection, results.c.dialogue == dialogue_id)
            notes.drop_all(connection, dialogue_id)
    for sha256 in orphans:
        content.collect(database, "results", sha256)
    if row.media is not None:
        content.collect(database, "media", row.media)
    for job in dropped:
        content.log_path(job).unlink(missing_ok=True)
    return True


def drop_results(connection: Connection, which: ColumnElement[bool]) -> set[str]:
    """Delete results and return the files that they named."""
    orphans = set(connection.execute(select(results.c.sha256).where(which)).scalars())
    connection.execute(delete(results).where(which))
    return orphans


def _drop_jobs(connection: Connection, dialogue_id: str, owner: str | None) -> tuple[set[str], tuple[str, ...]]:
    """Take an owner off the jobs of a dialogue; delete those that nobody else watches.

    Of a running one a nameless row stays: it tells the worker to stop, and the supervisor which worker to end.

    Args:
        owner: None for everybody: the dialogue is gone, for those too who were shown it by a link
    """
    about = (jobs.c.dialogue == dialogue_id) | (jobs.c.result_key == dialogue_id)
    # First the locks of the jobs, as whoever asks for, takes or cancels one does: none is taken up while it is dropped.
    found = tuple(connection.execute(select(jobs.c.id).where(about).order_by(jobs.c.id).with_for_update()).scalars())
    theirs = watchers.c.job.in_(found)
    connection.execute(delete(watchers).where(theirs if owner is None else theirs & (watchers.c.owner == owner)))
    unwatched = select(jobs.c.id).where(jobs.c.id.in_(found), ~exists().where(watchers.c.job == jobs.c.id))
    dropped = tuple(connection.execute(unwatched).scalars())
    nameless = {"key": jobs.c.id, "params": "{}", "dialogue": "", "step": "", "cancel_s": time.time()}
    connection.execute(update(jobs).where(jobs.c.id.in_(dropped), jobs.c.state == "running").values(**nameless))
    return forget_jobs(connection, dropped), dropped


def forget_jobs(connection: Connection, job_ids: tuple[str, ...]) -> set[str]:
    """Delete jobs, save the rows of running ones, with their steps' results; return the files that those named."""
    orphans = drop_results(connection, results.c.kind.in_([STEP_KIND + job for job in job_ids]))
    for table in (steps, watchers):
        connection.execute(delete(table).where(table.c.job.in_(job_ids)))
    connection.execute(delete(jobs).where(jobs.c.id.in_(job_ids), jobs.c.state != "running"))
    return orphans


def forget_steps(database: Database, content: ContentFiles, job_id: str) -> None:
    """Remove the results of a job's steps: the job is done, so nobody will resume it."""
    with database.write() as connection:
        orphans = drop_results(connection, results.c.kind == STEP_KIND + job_id)
    for sha256 in orphans:
        content.collect(database, "results", sha256)


def sweep(database: Database, content: ContentFiles, keep_days: float, now_s: float) -> SweepReport:
    """Remove what is past its time: sessions' dialogues, unclaimed clips, half-written files, old jobs.

    Args:
        keep_days: a session's dialogue is removed so many days after it was last brought; 0 keeps them all
        now_s: seconds since 1970
    """
    with database.write() as connection:
        accounts.drop_before(connection, now_s)
    _sweep_logs(database, content, now_s)
    return SweepReport(
        dialogues=_sweep_dialogues(database, content, keep_days, now_s),
        media=_sweep_media(database, content, now_s),
        incoming=_sweep_incoming(content, now_s),
        jobs=_sweep_jobs(database, content, now_s - min(KEEP_JOBS_S, keep_days * DAY_S or KEEP_JOBS_S)),
    )


def _sweep_dialogues(database: Database, content: ContentFiles, keep_days: float, now_s: float) -> int:
    if keep_days <= 0:
        return 0
    old = (dialogues.c.owner != dialogue_rows.BUNDLED) & (dialogues.c.claimed_s < now_s - keep_days * DAY_S)
    with database.write() as connection:
        found = connection.execute(select(dialogues.c.id, dialogues.c.owner).where(old)).all()
        notes.drop_before(connection, now_s - keep_days * DAY_S)  # those on bundled examples go with no dialogue
    return sum(_remove(database, content, row.id, row.owner, "expire") for row in found)


def _sweep_media(database: Database, content: ContentFiles, now_s: float) -> int:
    old = uploads.c.put_s < now_s - UNCLAIMED_S
    with database.write() as connection:
        found = set(connection.execute(select(uploads.c.sha256).where(old)).scalars())
        connection.execute(delete(uploads).where(old))
    return sum(content.collect(database, "media", sha256) for sha256 in found)


def _sweep_incoming(content: ContentFiles, now_s: float) -> int:
    old = [path for path in content.incoming() if is_older(path, now_s - INCOMING_S)]
    for path in old:
        remove(path)
    return len(old)


def _sweep_logs(database: Database, content: ContentFiles, now_s: float) -> None:
    """Remove logs whose job is gone: its worker wrote when it was dropped, or the program ended before its log went."""
    old = [path for path in content.logs() if is_older(path, now_s - INCOMING_S)]
    with database.read() as connection:
        known = set(connection.execute(select(jobs.c.id)).scalars())
    for path in old:
        if path.stem not in known:
            remove(path)


def _sweep_jobs(database: Database, content: ContentFiles, before_s: float) -> int:
    with database.write() as connection:
        old = select(jobs.c.id).where(jobs.c.finished_s < before_s).order_by(jobs.c.id).with_for_update()
        found = tuple(connection.execute(old).scalars())
        orphans = forget_jobs(connection, found)
    for sha256 in orphans:
        content.collect(database, "results", sha256)
    for job in found:
        content.log_path(job).unlink(missing_ok=True)
    return len(found)
