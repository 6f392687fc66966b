"""What is typed into the table becomes utterances, and nothing that was known is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erc_core.errors import InputError
from erc_core.types import Word
from erc_core.ui.transcript_table import table_of, with_table
from tests.ui.sample_analysis import sample_dialogue


def test_an_unchanged_table_gives_the_same_dialogue() -> None:
    dialogue = sample_dialogue()
    assert with_table(dialogue, table_of(dialogue)) == dialogue


def test_a_changed_text_drops_the_old_words_and_keeps_those_of_other_utterances() -> None:
    dialogue = sample_dialogue()
    timed = tuple(replace(u, words=(Word("x", u.start_s, u.end_s, "given"),)) for u in dialogue.utterances)
    rows = table_of(dialogue.with_utterances(timed))
    rows[1]["text"] = "Something else"
    changed = with_table(dialogue.with_utterances(timed), rows)
    assert changed.utterances[1].text == "Something else"
    assert changed.utterances[1].words == ()
    assert changed.utterances[2].words == timed[2].words
    assert changed.id != dialogue.id


def test_rows_are_put_in_order_of_their_start() -> None:
    rows = [
        {"start_s": 4, "end_s": 5, "speaker": "B", "text": "two"},
        {"start_s": 1.0, "end_s": 2.0, "speaker": None, "text": None},
    ]
    utterances = with_table(sample_dialogue(), rows).utterances
    assert [(u.id, u.speaker, u.text) for u in utterances] == [("u1", "Speaker 1", None), ("u2", "B", "two")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"start_s": None, "end_s": 2.0}, r"Row 1 of the table has no start\. got: nothing"),
        ({"start_s": 1.0, "end_s": float("nan")}, r"Row 1 of the table has no end\. got: nan"),
        ({"start_s": 3.0, "end_s": 2.0}, r"Row 1 of the table has no usable times\. got: start 3 s, end 2 s"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(row: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_table(sample_dialogue(), [row])


def test_an_empty_table_says_what_to_do() -> None:
    with pytest.raises(InputError, match="add at least one utterance"):
        with_table(sample_dialogue(), [])


def test_what_was_noted_of_the_words_is_dropped_and_what_the_clip_lacks_is_kept() -> None:
    lacks = "The clip has no picture: faces are missing."
    dialogue = replace(sample_dialogue(), notes=("The words are not known: give a transcript or type them.", lacks))
    assert with_table(dialogue, table_of(dialogue)).notes == (lacks,)
