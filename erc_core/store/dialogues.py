"""Dialogues in the database: who may see which, and the list that pages show."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from erc_core.errors import StoreError
from erc_core.store.codec import encode
from erc_core.store.database import upsert
from erc_core.store.rows import DialogueRow
from erc_core.store.tables import dialogues, files, results
from erc_core.types import Dialogue

BUNDLED = ""  # the owner of examples that everybody sees
_BETWEEN = "\n"  # parts the names of models in the list's query
_SHOWN = tuple(column for column in dialogues.c if column.name not in ("body", "haystack", "claimed_s"))


def no_such_dialogue(dialogue_id: str) -> StoreError:
    """Return the error for a dialogue that is not there or that another session owns: the two look the same."""
    return StoreError(
        "There is no such dialogue", got=dialogue_id, do="choose one from the list, or load the clip again"
    )


def put(connection: Connection, dialogue: Dialogue, owner: str) -> None:
    """File a dialogue, or file it anew under another title.

    Raises:
        StoreError: its clip is not in the store
    """
    media = dialogue.media.sha256 if dialogue.media else None
    if media is not None:
        row = (files.c.folder == "media") & (files.c.sha256 == media)
        if connection.execute(select(files.c.sha256).where(row).with_for_update()).scalar() is None:
            raise StoreError("The dialogue's clip is not in the store", got=media, do="load the clip again")
    now_s = time.time()
    own = (dialogues.c.id == dialogue.id) & (dialogues.c.owner == owner)
    created_s = connection.execute(select(dialogues.c.created_s).where(own)).scalar()
    first = min((u.start_s for u in dialogue.utterances), default=0.0)
    last = max((u.end_s for u in dialogue.utterances), default=0.0)
    upsert(
        connection,
        dialogues,
        ("id", "owner"),
        id=dialogue.id,
        owner=owner,
        title=dialogue.title,
        source=dialogue.source,
        created_s=now_s if created_s is None else created_s,
        claimed_s=now_s,
        utterances=len(dialogue.utterances),
        duration_s=dialogue.media.duration_s if dialogue.media else last - first,
        speakers=json.dumps(dialogue.speakers),
        haystack="\n".join((dialogue.title, dialogue.source, *dialogue.speakers)).casefold(),
        media=media,
        body=encode(dialogue),
    )


def body(connection: Connection, dialogue_id: str, owner: str) -> bytes | None:
    """Return a dialogue's stored bytes, the owner's own before the bundled one; None where the owner sees none."""
    query = (
        select(dialogues.c.body)
        .where(dialogues.c.id == dialogue_id, dialogues.c.owner.in_({owner, BUNDLED}))
        .order_by(dialogues.c.owner.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def rows(connection: Connection, owner: str, search: str, limit: int, offset: int) -> tuple[DialogueRow, ...]:
    """Return the newest dialogues that an owner sees, with the models that analysed them, in one query."""
    models = (
        select(func.aggregate_strings(results.c.model, _BETWEEN))
        .where(results.c.kind == "analysis", results.c.dialogue == dialogues.c.id)
        .scalar_subquery()
    )
    page = _visible(select(*_SHOWN, models.label("models")), owner, search)
    page = page.order_by(dialogues.c.created_s.desc(), dialogues.c.id).limit(limit).offset(offset)
    return tuple(_row(row) for row in connection.execute(page))


def count(connection: Connection, owner: str, search: str) -> int:
    """Return how many dialogues an owner sees."""
    return int(connection.execute(_visible(select(func.count()).select_from(dialogues), owner, search)).scalar_one())


def _visible(query: Select[Any], owner: str, search: str) -> Select[Any]:
    """Narrow a query to what ``owner`` may see and what matches every word of ``search``."""
    own = dialogues.alias("own")
    hidden = exists().where(own.c.id == dialogues.c.id, own.c.owner == owner)
    seen: ColumnElement[bool] = dialogues.c.owner == BUNDLED
    if owner != BUNDLED:
        seen = or_(dialogues.c.owner == owner, and_(seen, ~hidden))
    words = [dialogues.c.haystack.contains(word, autoescape=True) for word in search.casefold().split()]
    return query.where(seen, *words)


def _row(row: Row[Any]) -> DialogueRow:
    return DialogueRow(
        id=row.id,
        owner=row.owner,
        title=row.title,
        source=row.source,
        created_s=row.created_s,
        utterances=row.utterances,
        duration_s=row.duration_s,
        speakers=tuple(json.loads(row.speakers)),
        media=row.media,
        models=tuple(sorted(set(row.models.split(_BETWEEN)))) if row.models else (),
    )
