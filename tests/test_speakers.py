from __future__ import annotations

import pytest

from erc_core.errors import InputError, UnknownNameError
from erc_core.speakers import (
    NO_FACE,
    merge_speakers,
    merge_utterances,
    overlapping,
    relink_face,
    rename_speaker,
    split_speaker,
    split_utterance,
)
from erc_core.types import Dialogue, Utterance, Word

WORDS = (Word("one", 0.0, 0.4), Word("two", 0.6, 1.0), Word("three", 1.5, 2.0))
TALK = Dialogue.of(
    "talk",
    "test",
    (
        Utterance("u1", "Speaker 1", "one two three", 0.0, 2.0, "joy", WORDS),
        Utterance("u2", "Speaker 2", "and you", 1.8, 3.0),
        Utterance("u3", "Speaker 3", "fine", 3.0, 4.0, "joy"),
        Utterance("u4", "Speaker 3", "thanks", 4.0, 5.0, "joy"),
    ),
)


def speakers(dialogue: Dialogue) -> list[str]:
    return [utterance.speaker for utterance in dialogue.utterances]


def test_a_new_name_is_a_new_dialogue() -> None:
    named = rename_speaker(TALK, "Speaker 1", " Nora ")
    assert speakers(named)[0] == "Nora"
    assert named.id != TALK.id
    assert speakers(TALK)[0] == "Speaker 1"


def test_one_who_was_taken_for_two_is_merged() -> None:
    assert speakers(merge_speakers(TALK, "Speaker 1", ["Speaker 3"])) == [
        "Speaker 1", "Speaker 2", "Speaker 1", "Speaker 1",
    ]  # fmt: skip


def test_two_who_were_taken_for_one_are_split() -> None:
    assert speakers(split_speaker(TALK, ["u4"], "Ben"))[2:] == ["Speaker 3", "Ben"]


@pytest.mark.parametrize("track", [2, NO_FACE, None])
def test_a_face_is_linked_by_hand(track: int | None) -> None:
    linked = relink_face(TALK, ["u1", "u3"], track)
    assert [utterance.face_track for utterance in linked.utterances] == [track, None, track, None]


def test_an_utterance_is_cut_with_its_words() -> None:
    cut = split_utterance(TALK, "u1", 1.2)
    first, second = cut.utterances[:2]
    assert (first.id, first.text, first.end_s, len(first.words)) == ("u1", "one two", 1.2, 2)
    assert (second.id, second.text, second.start_s, len(second.words)) == ("u1.2", "three", 1.2, 1)
    assert split_utterance(cut, "u1", 0.5).utterances[1].id == "u1.3"


def test_an_utterance_without_timed_words_is_cut_by_its_length() -> None:
    first, second = split_utterance(TALK, "u2", 2.4).utterances[1:3]
    assert (first.text, second.text) == ("and", "you")


def test_utterances_that_follow_each_other_are_merged() -> None:
    joined = merge_utterances(TALK, "u3", "u4").utterances[2]
    assert (joined.id, joined.text, joined.end_s, joined.label) == ("u3", "fine thanks", 5.0, "joy")


def test_overlaps_are_known() -> None:
    assert overlapping(TALK) == ("u1", "u2")


def test_what_cannot_be_done_is_refused_with_a_reason() -> None:
    with pytest.raises(UnknownNameError, match="Nobody in the dialogue"):
        rename_speaker(TALK, "Nora", "Ben")
    with pytest.raises(InputError, match="merge the two speakers"):
        rename_speaker(TALK, "Speaker 1", "Speaker 2")
    with pytest.raises(InputError, match="needs a name"):
        rename_speaker(TALK, "Speaker 1", "  ")
    with pytest.raises(InputError, match="two speakers"):
        merge_utterances(TALK, "u2", "u3")
    with pytest.raises(InputError, match="follow each other"):
        merge_utterances(TALK, "u1", "u4")
    with pytest.raises(InputError, match="cannot be cut there"):
        split_utterance(TALK, "u3", 3.05)
    with pytest.raises(InputError, match="no such face"):
        relink_face(TALK, ["u1"], -1)
    with pytest.raises(UnknownNameError, match="no such utterance"):
        relink_face(TALK, ["u9"], 1)
