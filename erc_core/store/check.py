"""The store's own examination: what is missing, damaged, stale or astray, and the repair of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, exists, func, select, text

from erc_core.store.database import Database
from erc_core.store.files import FOLDERS, ContentFiles, Folder, is_older, is_used
from erc_core.store.removal import DAY_S, drop_results
from erc_core.store.rows import StoreReport
from erc_core.store.tables import copies, dialogues, files, results

GRACE_S = DAY_S / 24  # a file younger than this may belong to a transaction that is not finished
# Results whose dialogue is not there any more.
_STALE = (results.c.dialogue != "") & ~exists().where(dialogues.c.id == results.c.dialogue)


@dataclass(frozen=True, slots=True)
class _Result:
    kind: str
    key: str
    sha256: str


def check(database: Database, content: ContentFiles, hashes: bool, repair: bool, now_s: float) -> StoreReport:
    """Compare the database with the folders.

    Args:
        hashes: whether to read every file and compare it with its name, which takes a while
        repair: whether to remove strays, and missing, damaged and stale results, so that they are computed again
        now_s: seconds since 1970
    """
    with database.read() as connection:
        stored, clips = _results(connection), _clips(connection)
        stale = tuple(connection.execute(select(results.c.key).where(_STALE)).scalars().all())
        total = connection.execute(select(func.count()).select_from(dialogues)).scalar_one()
        state = _state(database, connection)
        strays = _strays(connection, content, now_s)
    gone = [result for result in stored if not content.path("results", result.sha256).is_file()]
    lost = {sha256 for sha256 in clips if not content.path("media", sha256).is_file()}
    if gone or lost:
        # What was deleted meanwhile lost its row before its file.
        with database.read() as connection:
            still, lost = set(_results(connection)), lost & _clips(connection)
        gone = [result for result in gone if result in still]
    damaged = _damaged(content) if hashes else frozenset()
    if repair:
        bad = frozenset(gone) | {result for result in stored if result.sha256 in damaged}
        _repair(database, content, bad, strays)
    return StoreReport(
        dialogues=total,
        results=len(stored),
        missing_media=tuple(sorted(lost)),
        missing_results=tuple(result.key for result in gone),
        damaged=tuple(sorted(damaged)),
        strays=tuple(f"{folder}/{path.name}" for folder, path in strays),
        stale_results=stale,
        database=state,
        repaired=repair,
    )


def _results(connection: Connection) -> list[_Result]:
    return [_Result(*row) for row in connection.execute(select(results.c.kind, results.c.key, results.c.sha256))]


def _clips(connection: Connection) -> set[str]:
    """Return the names of the files of all dialogues' clips and of their copies."""
    clips = set(connection.execute(select(dialogues.c.media).where(dialogues.c.media.is_not(None))).scalars())
    return clips | set(connection.execute(select(copies.c.sha256).where(copies.c.sha256 != "")).scalars())


def _state(database: Database, connection: Connection) -> str:
    """Ask the database about itself. PostgreSQL checks its pages as it reads them, so there it is enough to read."""
    if not database.is_sqlite:
        return "ok"
    return "; ".join(connection.execute(text("PRAGMA quick_check(5)")).scalars())


def _strays(connection: Connection, content: ContentFiles, now_s: float) -> list[tuple[Folder, Path]]:
    """Find old files without a row, and old rows of files that nothing refers to."""
    found: list[tuple[Folder, Path]] = []
    for folder in FOLDERS:
        of_folder = files.c.folder == folder
        known = set(connection.execute(select(files.c.sha256).where(of_folder)).scalars())
        found += [
            (folder, path)
            for path in content.walk(folder)
            if path.name not in known and is_older(path, now_s - GRACE_S)
        ]
        unused = select(files.c.sha256).where(of_folder, files.c.put_s < now_s - GRACE_S, ~is_used(folder))
        found += [(folder, content.path(folder, sha256)) for sha256 in connection.execute(unused).scalars()]
    return found


def _damaged(content: ContentFiles) -> frozenset[str]:
    """Return the names of files whose content has another hash; one that is removed meanwhile is none of them."""
    return frozenset(
        path.name for folder in FOLDERS for path in content.walk(folder) if _sha256(path) not in (path.name, None)
    )


def _sha256(path: Path) -> str | None:
    """Return the hash of a file's content; None where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _repair(
    database: Database,
    content: ContentFiles,
    bad: frozenset[_Result],
    strays: list[tuple[Folder, Path]],
) -> None:
    for result in bad:
        _drop(database, content, result)
    with database.write() as connection:
        orphans = drop_results(connection, _STALE)
    for sha256 in orphans:
        content.collect(database, "results", sha256)
    for folder, path in strays:
        if not content.collect(database, folder, path.name):
            content.remove_unknown(database, folder, path)


def _drop(database: Database, content: ContentFiles, result: _Result) -> None:
    """Delete a result whose file is gone or damaged, unless it was filed anew in the meantime."""
    path = content.path("results", result.sha256)
    with database.write() as connection:
        row = (files.c.folder == "results") & (files.c.sha256 == result.sha256)
        connection.execute(select(files.c.sha256).where(row).with_for_update())
        if _sha256(path) == result.sha256:
            return
        connection.execute(
            delete(results).where(
                results.c.kind == result.kind, results.c.key == result.key, results.c.sha256 == result.sha256
            )
        )
    content.collect(database, "results", result.sha256)
