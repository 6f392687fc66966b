"""Notes of a session on the utterances of a dialogue."""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, select

from erc_core.annotations import Note
from erc_core.store.database import plain_text, upsert
from erc_core.store.tables import notes


def put(connection: Connection, dialogue: str, owner: str, note: Note) -> None:
    """Keep a note in the place of an earlier one on the same utterance; an empty one removes it."""
    if note.empty:
        own = (notes.c.dialogue == dialogue) & (notes.c.owner == owner)
        connection.execute(delete(notes).where(own, notes.c.utterance == note.utterance))
        return
    upsert(
        connection,
        notes,
        ("dialogue", "owner", "utterance"),
        dialogue=dialogue,
        owner=owner,
        utterance=note.utterance,
        text=plain_text(note.text),
        label=plain_text(note.label),
        bookmarked=int(note.bookmarked),
        changed_s=time.time(),
    )


def of_dialogue(connection: Connection, dialogue: str, owner: str) -> tuple[Note, ...]:
    """Return an owner's notes on a dialogue, by utterance id."""
    query = select(notes).where(notes.c.dialogue == dialogue, notes.c.owner == owner).order_by(notes.c.utterance)
    return tuple(
        Note(row.utterance, row.text, row.label, bool(row.bookmarked)) for row in connection.execute(query).all()
    )


def drop(connection: Connection, dialogue: str, owner: str) -> None:
    """Remove an owner's notes on a dialogue."""
    connection.execute(delete(notes).where(notes.c.dialogue == dialogue, notes.c.owner == owner))


def drop_all(connection: Connection, dialogue: str) -> None:
    """Remove everybody's notes on a dialogue that is gone."""
    connection.execute(delete(notes).where(notes.c.dialogue == dialogue))


def drop_before(connection: Connection, before_s: float) -> None:
    """Remove the notes that were last changed before a time, in seconds since 1970."""
    connection.execute(delete(notes).where(notes.c.changed_s < before_s))
