"""A whole store as one tar file, that another store, on SQLite or PostgreSQL, takes in.

The rows are written as text, a JSON object a line, and the files under their content hash, so that a backup does not
depend on the kind of database and every file is checked when it comes back.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, func, insert, select, text

from erc_core.errors import StoreError
from erc_core.store.database import Database
from erc_core.store.files import FOLDERS, ContentFiles, Folder
from erc_core.store.migrations import MIGRATIONS
from erc_core.store.tables import dialogues, metadata, results, schema_version
from erc_core.store.tables import files as files_table

ROWS = "rows.jsonl"
END = "end.json"  # the last entry, with the counts: without it the file was cut off
FORMAT = "erc-lens store 1"
_ENTRY = re.compile(r"(media|results)/([0-9a-f]{64})")
_PIECE = 500  # rows a statement


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds, or what came back; ``missing`` are files that a row names and that are gone."""

    rows: int
    files: int
    size_bytes: int
    missing: tuple[str, ...] = ()


def write_backup(database: Database, content: ContentFiles, target: Path) -> BackupReport:
    """Write a store into a tar file, which appears when it is complete. The store may be in use.

    Raises:
        StoreError: the file cannot be written, or the database not be read
    """
    part = target.with_name(f"{target.name}.part")
    kept, missing = 0, []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch(mode=0o600)  # nobody else may read it while it is written either
        part.chmod(0o600)
        with tempfile.TemporaryFile() as rows, tarfile.open(part, "w") as tar:
            with database.read() as connection:
                if connection.dialect.name == "postgresql":  # one state of all tables
                    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                count = _write_rows(connection, rows)
                named = [tuple(row) for row in connection.execute(select(files_table.c.folder, files_table.c.sha256))]
            _add(tar, ROWS, rows)
            for folder, sha256 in named:
                try:
                    with content.path(folder, sha256).open("rb") as file:
                        _add(tar, f"{folder}/{sha256}", file)
                    kept += 1
                except FileNotFoundError:  # deleted since the rows were read, or lost
                    missing.append(f"{folder}/{sha256}")
            _add(tar, END, io.BytesIO(json.dumps({"rows": count, "files": kept}).encode()))
        with part.open(
            "rb+"
        ) as whole:  # on the disk before it gets its name: a power cut leaves it whole or not at all
            os.fsync(whole.fileno())
        part.replace(target)
    except OSError as error:
        raise StoreError("The backup cannot be written", got=error, do="free space, or choose another file") from error
    finally:
        part.unlink(missing_ok=True)
    return BackupReport(count, kept, target.stat().st_size, tuple(missing))


def _write_rows(connection: Connection, rows: Any) -> int:
    count = 0
    head = {"format": FORMAT, "schema": len(MIGRATIONS), "made_s": time.time()}
    rows.write(json.dumps(head).encode() + b"\n")
    for table in _tables():
        for row in connection.execute(select(table)).mappings():
            plain = {
                name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
                for name, value in row.items()
            }
            rows.write(json.dumps({"table": table.name, "row": plain}).encode() + b"\n")
            count += 1
    return count


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table is not schema_version]


def _add(tar: tarfile.TarFile, name: str, file: Any) -> None:
    entry = tarfile.TarInfo(name)
    file.seek(0, io.SEEK_END)
    entry.size = file.tell()
    file.seek(0)
    tar.addfile(entry, file)


def read_backup(database: Database, content: ContentFiles, source: Path) -> BackupReport:
    """Take a backup into a store that holds nothing yet; all rows come in, or none.

    Raises:
        StoreError: the store holds something, or the file is no whole backup of this or an older schema
    """
    with database.read() as connection:
        held = sum(connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (dialogues, results))
    if held:
        raise StoreError(
            "The store holds something already", got=f"{held} rows", do="restore into an empty ERC_DATA (and database)"
        )
    try:
        with tarfile.open(source, "r:") as tar:
            return _take_in(database, content, tar, source.stat().st_size)
    except (OSError, tarfile.TarError, EOFError, ValueError, KeyError) as error:
        raise StoreError(
            "The file is no whole backup", got=error, allowed="a file that the verb backup wrote", do="choose another"
        ) from error


def _take_in(database: Database, content: ContentFiles, tar: tarfile.TarFile, size: int) -> BackupReport:
    entries = {entry.name: entry for entry in tar if entry.isfile()}
    stream, end = tar.extractfile(entries.pop(ROWS)), tar.extractfile(entries.pop(END))
    if stream is None or end is None:
        raise ValueError("no rows or no end")
    counts = json.loads(end.read())
    head = json.loads(stream.readline())
    if head["format"] != FORMAT or head["schema"] > len(MIGRATIONS):
        raise StoreError(
            "The backup was made by a newer version of the program",
            got=f"{head['format']}, schema {head['schema']}",
            allowed=f"{FORMAT}, up to schema {len(MIGRATIONS)}",
            do="update the program",
        )
    with database.write() as connection:
        for entry in entries.values():
            _take_file(connection, content, tar, entry)
        count = _take_rows(connection, stream)
        if counts != {"rows": count, "files": len(entries)}:
            raise ValueError(f"{count} rows and {len(entries)} files, and {counts} were written")
    return BackupReport(count, len(entries), size)


def _take_file(connection: Connection, content: ContentFiles, tar: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    known, file = _ENTRY.fullmatch(entry.name), tar.extractfile(entry)
    if known is None or file is None:
        raise StoreError("The backup holds a file of an unknown kind", got=entry.name[:80])
    folder: Folder = FOLDERS[FOLDERS.index(known[1])]
    with content.stage(file) as staged:
        if staged.sha256 != known[2]:
            raise StoreError("A file of the backup is damaged", got=entry.name, do="use another backup")
        content.place(connection, folder, staged, time.time())


def _take_rows(connection: Connection, stream: Any) -> int:
    tables = {table.name: table for table in _tables()}
    connection.execute(files_table.delete())  # the backup's own rows of the files follow, with their times
    count = 0
    waiting: list[dict[str, Any]] = []
    current: Table | None = None
    for line in stream:
        item = json.loads(line)
        table = tables[item["table"]]
        if table is not current or len(waiting) >= _PIECE:
            _insert(connection, current, waiting)
            current, waiting = table, []
        waiting.append({name: _value(table, name, value) for name, value in item["row"].items()})
        count += 1
    _insert(connection, current, waiting)
    return count


def _value(table: Table, name: str, value: Any) -> Any:
    binary = isinstance(table.c[name].type, LargeBinary) and value is not None
    return base64.b64decode(value, validate=True) if binary else value


def _insert(connection: Connection, table: Table | None, rows: list[dict[str, Any]]) -> None:
    if table is not None and rows:
        connection.execute(insert(table), rows)
