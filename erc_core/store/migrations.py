"""Steps that bring a database to the newest schema. A step that was released is never changed; add another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, inspect, select, text

from erc_core.errors import StoreError
from erc_core.store.database import Database
from erc_core.store.tables import schema_version

_LOCK = 0x4552434C  # one number for all processes that migrate one PostgreSQL database


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its name, and the work, done in the transaction that also raises the version."""

    name: str
    apply: Callable[[Connection], None]


def _first_tables(connection: Connection) -> None:
    binary = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for statement in _FIRST.replace("BINARY", binary).split(";"):
        if statement.strip():
            connection.execute(text(statement))


_FIRST = """
CREATE TABLE files (
    folder TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL, put_s DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (folder, sha256)
);
CREATE TABLE uploads (
    sha256 TEXT NOT NULL, owner TEXT NOT NULL, put_s DOUBLE PRECISION NOT NULL, PRIMARY KEY (sha256, owner)
);
CREATE TABLE dialogues (
    id TEXT NOT NULL, owner TEXT NOT NULL, title TEXT NOT NULL, source TEXT NOT NULL,
    created_s DOUBLE PRECISION NOT NULL, claimed_s DOUBLE PRECISION NOT NULL,
    utterances INTEGER NOT NULL, duration_s DOUBLE PRECISION NOT NULL,
    speakers TEXT NOT NULL, haystack TEXT NOT NULL, media TEXT, body BINARY NOT NULL,
    PRIMARY KEY (id, owner)
);
CREATE INDEX dialogues_by_owner ON dialogues (owner, created_s);
CREATE INDEX dialogues_by_media ON dialogues (media);
CREATE TABLE results (
    kind TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, dialogue TEXT NOT NULL, model TEXT NOT NULL,
    sha256 TEXT NOT NULL, created_s DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX results_by_key ON results (key);
CREATE INDEX results_by_dialogue ON results (dialogue, kind, model);
CREATE INDEX results_by_sha256 ON results (sha256);
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL UNIQUE, function TEXT NOT NULL, params TEXT NOT NULL,
    dialogue TEXT NOT NULL, state TEXT NOT NULL, step TEXT NOT NULL, fraction DOUBLE PRECISION NOT NULL,
    step_started_s DOUBLE PRECISION NOT NULL, message TEXT NOT NULL, result_key TEXT NOT NULL,
    attempts INTEGER NOT NULL, worker TEXT NOT NULL, heartbeat_s DOUBLE PRECISION NOT NULL,
    cancel_s DOUBLE PRECISION, created_s DOUBLE PRECISION NOT NULL,
    started_s DOUBLE PRECISION, finished_s DOUBLE PRECISION
);
CREATE INDEX jobs_by_state ON jobs (state, created_s);
CREATE INDEX jobs_by_dialogue ON jobs (dialogue);
CREATE TABLE watchers (
    job TEXT NOT NULL, owner TEXT NOT NULL, label TEXT NOT NULL, created_s DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (job, owner)
);
CREATE INDEX watchers_by_owner ON watchers (owner, created_s);
CREATE TABLE steps (
    job TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (job, name)
)
"""


def _notes(connection: Connection) -> None:
    connection.execute(text(_NOTES))


_NOTES = """
CREATE TABLE notes (
    dialogue TEXT NOT NULL, owner TEXT NOT NULL, utterance TEXT NOT NULL, text TEXT NOT NULL, label TEXT NOT NULL,
    bookmarked INTEGER NOT NULL, changed_s DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (dialogue, owner, utterance)
)
"""


def _copies(connection: Connection) -> None:
    connection.execute(
        text("CREATE TABLE copies (media TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL, reason TEXT NOT NULL)")
    )
    connection.execute(text("CREATE INDEX copies_by_sha256 ON copies (sha256)"))


def _audit(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE audit (id TEXT NOT NULL PRIMARY KEY, at_s DOUBLE PRECISION NOT NULL, owner TEXT NOT NULL, "
            "action TEXT NOT NULL, what TEXT NOT NULL)"
        )
    )
    connection.execute(text("CREATE INDEX audit_by_time ON audit (at_s)"))


def _shares(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE shares (id TEXT NOT NULL PRIMARY KEY, dialogue TEXT NOT NULL, owner TEXT NOT NULL, "
            "created_s DOUBLE PRECISION NOT NULL)"
        )
    )
    connection.execute(text("CREATE INDEX shares_by_dialogue ON shares (dialogue, owner)"))
    connection.execute(
        text(
            "CREATE TABLE visits (share TEXT NOT NULL, visitor TEXT NOT NULL, last_s DOUBLE PRECISION NOT NULL, "
            "PRIMARY KEY (share, visitor))"
        )
    )
    connection.execute(text("CREATE INDEX visits_by_visitor ON visits (visitor)"))


MIGRATIONS: tuple[Migration, ...] = (
    Migration("first tables", _first_tables),
    Migration("notes", _notes),
    Migration("copies for playing", _copies),
    Migration("audit lines", _audit),
    Migration("links to conversations", _shares),
)


def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Apply the steps that the database lacks, all in one transaction, and return its version.

    Raises:
        StoreError: a newer program made this database, or a step failed (nothing is changed then)
    """
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        version = _version(connection)
        if version > len(migrations):
            raise StoreError(
                "The store was made by a newer version of the program",
                got=f"schema {version}",
                allowed=f"up to schema {len(migrations)}",
                do="update the program, or choose another data folder",
            )
        for number, migration in enumerate(migrations[version:], version + 1):
            migration.apply(connection)
            connection.execute(
                insert(schema_version).values(version=number, name=migration.name, applied_s=time.time())
            )
    return len(migrations)


def _version(connection: Connection) -> int:
    """Return the schema's version, 0 for an empty database."""
    if not inspect(connection).has_table("schema_version"):
        schema_version.create(connection)
    return connection.execute(select(func.max(schema_version.c.version))).scalar() or 0
