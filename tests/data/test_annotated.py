"""Predictions and notes go out to annotators' formats and come back equal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erc_core.annotations import Note
from erc_core.data.annotated import (
    Annotated,
    annotated,
    read_annotated_elan,
    read_annotated_webvtt,
    write_annotated_elan,
    write_annotated_webvtt,
)
from erc_core.data.transcript import read_transcript
from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.types import Utterance
from tests.ui.sample_analysis import sample_analysis

words = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=40).map(str.strip)
ROWS = (
    Annotated(
        Utterance("u1", "Ana", "Well --> <i>great</i> & so on", 0.0, 1.234, "anger"),
        "joy",
        0.831234,
        Note("u1", "sarcasm; look!", "anger", True),
    ),
    Annotated(Utterance("u2", "Bö ♪", None, 1.3, 2.0), "sadness", 0.5, Note("u2")),
    Annotated(Utterance("u3", "Ana", "=1+1", 2.0, 3.0), "", 0.0, Note("u3", bookmarked=True)),
)


@pytest.mark.parametrize(
    ("write", "read"),
    [(write_annotated_webvtt, read_annotated_webvtt), (write_annotated_elan, read_annotated_elan)],
    ids=["webvtt", "elan"],
)
def test_what_was_written_reads_back_equal(write, read):
    assert read(write(ROWS)) == ROWS


@settings(max_examples=40, deadline=None)
@given(text=words, note=words, speaker=words.filter(bool), start=st.integers(0, 10**6))
def test_any_words_survive_both_formats(text, note, speaker, start):
    one = Utterance("u1", speaker, text or None, start / 1000, (start + 500) / 1000)
    rows = (Annotated(one, "fear", 0.25, Note("u1", note)),)
    assert read_annotated_webvtt(write_annotated_webvtt(rows)) == rows
    assert read_annotated_elan(write_annotated_elan(rows)) == rows


def test_an_analysis_gives_every_utterance_its_prediction_and_note():
    analysis = sample_analysis()
    first = analysis.dialogue.utterances[0].id
    rows = annotated(analysis, (Note(first, "look"),))
    assert [row.utterance.id for row in rows] == [u.id for u in analysis.dialogue.utterances]
    assert rows[0].note.text == "look"
    assert rows[0].predicted == analysis.prediction.label_of(0)
    assert rows[0].probability == pytest.approx(float(np.max(analysis.prediction.probabilities[0])), abs=1e-6)


@pytest.mark.parametrize("write", [lambda rows: write_annotated_webvtt(rows).encode(), write_annotated_elan])
def test_an_export_serves_as_a_transcript_without_its_predictions_becoming_truth(write):
    read = read_transcript(write(ROWS), "export", Settings()).utterances
    assert [u.speaker for u in read] == ["Ana", "Bö ♪", "Ana"]
    assert read[0].text == "Well --> <i>great</i> & so on"
    assert "joy" not in {u.label for u in read}


def test_a_file_of_another_program_is_refused_with_what_to_do():
    with pytest.raises(InputError, match="no comment that begins with NOTE erc-lens"):
        read_annotated_webvtt("WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n")
    with pytest.raises(InputError, match="without the tiers that this program writes"):
        read_annotated_elan(b"<ANNOTATION_DOCUMENT/>")


def test_a_damaged_comment_is_named_with_its_line():
    text = write_annotated_webvtt(ROWS).replace('"id": "u2", ', "")
    with pytest.raises(InputError, match=r"line 8: 'id'"):
        read_annotated_webvtt(text)


def test_characters_that_xml_cannot_hold_do_not_break_the_document():
    rows = (Annotated(Utterance("u1", "A", "bell \x07 and half \ud800", 0.0, 1.0), "joy", 0.5, Note("u1")),)
    assert read_annotated_elan(write_annotated_elan(rows))[0].utterance.text == "bell \ufffd and half \ufffd"
