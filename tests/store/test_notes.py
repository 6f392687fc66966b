"""Notes belong to a session and a dialogue, and go with them."""

import threading
import time

import pytest
from sqlalchemy import delete, select

from erc_core.annotations import MAX_CHARACTERS, Note
from erc_core.errors import InputError, StoreError, UnknownNameError
from erc_core.store.removal import DAY_S
from erc_core.store.tables import dialogues, notes
from tests.store.sample_values import dialogue

NOTE = Note("u1", "<b>She</b> means the opposite ♪", "anger", True)


@pytest.fixture
def filed(store):
    store.put_dialogue(dialogue(), "ana")
    return dialogue().id


def test_a_note_comes_back_as_it_was_written(store, filed):
    store.put_note(filed, "ana", NOTE)
    store.put_note(filed, "ana", Note("u0", bookmarked=True))
    assert store.notes(filed, "ana") == (Note("u0", bookmarked=True), NOTE)


def test_a_later_note_on_an_utterance_replaces_the_earlier_and_an_empty_one_removes_it(store, filed):
    store.put_note(filed, "ana", NOTE)
    store.put_note(filed, "ana", Note("u1", "no, she does not"))
    assert store.notes(filed, "ana") == (Note("u1", "no, she does not"),)
    store.put_note(filed, "ana", Note("u1"))
    assert store.notes(filed, "ana") == ()


def test_nobody_reads_or_writes_notes_on_what_they_cannot_see(store, filed):
    store.put_note(filed, "ana", NOTE)
    assert store.notes(filed, "bob") == ()
    with pytest.raises(StoreError, match="no such dialogue"):
        store.put_note(filed, "bob", NOTE)


def test_notes_on_a_bundled_example_are_the_sessions_own(store):
    store.put_dialogue(dialogue(), "")
    store.put_note(dialogue().id, "ana", NOTE)
    assert store.notes(dialogue().id, "bob") == ()
    assert store.notes(dialogue().id, "ana") == (NOTE,)


def test_an_utterance_that_is_not_there_is_refused(store, filed):
    with pytest.raises(UnknownNameError, match="no such utterance"):
        store.put_note(filed, "ana", Note("u99", "where?"))


def test_a_note_of_any_length_is_refused(store):
    with pytest.raises(InputError, match=r"too long\. got: 2,001 characters"):
        Note("u1", "x" * (MAX_CHARACTERS + 1))


def test_notes_go_with_the_dialogue(store, filed):
    store.put_note(filed, "ana", NOTE)
    store.delete_dialogue(filed, "ana")
    store.put_dialogue(dialogue(), "ana")
    assert store.notes(filed, "ana") == ()


def test_old_notes_on_examples_are_swept(store):
    store.put_dialogue(dialogue(), "")
    store.put_note(dialogue().id, "ana", NOTE)
    store.sweep(time.time() + (store.settings.keep_days - 1) * DAY_S)
    assert store.notes(dialogue().id, "ana")
    store.sweep(time.time() + (store.settings.keep_days + 1) * DAY_S)
    assert not store.notes(dialogue().id, "ana")


def test_a_note_that_is_written_while_its_dialogue_is_deleted_is_not_kept(store, filed):
    refused = []

    def write():
        try:
            store.put_note(filed, "ana", NOTE)
        except StoreError as error:
            refused.append(error)

    writing = threading.Thread(target=write)
    with store.database.write() as connection:
        connection.execute(delete(dialogues).where(dialogues.c.id == filed))
        writing.start()
        time.sleep(0.3)  # the writing has come as far as it can
    writing.join()
    assert "no such dialogue" in str(refused)
    with store.database.read() as connection:
        assert connection.execute(select(notes)).all() == []
