"""Results by content key: a row in the database, the value in a file."""

from __future__ import annotations

import hashlib
import io
import time
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from sqlalchemy import ColumnElement, Connection, delete, select

from erc_core.errors import StoreError
from erc_core.store.codec import decode, encode
from erc_core.store.database import Database, upsert
from erc_core.store.dialogues import hold
from erc_core.store.files import ContentFiles
from erc_core.store.rows import AnalysisRow
from erc_core.store.tables import results
from erc_core.types import Analysis, Dialogue

ANALYSIS = "analysis"
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ResultName:
    """What a result is filed under: its kind and key, the dialogue it comes from (or empty), the model (or empty)."""

    kind: str
    key: str
    dialogue: str = ""
    model: str = ""


def put(database: Database, content: ContentFiles, name: ResultName, value: object) -> None:
    """File a result; one that was there under that name is replaced.

    Raises:
        StoreError: its dialogue was deleted, or the value cannot be stored
    """
    now_s = time.time()
    with content.stage(io.BytesIO(encode(value))) as staged:
        with database.write() as connection:
            if name.dialogue and not hold(connection, name.dialogue):
                raise StoreError("The dialogue of a result was deleted", got=name.dialogue, do="load the clip again")
            content.place(connection, "results", staged, now_s)
            before = connection.execute(select(results.c.sha256).where(_named(name.kind, name.key))).scalar()
            upsert(
                connection,
                results,
                ("kind", "key"),
                kind=name.kind,
                key=name.key,
                type=type(value).__name__,
                dialogue=name.dialogue,
                model=name.model,
                sha256=staged.sha256,
                created_s=now_s,
            )
        if before not in (None, staged.sha256):
            content.collect(database, "results", before)


def get(database: Database, content: ContentFiles, kind: str, key: str, value_type: type[Value]) -> Value | None:
    """Return a result, or None where there is none.

    Raises:
        StoreError: its file is gone or damaged (the result is removed then, so that the next request computes it
            again), or it is of another type or version
    """
    sha256 = _sha256(database, kind, key)
    while sha256 is not None:
        try:
            data = content.path("results", sha256).read_bytes()
        except FileNotFoundError as error:
            latest = _sha256(database, kind, key)
            if latest == sha256:
                raise _forget(database, content, kind, key, sha256, "gone") from error
            sha256 = latest  # somebody replaced or deleted the result between the two reads
            continue
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _forget(database, content, kind, key, sha256, "damaged")
        return decode(value_type, data)
    return None


def _forget(
    database: Database, content: ContentFiles, kind: str, key: str, sha256: str, state: Literal["gone", "damaged"]
) -> StoreError:
    """Remove a result that cannot be read and return the error that says so."""
    with database.write() as connection:
        connection.execute(delete(results).where(_named(kind, key), results.c.sha256 == sha256))
    content.collect(database, "results", sha256)
    return StoreError(f"The file of a stored result is {state}", got=f"{kind} {key}", do="run the analysis again")


def put_analysis(database: Database, content: ContentFiles, analysis: Analysis, key: str) -> None:
    """File an analysis without its dialogue: whoever reads it sees it with the title and names of the own copy.

    Raises:
        StoreError: its dialogue was deleted
    """
    nameless = Dialogue(analysis.dialogue.id, "", "", ())
    model = analysis.prediction.model.name
    name = ResultName(ANALYSIS, key, analysis.dialogue.id, model)
    put(database, content, name, replace(analysis, dialogue=nameless))


def analyses(connection: Connection, dialogue_id: str) -> tuple[AnalysisRow, ...]:
    """Return the analyses of a dialogue, the newest first."""
    query = (
        select(results.c.key, results.c.model, results.c.created_s)
        .where(results.c.kind == ANALYSIS, results.c.dialogue == dialogue_id)
        .order_by(results.c.created_s.desc(), results.c.key)
    )
    return tuple(AnalysisRow(row.key, row.model, row.created_s) for row in connection.execute(query))


def _sha256(database: Database, kind: str, key: str) -> str | None:
    with database.read() as connection:
        return connection.execute(select(results.c.sha256).where(_named(kind, key))).scalar()


def _named(kind: str, key: str) -> ColumnElement[bool]:
    return (results.c.kind == kind) & (results.c.key == key)
