"""Copies of clips that browsers play, one for each clip that they do not play itself."""

from __future__ import annotations

from sqlalchemy import Connection, select

from erc_core.errors import StoreError
from erc_core.store.database import plain_text, upsert
from erc_core.store.rows import PlayableCopy
from erc_core.store.tables import copies, files


def put(connection: Connection, media: str, sha256: str, reason: str) -> None:
    """Note the copy of a clip, or why there is none.

    Raises:
        StoreError: the clip is not in the store
    """
    row = (files.c.folder == "media") & (files.c.sha256 == media)
    if connection.execute(select(files.c.sha256).where(row).with_for_update()).scalar() is None:
        raise StoreError("The clip of a copy is not in the store", got=media, do="load the clip again")
    upsert(connection, copies, ("media",), media=media, sha256=sha256, reason=plain_text(reason))


def of_clip(connection: Connection, media: str) -> PlayableCopy | None:
    """Return the copy of a clip, or None where it needs none."""
    row = connection.execute(select(copies.c.sha256, copies.c.reason).where(copies.c.media == media)).first()
    return None if row is None else PlayableCopy(row.sha256, row.reason)
