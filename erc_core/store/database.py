"""The connection to the store's database: SQLite with a write-ahead log, or PostgreSQL, by address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from erc_core.errors import StoreError

BUSY_TIMEOUT_S = 20
_WRITES = "erc_writes"
_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")


class Database:
    """Short transactions on one database. Safe to share between threads, not between processes.

    Readers never wait for a writer: SQLite keeps a write-ahead log, PostgreSQL keeps row versions. Writers wait for
    each other up to ``BUSY_TIMEOUT_S``.

    Args:
        url: SQLAlchemy address, such as ``sqlite:///store.sqlite`` or ``postgresql+psycopg://host/name``

    Raises:
        StoreError: the address cannot be read, or names another kind of database
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise _unknown_address(url) from error
        self.name = parsed.render_as_string(hide_password=True)
        if parsed.drivername not in _DRIVERS:
            raise _unknown_address(self.name)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = self._sqlite(url) if self.is_sqlite else self._postgresql(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    @staticmethod
    def _sqlite(url: str) -> Engine:
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @staticmethod
    def _postgresql(url: str) -> Engine:
        try:
            engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": BUSY_TIMEOUT_S})
        except ModuleNotFoundError as error:
            raise StoreError(
                "PostgreSQL needs a package that is not installed", got=error, do="pip install 'psycopg[binary]'"
            ) from error
        event.listen(engine, "connect", _set_up_postgresql)
        return engine

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that only reads.

        Raises:
            StoreError: the database cannot be reached or read
        """
        return self._transaction(self._engine, "read")

    def write(self) -> AbstractContextManager[Connection]:
        """Open a transaction that writes; all of it is kept, or nothing.

        Raises:
            StoreError: the database cannot be reached or written
        """
        return self._transaction(self._writer, "written")

    @contextmanager
    def _transaction(self, engine: Engine, verb: str) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._failed(verb, error) from error

    def _failed(self, verb: str, error: SQLAlchemyError) -> StoreError:
        cause = getattr(error, "orig", None) or error
        return StoreError(
            f"The store's database cannot be {verb}",
            got=f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}",
            do=f"check that {self.name} can be reached and has space left",
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _unknown_address(shown: str) -> StoreError:
    return StoreError(
        "The store's address cannot be used",
        got=shown,
        allowed="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
        do="set ERC_DATABASE, or leave it empty",
    )


def _set_up_sqlite(connection: Any, record: object) -> None:
    # The driver must not open transactions by itself: its own BEGIN is deferred, and a deferred transaction that
    # turns into a writer fails at once where another one writes, without waiting.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL: a commit is on the disk before it is reported, so a power cut loses no finished result.
    connection.execute("PRAGMA synchronous=FULL")
    # What a user deletes is overwritten, not only unlinked from the file's pages.
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")


def _set_up_postgresql(connection: Any, record: object) -> None:
    connection.autocommit = True  # else the setting would go with the transaction that it opens
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT_S}s'")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def upsert(connection: Connection, table: Table, keys: tuple[str, ...], **values: object) -> None:
    """Insert a row, or change the row that has the same ``keys`` to ``values``. Waits for others who write that row."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values)
    changed = {name: value for name, value in values.items() if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def insert_new(connection: Connection, table: Table, unique: tuple[str, ...], **values: object) -> None:
    """Insert a row unless there is one with the same ``unique`` columns."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing(index_elements=unique))


def take_turn(connection: Connection, name: str) -> None:
    """Wait, inside a transaction that writes, until no other one that takes a turn under the same name is open.

    What is read from here on is what the one before has written. On SQLite a transaction that writes is the only one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def plain_text(text: str) -> str:
    """Return ``text`` without what a database cannot keep: halves of characters, and the character of number 0."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
