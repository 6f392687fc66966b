"""Edits are values: they come back from an address, and what cannot be an edit is named."""

from __future__ import annotations

import pytest

from erc_core.errors import InputError, UnknownNameError
from erc_core.types import Dialogue, Utterance
from erc_core.whatif.edit_text import edits_text, parse_edits
from erc_core.whatif.edits import (
    BlankFace,
    DropUtterance,
    Edit,
    MuteSound,
    NeutralFace,
    NoiseSound,
    SpeakerEdit,
    WordsEdit,
    describe,
    edit_of,
    edited_dialogue,
    with_edit,
    without_edit,
)

EDITS: tuple[Edit, ...] = (
    WordsEdit("u1", "Well: so; 100 % <b>sad</b>\n“oh”"),
    WordsEdit("u:2", ""),
    SpeakerEdit("u3", "Åsa & Bo"),
    DropUtterance("u4"),
    MuteSound("u5"),
    NoiseSound("u6", -2.5, 12.25, 13.0),
    MuteSound("u7", 1.0, 2.0),
    BlankFace("u8"),
    NeutralFace("u9"),
)
TALK = Dialogue.of(
    "talk",
    "test",
    tuple(Utterance(f"u{i}", "Ann" if i % 2 else "Bob", f"line {i}", 2.0 * i, 2.0 * i + 1, "joy") for i in range(1, 5)),
)


def test_edits_come_back_from_their_text() -> None:
    assert parse_edits(edits_text(EDITS)) == EDITS
    assert parse_edits("") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sing:u1", r"This is no edit\. got: sing:u1\. allowed: words:U:TEXT"),
        ("mute", "This is no edit"),
        ("mute:u1:2", "This is no edit"),
        ("noise:u1:loud", r"what is no number\. got: loud"),
        ("noise:u1:nan", r"too strong or too weak\. got: nan dB\. allowed: -20 to 40 dB"),
        ("mute:u1:3:2", r"got: 3\.0 s to 2\.0 s\. allowed: 0 <= start < end"),
        ("mute:u1:0:inf", "The stretch of an edit cannot be used"),
        ("speaker:u1:%20", "needs the name of a speaker"),
        ("words:u1:" + "a" * 2001, r"got: 2,001 characters\. allowed: up to 2,000"),
        (";".join(f"drop:u{i}" for i in range(101)), r"too many edits\. got: 101"),
    ],
)
def test_what_is_no_edit_is_named(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_edits(text)


def test_a_second_edit_of_one_aspect_takes_the_place_of_the_first() -> None:
    edits = with_edit((MuteSound("u1"), MuteSound("u2")), NoiseSound("u1", 5))
    assert edits == (MuteSound("u2"), NoiseSound("u1", 5))
    assert edit_of(edits, "u1", "sound") == NoiseSound("u1", 5)
    assert without_edit(edits, "u1", "sound") == (MuteSound("u2"),)
    assert edit_of(edits, "u1", "words") is None


def test_words_speakers_and_presence_are_edited_and_times_and_truth_stay() -> None:
    edited = edited_dialogue(TALK, (WordsEdit("u1", " other "), SpeakerEdit("u2", "Cy"), DropUtterance("u3")))
    assert [(u.id, u.speaker, u.text) for u in edited.utterances] == [
        ("u1", "Ann", "other"),
        ("u2", "Cy", "line 2"),
        ("u4", "Bob", "line 4"),
    ]
    assert edited.utterances[2] == TALK.utterances[3]
    assert edited.id != TALK.id


def test_no_edit_gives_the_same_dialogue() -> None:
    assert edited_dialogue(TALK, ()) == TALK


def test_an_edit_of_what_is_left_out_changes_nothing_more() -> None:
    one = edited_dialogue(TALK, (DropUtterance("u1"), WordsEdit("u1", "x"), SpeakerEdit("u1", "y")))
    assert one == edited_dialogue(TALK, (DropUtterance("u1"),))


def test_an_edit_of_an_unknown_utterance_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"got: u9\. allowed: u1, u2, u3, u4"):
        edited_dialogue(TALK, (MuteSound("u9"),))


def test_a_dialogue_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(InputError, match="keep at least one"):
        edited_dialogue(TALK, tuple(DropUtterance(u.id) for u in TALK.utterances))


def test_each_edit_says_what_it_does() -> None:
    assert [describe(edit) for edit in EDITS[1:]] == [
        "has no words",
        "is said by Åsa & Bo",
        "was never said",
        "is silent",
        "has noise at -2.5 dB from 12.2 s to 13.0 s",
        "is silent from 1.0 s to 2.0 s",
        "shows no face",
        "shows the speaker's calmest face",
    ]
