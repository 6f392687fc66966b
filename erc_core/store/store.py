"""The store: what sessions brought and what was computed of it. Every method is one or a few short transactions."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO, TypeVar

from sqlalchemy import delete, select

from erc_core.annotations import Note
from erc_core.errors import StoreError
from erc_core.settings import Settings
from erc_core.store import accounts, backup, copies, notes, removal, results, shares
from erc_core.store import check as examination
from erc_core.store import dialogues as dialogue_rows
from erc_core.store.backup import BackupReport
from erc_core.store.codec import decode
from erc_core.store.database import Database, upsert
from erc_core.store.files import ContentFiles
from erc_core.store.keys import checked_sha256, result_key
from erc_core.store.migrations import migrate
from erc_core.store.rows import AnalysisRow, AuditLine, DialogueRow, PlayableCopy, ShareRow, StoreReport, SweepReport
from erc_core.store.tables import uploads
from erc_core.types import Analysis, Dialogue

__all__ = ["Store", "result_key"]

Value = TypeVar("Value")


class Store:
    """Dialogues, results and jobs in a database, media and arrays by content hash in ``settings.data``.

    ``owner`` is a session's identifier; it is empty for bundled examples, which everybody sees. Nobody sees another
    owner's dialogue. Safe to share between threads; each process opens its own.

    Args:
        settings: names the data folder and the database

    Raises:
        StoreError: the database or the folder cannot be opened, or a newer program made it
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        try:
            self.files = ContentFiles(settings.data)
        except OSError as error:
            raise StoreError("The data folder cannot be used", got=error, do="set ERC_DATA to another one") from error
        self.database = Database(settings.database_url)
        try:
            migrate(self.database)
        except StoreError:
            self.database.close()
            raise

    def put_media(self, source: Path | IO[bytes], sha256: str | None = None, *, owner: str) -> str:
        """Keep a clip and return its content hash. It stays only if its owner files a dialogue of it within a day.

        Args:
            source: the file, or an open binary stream, which is read from its beginning
            sha256: the hash that the content must have
            owner: who brings it, and will file the dialogue

        Raises:
            StoreError: the content has another hash, cannot be read, is beyond the owner's quota, or the disk cannot
                take it
        """
        try:
            opened = source.open("rb") if isinstance(source, Path) else nullcontext(source)
        except OSError as error:
            raise StoreError("A clip cannot be read", got=error, do="load it again") from error
        if not isinstance(source, Path) and source.seekable():
            source.seek(0)  # an upload that was read before stands at its end
        with opened as stream, self.files.stage(stream) as staged:
            if sha256 is not None and staged.sha256 != checked_sha256(sha256):
                raise StoreError("A clip's content changed", got=staged.sha256, allowed=sha256, do="load it again")
            with self.database.write() as connection:
                now_s = time.time()
                accounts.check_quota(connection, owner, staged, self.settings.quota_mb)
                self.files.place(connection, "media", staged, now_s)
                upsert(connection, uploads, ("sha256", "owner"), sha256=staged.sha256, owner=owner, put_s=now_s)
                accounts.note(connection, owner, "upload", staged.sha256)
        return staged.sha256

    def check_brought(self, sha256: str, owner: str) -> None:
        """Check that an owner has brought a clip, so that nobody opens another's by its hash.

        Raises:
            StoreError: this owner has brought no such clip within the last day
        """
        wanted = (uploads.c.sha256 == checked_sha256(sha256)) & (uploads.c.owner == owner)
        with self.database.read() as connection:
            if connection.execute(select(uploads.c.sha256).where(wanted)).first() is None:
                raise StoreError("There is no such clip of yours", got=sha256[:12], do="load or record it again")

    def release_media(self, sha256: str, owner: str) -> None:
        """Give up a file that its owner brought and that no dialogue shows, such as a transcript that was read."""
        with self.database.write() as connection:
            connection.execute(delete(uploads).where(uploads.c.sha256 == sha256, uploads.c.owner == owner))
        self.files.collect(self.database, "media", sha256)

    def media_path(self, sha256: str) -> Path:
        """Return the file of a clip.

        Raises:
            StoreError: it is not in the store
        """
        path = self.files.path("media", sha256)
        if not path.is_file():
            raise StoreError("The clip is not in the store", got=sha256, do="load it again")
        return path

    def put_playable(self, media: str, copy: Path | None, reason: str = "") -> None:
        """Keep a copy of a clip that browsers play, or why there is none; it is deleted with the clip.

        Args:
            media: sha256 of the clip
            copy: the file; None where none could be made
            reason: why not

        Raises:
            StoreError: the clip is not in the store (any more), or the disk cannot take the copy
        """
        if copy is None:
            with self.database.write() as connection:
                copies.put(connection, media, "", reason)
            return
        with copy.open("rb") as stream, self.files.stage(stream) as staged, self.database.write() as connection:
            copies.put(connection, media, staged.sha256, reason)
            self.files.place(connection, "media", staged, time.time())

    def playable(self, media: str) -> PlayableCopy | None:
        """Return what browsers play in place of a clip; None where they play the clip itself."""
        with self.database.read() as connection:
            return copies.of_clip(connection, media)

    def put_dialogue(self, dialogue: Dialogue, owner: str) -> None:
        """File a dialogue for an owner; one with the same id gets the new title.

        Raises:
            StoreError: its clip is not in the store, or is not the owner's
        """
        with self.database.write() as connection:
            dialogue_rows.put(connection, dialogue, owner)

    def dialogue(self, dialogue_id: str, owner: str) -> Dialogue:
        """Return a dialogue of this owner, or a bundled one.

        Raises:
            StoreError: the owner sees none of that id
        """
        with self.database.read() as connection:
            body = dialogue_rows.body(connection, dialogue_id, owner)
        if body is None:
            raise dialogue_rows.no_such_dialogue(dialogue_id)
        return decode(Dialogue, body)

    def dialogues(self, owner: str, search: str = "", limit: int = 50, offset: int = 0) -> tuple[DialogueRow, ...]:
        """Return a page of the dialogues that an owner sees, the newest first.

        Args:
            owner: the session; an empty one sees the bundled examples
            search: words that must all occur in the title, source or speakers
            limit: most rows to return
            offset: rows to leave out at the start
        """
        with self.database.read() as connection:
            return dialogue_rows.rows(connection, owner, search, limit, offset)

    def count_dialogues(self, owner: str, search: str = "") -> int:
        """Return how many dialogues ``dialogues`` has in all."""
        with self.database.read() as connection:
            return dialogue_rows.count(connection, owner, search)

    def delete_dialogue(self, dialogue_id: str, owner: str) -> None:
        """Remove an owner's dialogue with its clip, results and jobs, save what another owner's equal one needs.

        Raises:
            StoreError: this owner has no such dialogue
        """
        removal.delete_dialogue(self.database, self.files, dialogue_id, owner)

    def share(self, dialogue_id: str, owner: str) -> str:
        """Return the secret of a new link to an owner's dialogue: whoever has it sees the dialogue until it is revoked.

        Raises:
            StoreError: this owner has no such dialogue
        """
        with self.database.write() as connection:
            secret = shares.make(connection, dialogue_id, owner)
        if secret is None:
            raise dialogue_rows.no_such_dialogue(dialogue_id)
        return secret

    def visit(self, secret: str, visitor: str) -> str:
        """Open a link for a visitor, and return the dialogue that it leads to.

        Raises:
            StoreError: there is no such link, or it was revoked
        """
        with self.database.write() as connection:
            return shares.visit(connection, secret, visitor)

    def seen_through(self, dialogue_id: str, visitor: str) -> str:
        """Return the identity of the link by which a visitor sees a dialogue; empty where none is needed.

        Raises:
            StoreError: the visitor does not see it; the link may have been revoked a moment ago
        """
        with self.database.read() as connection:
            found = shares.seen_through(connection, dialogue_id, visitor)
        if found is None:
            raise dialogue_rows.no_such_dialogue(dialogue_id)
        return found

    def holds(self, share: str) -> bool:
        """Tell whether a link, by its identity, has not been revoked."""
        with self.database.read() as connection:
            return shares.holds(connection, share)

    def shares(self, owner: str) -> tuple[ShareRow, ...]:
        """Return an owner's links to all their dialogues, the newest first."""
        with self.database.read() as connection:
            return shares.of_owner(connection, owner)

    def revoke(self, share: str, owner: str) -> None:
        """Take a link back, by its identity: from now on nobody sees anything through it.

        Raises:
            StoreError: this owner has no such link
        """
        with self.database.write() as connection:
            if not shares.revoke(connection, share, owner):
                raise StoreError("There is no such link of yours", got=share[:12], do="reload the page")

    def put_note(self, dialogue_id: str, owner: str, note: Note) -> None:
        """Keep an owner's note on an utterance of a dialogue that the owner sees; an empty note removes it.

        Raises:
            StoreError: the owner sees no dialogue of that id
            UnknownNameError: the dialogue has no such utterance
        """
        with self.database.write() as connection:
            dialogue_rows.hold(connection, dialogue_id)
            body = dialogue_rows.body(connection, dialogue_id, owner)
            if body is None:
                raise dialogue_rows.no_such_dialogue(dialogue_id)
            decode(Dialogue, body).position(note.utterance)
            notes.put(connection, dialogue_id, owner, note)

    def notes(self, dialogue_id: str, owner: str) -> tuple[Note, ...]:
        """Return an owner's notes on a dialogue, by utterance id."""
        with self.database.read() as connection:
            return notes.of_dialogue(connection, dialogue_id, owner)

    def put_analysis(self, analysis: Analysis, key: str, owner: str) -> None:
        """File an analysis under its content key.

        Raises:
            StoreError: the owner's dialogue was deleted
        """
        with self.database.read() as connection:
            if dialogue_rows.body(connection, analysis.dialogue.id, owner) is None:
                raise dialogue_rows.no_such_dialogue(analysis.dialogue.id)
        results.put_analysis(self.database, self.files, analysis, key)

    def analysis(self, key: str, owner: str) -> Analysis | None:
        """Return an analysis with the owner's own copy of its dialogue, or None where the owner has none.

        Raises:
            StoreError: its file is gone or damaged; it is removed then
        """
        found = results.get(self.database, self.files, results.ANALYSIS, key, Analysis)
        if found is None:
            return None
        with self.database.read() as connection:
            body = dialogue_rows.body(connection, found.dialogue.id, owner)
        return None if body is None else replace(found, dialogue=decode(Dialogue, body))

    def analyses(self, dialogue_id: str, owner: str) -> tuple[AnalysisRow, ...]:
        """Return the analyses of a dialogue that the owner sees, the newest first."""
        with self.database.read() as connection:
            if dialogue_rows.body(connection, dialogue_id, owner) is None:
                return ()
            return results.analyses(connection, dialogue_id)

    def put_result(self, kind: str, key: str, value: object, dialogue: str = "", model: str = "") -> None:
        """File any other result, a frozen dataclass, under its kind and content key.

        Args:
            dialogue: id of the dialogue that it comes from; it is removed with that

        Raises:
            StoreError: the value cannot be stored, or its dialogue was deleted
        """
        results.put(self.database, self.files, results.ResultName(kind, key, dialogue, model), value)

    def result(self, kind: str, key: str, value_type: type[Value]) -> Value | None:
        """Return a result, or None where there is none.

        Raises:
            StoreError: its file is gone or damaged (it is removed then), or it is of another type or version
        """
        return results.get(self.database, self.files, kind, key, value_type)

    def forget_steps(self, job_id: str) -> None:
        """Remove the results of a done job's steps."""
        removal.forget_steps(self.database, self.files, job_id)

    def sweep(self, now_s: float | None = None) -> SweepReport:
        """Remove what is past its time: dialogues after ``settings.keep_days``, abandoned uploads, old jobs."""
        now_s = time.time() if now_s is None else now_s
        return removal.sweep(self.database, self.files, self.settings.keep_days, now_s)

    def check(self, hashes: bool = False, repair: bool = False, now_s: float | None = None) -> StoreReport:
        """Compare the database with the folders; with ``hashes`` read every file, with ``repair`` clean up."""
        now_s = time.time() if now_s is None else now_s
        return examination.check(self.database, self.files, hashes, repair, now_s)

    def audit(self, limit: int = 1000) -> tuple[AuditLine, ...]:
        """Return the newest lines on uploads, links and deletions, of all owners."""
        with self.database.read() as connection:
            return accounts.lines(connection, limit)

    def write_backup(self, target: Path) -> BackupReport:
        """Write everything into one file; the store may be in use.

        Raises:
            StoreError: the file cannot be written
        """
        return backup.write_backup(self.database, self.files, target)

    def read_backup(self, source: Path) -> BackupReport:
        """Take a backup into this store, which must be empty.

        Raises:
            StoreError: the store holds something, or the file is no whole backup
        """
        return backup.read_backup(self.database, self.files, source)

    def close(self) -> None:
        """Close the connections to the database."""
        self.database.close()
