"""Links to conversations: who sees what, and what is left when one is taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from erc_core.annotations import Note
from erc_core.errors import JobError, StoreError
from erc_core.jobs import queue
from erc_core.store.store import Store
from erc_core.store.tables import jobs, shares, visits, watchers
from erc_core.types import Dialogue
from tests.store.sample_values import analysis, dialogue, with_clip

GONE = r"There is no such dialogue"


@pytest.fixture
def shown(store: Store) -> tuple[Dialogue, str]:
    """A clip of Ana's with an analysis, and a link to it."""
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    store.put_analysis(analysis(clip), "key", "ana")
    return clip, store.share(clip.id, "ana")


def test_who_opens_a_link_sees_the_conversation_and_its_analyses(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    with pytest.raises(StoreError, match=GONE):
        store.dialogue(clip.id, "ben")
    assert store.visit(secret, "ben") == clip.id
    assert store.dialogue(clip.id, "ben") == clip
    assert store.analysis("key", "ben") is not None
    assert [row.key for row in store.analyses(clip.id, "ben")] == ["key"]
    with pytest.raises(StoreError, match=GONE):
        store.dialogue(clip.id, "eve")  # the link was not hers


def test_a_link_that_is_taken_back_shows_nothing_to_those_who_came_through_it(
    store: Store, shown: tuple[Dialogue, str]
) -> None:
    clip, secret = shown
    store.visit(secret, "ben")
    (row,) = store.shares("ana")
    assert row.visitors == 1
    store.revoke(row.id, "ana")
    for visitor in ("ben", "eve"):
        with pytest.raises(StoreError, match=r"This link leads to no conversation"):
            store.visit(secret, visitor)
        with pytest.raises(StoreError, match=GONE):
            store.dialogue(clip.id, visitor)
        assert store.analysis("key", visitor) is None
    with pytest.raises(StoreError, match=GONE):
        store.put_analysis(analysis(clip), "other", "ben")  # a job that was asked for before
    assert store.dialogue(clip.id, "ana") == clip
    assert not store.holds(row.id)


def test_taking_one_link_back_leaves_the_other(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, first = shown
    second = store.share(clip.id, "ana")
    assert first != second
    store.visit(first, "ben")
    store.visit(second, "eve")
    through = store.seen_through(clip.id, "ben")
    store.revoke(through, "ana")
    assert store.dialogue(clip.id, "eve") == clip
    with pytest.raises(StoreError, match=GONE):
        store.dialogue(clip.id, "ben")


def test_only_the_owner_makes_and_takes_back_links(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    store.visit(secret, "ben")
    bundled = dialogue("for everybody")
    store.put_dialogue(bundled, "")
    for owner, asked in (("ben", clip.id), ("eve", clip.id), ("ana", "no such dialogue"), ("ana", bundled.id)):
        with pytest.raises(StoreError, match=GONE):
            store.share(asked, owner)
    (row,) = store.shares("ana")
    assert store.shares("ben") == ()
    with pytest.raises(StoreError, match=r"There is no such link of yours"):
        store.revoke(row.id, "ben")
    assert store.holds(row.id)


def test_a_visitor_can_neither_keep_change_nor_delete(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    store.visit(secret, "ben")
    with pytest.raises(StoreError, match=r"This clip is not yours to keep"):
        store.put_dialogue(clip.with_utterances(clip.utterances[:2]), "ben")
    with pytest.raises(StoreError, match=GONE):
        store.delete_dialogue(clip.id, "ben")
    assert [row.id for row in store.dialogues("ben")] == []
    assert clip.media is not None
    with pytest.raises(StoreError, match=r"There is no such clip of yours"):
        store.check_brought(clip.media.sha256, "ben")


def test_an_owner_needs_no_link_and_is_no_visitor(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    assert store.visit(secret, "ana") == clip.id
    assert store.seen_through(clip.id, "ana") == ""
    assert store.shares("ana")[0].visitors == 0
    store.visit(secret, "ben")
    assert store.seen_through(clip.id, "ben") == store.shares("ana")[0].id


def test_deleting_a_conversation_takes_its_links_and_the_visitors_notes_along(
    store: Store, shown: tuple[Dialogue, str]
) -> None:
    clip, secret = shown
    store.visit(secret, "ben")
    store.put_note(clip.id, "ben", Note(clip.utterances[0].id, "I doubt it", "", False))
    store.delete_dialogue(clip.id, "ana")
    with pytest.raises(StoreError, match=r"This link leads to no conversation"):
        store.visit(secret, "ben")
    assert store.notes(clip.id, "ben") == ()
    with store.database.read() as connection:
        assert connection.execute(select(visits)).all() == []


def test_deleting_a_conversation_ends_what_its_visitors_asked_for(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    store.visit(secret, "ben")
    job = queue.submit(store, "tests.jobs.sample_jobs:count", {"dialogue": clip.id}, "ben", "A private title")
    store.delete_dialogue(clip.id, "ana")
    with pytest.raises(JobError, match=r"There is no such job"):
        queue.status(store, job, "ben")
    with store.database.read() as connection:
        assert connection.execute(select(watchers)).all() == []
        assert connection.execute(select(jobs)).all() == []


def test_a_visitor_s_work_goes_on_where_somebody_else_has_the_conversation(
    store: Store, shown: tuple[Dialogue, str]
) -> None:
    clip, _ = shown
    store.put_dialogue(with_clip(store, owner="ben"), "ben")
    job = queue.submit(store, "tests.jobs.sample_jobs:count", {"dialogue": clip.id}, "ben", "asked")
    store.delete_dialogue(clip.id, "ana")
    assert queue.status(store, job, "ben").state == "queued"


def test_who_does_not_see_a_conversation_any_more_gets_no_way_to_it(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    bundled = dialogue("for everybody")
    store.put_dialogue(bundled, "")
    assert store.seen_through(bundled.id, "ben") == ""
    store.visit(secret, "ben")
    through = store.seen_through(clip.id, "ben")
    store.revoke(through, "ana")
    for visitor in ("ben", "eve"):  # an empty answer would have a link signed that nobody can take back
        with pytest.raises(StoreError, match=GONE):
            store.seen_through(clip.id, visitor)


def test_the_database_does_not_hold_the_secret(store: Store, shown: tuple[Dialogue, str]) -> None:
    _, secret = shown
    with store.database.read() as connection:
        kept = [str(value) for row in connection.execute(select(shares)).all() for value in row]
    assert secret not in " ".join(kept)
    for guessed in (kept[0], secret[:-1], secret + "A", "", "*"):  # neither what is kept nor a part opens anything
        with pytest.raises(StoreError, match=r"This link leads to no conversation"):
            store.visit(guessed, "eve")


def test_each_link_and_its_end_have_a_line(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, _ = shown
    store.revoke(store.shares("ana")[0].id, "ana")
    told = [(line.owner, line.action, line.what) for line in reversed(store.audit())]
    assert told[1:] == [("ana", "share", clip.id), ("ana", "unshare", clip.id)]


def test_a_visitor_may_ask_for_an_analysis(store: Store, shown: tuple[Dialogue, str]) -> None:
    clip, secret = shown
    store.visit(secret, "ben")
    job = queue.submit(store, "tests.jobs.sample_jobs:count", {"dialogue": clip.id}, "ben", "asked")
    assert queue.status(store, job, "ben").state == "queued"
    store.put_analysis(analysis(clip, "df_erc"), "second", "ben")
    assert store.analysis("second", "ana") is not None
