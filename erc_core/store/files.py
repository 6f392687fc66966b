"""Files by content hash: written beside, synced, and moved into place in one step."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select

from erc_core.errors import StoreError
from erc_core.store.database import Database, upsert
from erc_core.store.keys import checked_sha256
from erc_core.store.tables import copies, dialogues, files, results, uploads

Folder = Literal["media", "results"]
FOLDERS: tuple[Folder, ...] = ("media", "results")
_INCOMING = "incoming"
_LOGS = "logs"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is whole and on the disk, but not yet in its place."""

    path: Path
    sha256: str
    size_bytes: int


class ContentFiles:
    """The folders ``media`` and ``results`` under ``root``; each file's name is the sha256 of its content.

    The table ``files`` names the files that are in place. Who moves or removes a file holds the lock of its row, so a
    file that somebody brings again while another one deletes it is there afterwards.

    Args:
        root: the data folder; its parts are made readable by this user alone
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in (*FOLDERS, _INCOMING, _LOGS):
            (root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, folder: Folder, sha256: str) -> Path:
        """Return where a content is or would be.

        Raises:
            StoreError: ``sha256`` is no content hash
        """
        return self.root / folder / checked_sha256(sha256)[:2] / sha256

    def log_path(self, job_id: str) -> Path:
        """Return where a job's log is or would be."""
        return self.root / _LOGS / f"{job_id}.log"

    @contextmanager
    def stage(self, stream: IO[bytes]) -> Iterator[Staged]:
        """Write a stream to the disk under a name of its own, and remove that file at the end if it was not placed.

        Raises:
            StoreError: the disk cannot take it
        """
        handle, name = tempfile.mkstemp(dir=self.root / _INCOMING)
        path = Path(name)
        try:
            yield self._write(handle, path, stream)
        finally:
            path.unlink(missing_ok=True)

    @staticmethod
    def _write(handle: int, path: Path, stream: IO[bytes]) -> Staged:
        digest = hashlib.sha256()
        size = 0
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError("The store cannot keep a file", got=error, do="free space on the disk") from error
        return Staged(path, digest.hexdigest(), size)

    def place(self, connection: Connection, folder: Folder, staged: Staged, now_s: float) -> None:
        """Move a staged file into its place, inside a transaction that writes.

        Raises:
            StoreError: the disk refuses it
        """
        keys = ("folder", "sha256")
        upsert(connection, files, keys, folder=folder, sha256=staged.sha256, size_bytes=staged.size_bytes, put_s=now_s)
        target = self.path(folder, staged.sha256)
        try:
            if not target.parent.is_dir():
                target.parent.mkdir(exist_ok=True, mode=0o700)
                _sync_folder(target.parent.parent)  # without it a power cut may take the new folder with its file
            staged.path.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            raise StoreError("The store cannot keep a file", got=error, do="free space on the disk") from error

    def collect(self, database: Database, folder: Folder, sha256: str) -> bool:
        """Remove a file that nothing refers to; tell whether it went."""
        row = (files.c.folder == folder) & (files.c.sha256 == sha256)
        with database.write() as connection:
            # First the lock of the row, then the look: whoever had the lock may have come to use the file.
            connection.execute(select(files.c.sha256).where(row).with_for_update())
            unused = select(files.c.sha256).where(row, ~is_used(folder))
            if connection.execute(unused).first() is None:
                return False
            self.path(folder, sha256).unlink(missing_ok=True)
            connection.execute(delete(files).where(row))
            derived = select(copies.c.sha256).where(copies.c.media == sha256)
            of_clip = connection.execute(derived).scalar() if folder == "media" else None
            connection.execute(delete(copies).where(copies.c.media == sha256))
        if of_clip:
            self.collect(database, "media", of_clip)
        return True

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Hand out a path of its own for a file that is made for the store; it is removed at the end."""
        with tempfile.TemporaryDirectory(dir=self.root / _INCOMING) as folder:
            yield Path(folder) / "file"

    def remove_unknown(self, database: Database, folder: Folder, path: Path) -> None:
        """Remove a file that no row names: its writer died before its transaction ended."""
        row = (files.c.folder == folder) & (files.c.sha256 == path.name)
        with database.write() as connection:
            if connection.execute(select(files.c.sha256).where(row)).scalar() is None:
                path.unlink(missing_ok=True)

    def walk(self, folder: Folder) -> Iterator[Path]:
        """Walk over all files of a folder."""
        return (path for path in (self.root / folder).rglob("*") if path.is_file())

    def incoming(self) -> tuple[Path, ...]:
        """Return what is being written, or whose writer died: files, and the folders that ``scratch`` hands out."""
        return tuple((self.root / _INCOMING).iterdir())

    def logs(self) -> tuple[Path, ...]:
        """Return the logs of jobs; a log's stem is its job's id."""
        return tuple((self.root / _LOGS).iterdir())


def is_older(path: Path, before_s: float) -> bool:
    """Tell whether a file, or all that a folder holds, is there and was last changed before a time since 1970.

    Others write and remove files while we look, so a file may be gone at any moment.
    """
    with suppress(FileNotFoundError):
        parts = (path, *path.iterdir()) if path.is_dir() else (path,)
        return max(part.stat().st_mtime for part in parts) < before_s
    return False


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that it holds; nothing where it is gone."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def is_used(folder: Folder) -> ColumnElement[bool]:
    """Return the condition that a dialogue, an upload or a result refers to a row of ``files``."""
    columns = (dialogues.c.media, uploads.c.sha256, copies.c.sha256) if folder == "media" else (results.c.sha256,)
    return or_(*(exists().where(column == files.c.sha256) for column in columns))


def _sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
