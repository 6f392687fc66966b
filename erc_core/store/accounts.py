"""What each owner takes up, and a line for each upload, link and deletion.

A line names owner and content by their hashes, never by a title or a name, and goes after a year.
"""

from __future__ import annotations

import secrets
import time
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, or_, select

from erc_core.errors import StoreError
from erc_core.store.database import take_turn
from erc_core.store.files import Staged
from erc_core.store.rows import AuditLine
from erc_core.store.tables import audit, dialogues, files, uploads

Action = Literal["upload", "delete", "expire", "share", "unshare"]
KEEP_AUDIT_S = 365 * 86_400.0


def used_bytes(connection: Connection, owner: str, but: str = "") -> int:
    """Return how many bytes of clips an owner has in the store, each content counted once, save that named ``but``."""
    shown = select(dialogues.c.media).where(dialogues.c.owner == owner, dialogues.c.media.is_not(None))
    brought = select(uploads.c.sha256).where(uploads.c.owner == owner)
    own = or_(files.c.sha256.in_(shown), files.c.sha256.in_(brought))
    others = (files.c.folder == "media") & (files.c.sha256 != but)
    total = connection.execute(select(func.sum(files.c.size_bytes)).where(others, own)).scalar()
    return int(total or 0)


def check_quota(connection: Connection, owner: str, brought: Staged, quota_mb: int) -> None:
    """Refuse a file that an owner brings if the owner's files would be more than the quota with it.

    No other upload of this owner is checked until the transaction ends: several at once cannot exceed it together.

    Raises:
        StoreError: the owner's clips take up more than ``quota_mb``
    """
    if not owner or quota_mb <= 0:
        return
    take_turn(connection, f"quota of {owner}")
    used_mb = (used_bytes(connection, owner, but=brought.sha256) + brought.size_bytes) / 1e6
    if used_mb > quota_mb:
        raise StoreError(
            "Your clips would take up more space than you have here",
            got=f"{used_mb:,.1f} MB with this one",
            allowed=f"up to {quota_mb:,} MB (ERC_QUOTA_MB)",
            do="delete a clip that you do not need any more",
        )


def note(connection: Connection, owner: str, action: Action, what: str) -> None:
    """Write a line; nothing for what comes with the program."""
    if owner:
        row = {"id": secrets.token_hex(16), "at_s": time.time(), "owner": owner, "action": action, "what": what}
        connection.execute(insert(audit).values(**row))


def lines(connection: Connection, limit: int) -> tuple[AuditLine, ...]:
    """Return the newest lines."""
    query = select(audit.c.at_s, audit.c.owner, audit.c.action, audit.c.what).order_by(audit.c.at_s.desc()).limit(limit)
    return tuple(AuditLine(*row) for row in connection.execute(query))


def drop_before(connection: Connection, now_s: float) -> None:
    """Remove lines that are older than a year."""
    connection.execute(delete(audit).where(audit.c.at_s < now_s - KEEP_AUDIT_S))
