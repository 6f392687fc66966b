"""Dialogues in the database: who may see which, and the list that pages show."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, delete, exists, func, select, union_all

from erc_core.errors import StoreError
from erc_core.store import shares
from erc_core.store.codec import encode
from erc_core.store.database import plain_text, upsert
from erc_core.store.rows import DialogueRow
from erc_core.store.tables import dialogues, files, results, uploads
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
        StoreError: its clip is not in the store, or its owner has neither brought it nor filed it before
    """
    media = dialogue.media.sha256 if dialogue.media else None
    if media is not None:
        row = (files.c.folder == "media") & (files.c.sha256 == media)
        if connection.execute(select(files.c.sha256).where(row).with_for_update()).scalar() is None:
            raise StoreError("The dialogue's clip is not in the store", got=media, do="load the clip again")
        if owner and not connection.execute(_may_keep(media, owner)).scalar():
            raise StoreError("This clip is not yours to keep", got=media[:12], do="load a clip of your own")
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
        title=plain_text(dialogue.title),
        source=plain_text(dialogue.source),
        created_s=now_s if created_s is None else created_s,
        claimed_s=now_s,
        utterances=len(dialogue.utterances),
        duration_s=dialogue.media.duration_s if dialogue.media else last - first,
        speakers=json.dumps(dialogue.speakers),
        haystack=plain_text("\n".join((dialogue.title, dialogue.source, *dialogue.speakers)).casefold()),
        media=media,
        body=encode(dialogue),
    )
    connection.execute(delete(uploads).where(uploads.c.sha256 == media, uploads.c.owner == owner))


def hold(connection: Connection, dialogue_id: str, alone: bool = False) -> bool:
    """Keep a dialogue from being deleted, by any of its owners, until this transaction ends; tell whether it is there.

    What is written about it in the same transaction goes with it when it is deleted later.

    Args:
        alone: whether to wait for others who hold it, and to keep them waiting: it is about to be deleted
    """
    # In one order for everybody, so that no two wait for each other.
    query = select(dialogues.c.owner).where(dialogues.c.id == dialogue_id).order_by(dialogues.c.owner)
    query = query.with_for_update(read=not alone)
    return connection.execute(query).first() is not None


def _may_keep(media: str, owner: str) -> Select[Any]:
    """Ask whether an owner brought a clip, or sees it anyway: who was shown a clip by a link cannot make it theirs."""
    brought = exists().where(uploads.c.sha256 == media, uploads.c.owner == owner)
    filed = exists().where(dialogues.c.media == media, dialogues.c.owner.in_({owner, BUNDLED}))
    return select(brought | filed)


def body(connection: Connection, dialogue_id: str, owner: str) -> bytes | None:
    """Return a dialogue's stored bytes, the owner's own before the bundled one and that before one by a link.

    None where the owner sees none of that id.
    """
    nearest = case((dialogues.c.owner == owner, 0), (dialogues.c.owner == BUNDLED, 1), else_=2)
    shown = dialogues.c.owner.in_({owner, BUNDLED}) | shares.visited_by(owner)
    query = select(dialogues.c.body).where(dialogues.c.id == dialogue_id, shown).order_by(nearest).limit(1)
    return connection.execute(query).scalar()


def rows(connection: Connection, owner: str, search: str, limit: int, offset: int) -> tuple[DialogueRow, ...]:
    """Return the newest dialogues that an owner sees, with the models that analysed them, in one query."""
    models = (
        select(func.aggregate_strings(results.c.model, _BETWEEN))
        .where(results.c.kind == "analysis", results.c.dialogue == dialogues.c.id)
        .scalar_subquery()
    )
    # The page is cut out before anything else is looked up for its rows, and for each owner alone, because the index
    # gives one owner's dialogues in the order of their time.
    own_rows = [
        select(cut.c.id, cut.c.owner, cut.c.created_s)
        for cut in (
            each.order_by(*_newest(dialogues)).limit(limit + offset).subquery()
            for each in _visible((dialogues.c.id, dialogues.c.owner, dialogues.c.created_s), owner, search)
        )
    ]
    both = union_all(*own_rows).subquery()
    page = select(both.c.id, both.c.owner).order_by(*_newest(both)).limit(limit).offset(offset).subquery()
    chosen = (dialogues.c.id == page.c.id) & (dialogues.c.owner == page.c.owner)
    query = select(*_SHOWN, models.label("models")).join(page, chosen).order_by(*_newest(dialogues))
    return tuple(_row(row) for row in connection.execute(query))


def count(connection: Connection, owner: str, search: str) -> int:
    """Return how many dialogues an owner sees."""
    return sum(int(connection.execute(each).scalar_one()) for each in _visible((func.count(),), owner, search))


def _newest(table: FromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return table.c.created_s.desc(), table.c.id


def _visible(columns: tuple[ColumnElement[Any], ...], owner: str, search: str) -> tuple[Select[Any], ...]:
    """Select what ``owner`` may see and what matches every word of ``search``: the own dialogues, then the bundled."""
    words = [dialogues.c.haystack.contains(word, autoescape=True) for word in plain_text(search.casefold()).split()]
    found = select(*columns).select_from(dialogues).where(*words)
    bundled = found.where(dialogues.c.owner == BUNDLED)
    if owner == BUNDLED:
        return (bundled,)
    own = dialogues.alias("own")
    hidden = exists().where(own.c.id == dialogues.c.id, own.c.owner == owner)
    return found.where(dialogues.c.owner == owner), bundled.where(~hidden)


def _row(row: Any) -> DialogueRow:
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
