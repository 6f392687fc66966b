"""Conversations that an owner shows to others by a link, until the owner takes it back.

Whoever opens the link is noted as a visitor; while the link holds, visitors see the conversation, and what models say
of it, as the owner does. They can neither change nor keep it. The database holds a hash of the link's secret, so it
opens nothing to whoever reads the database.
"""

from __future__ import annotations

import hashlib
import secrets
import time

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select

from erc_core.errors import StoreError
from erc_core.store import accounts
from erc_core.store.database import upsert
from erc_core.store.rows import ShareRow
from erc_core.store.tables import dialogues, shares, visits

SECRET_BYTES = 32


def make(connection: Connection, dialogue_id: str, owner: str) -> str | None:
    """Return the secret of a new link to an owner's own dialogue; None where the owner has none of that id."""
    own = (dialogues.c.id == dialogue_id) & (dialogues.c.owner == owner)
    if not owner or connection.execute(select(dialogues.c.id).where(own).with_for_update()).first() is None:
        return None
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"id": identity(secret), "dialogue": dialogue_id, "owner": owner, "created_s": time.time()}
    connection.execute(insert(shares).values(**row))
    accounts.note(connection, owner, "share", dialogue_id)
    return secret


def identity(secret: str) -> str:
    """Return under which name a link is kept: a hash of its secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def visit(connection: Connection, secret: str, visitor: str) -> str:
    """Note that somebody opened a link, and return the dialogue that it leads to.

    Raises:
        StoreError: there is no such link, or it was taken back
    """
    row = connection.execute(select(shares.c.owner, shares.c.dialogue).where(shares.c.id == identity(secret))).first()
    if row is None:
        raise StoreError(
            "This link leads to no conversation", got=f"{secret[:6]}…", allowed="a link that still holds",
            do="ask who gave it to you for a new one",
        )  # fmt: skip
    if visitor != row.owner:
        now_s = time.time()
        upsert(connection, visits, ("share", "visitor"), share=identity(secret), visitor=visitor, last_s=now_s)
    return str(row.dialogue)


def visited_by(visitor: str) -> ColumnElement[bool]:
    """Return the condition that a row of ``dialogues`` is shown to a visitor by a link that holds."""
    linked = (shares.c.dialogue == dialogues.c.id) & (shares.c.owner == dialogues.c.owner)
    return exists().where(visits.c.visitor == visitor, visits.c.share == shares.c.id, linked)


def seen_through(connection: Connection, dialogue_id: str, visitor: str) -> str | None:
    """Return the identity of the link through which a visitor sees a dialogue.

    Empty where it is the visitor's own or a bundled one; None where the visitor does not see it, or not any more.
    """
    open_to = dialogues.c.owner.in_({visitor, ""})
    if connection.execute(select(exists().where(dialogues.c.id == dialogue_id, open_to))).scalar():
        return ""
    found = (
        select(shares.c.id)
        .join(visits, visits.c.share == shares.c.id)
        .where(shares.c.dialogue == dialogue_id, visits.c.visitor == visitor)
        .order_by(shares.c.created_s.desc())
        .limit(1)
    )
    return connection.execute(found).scalar()


def holds(connection: Connection, share: str) -> bool:
    """Tell whether a link has not been taken back."""
    return bool(connection.execute(select(exists().where(shares.c.id == share))).scalar())


def of_owner(connection: Connection, owner: str) -> tuple[ShareRow, ...]:
    """Return an owner's links, the newest first."""
    visitors = select(func.count()).where(visits.c.share == shares.c.id).scalar_subquery()
    query = (
        select(shares.c.id, shares.c.dialogue, shares.c.created_s, visitors)
        .where(shares.c.owner == owner)
        .order_by(shares.c.created_s.desc(), shares.c.id)
    )
    return tuple(ShareRow(*row) for row in connection.execute(query))


def revoke(connection: Connection, share: str, owner: str) -> bool:
    """Take a link back; tell whether the owner had it. All who came through it see nothing any more."""
    own = (shares.c.id == share) & (shares.c.owner == owner)
    dialogue = connection.execute(select(shares.c.dialogue).where(own)).scalar()
    if dialogue is None:
        return False
    _drop(connection, own)
    accounts.note(connection, owner, "unshare", str(dialogue))
    return True


def drop(connection: Connection, dialogue_id: str, owner: str) -> None:
    """Remove an owner's links to a dialogue that is deleted."""
    _drop(connection, (shares.c.dialogue == dialogue_id) & (shares.c.owner == owner))


def _drop(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(delete(visits).where(visits.c.share.in_(select(shares.c.id).where(which))))
    connection.execute(delete(shares).where(which))
