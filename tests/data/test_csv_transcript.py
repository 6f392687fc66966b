from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erc_core.data.csv_transcript import parse_csv, write_csv
from erc_core.data.transcript import read_transcript
from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.types import Utterance

ROW = "start_s,end_s,speaker,text\n"


def test_seconds_and_clock_times_are_read() -> None:
    cues = parse_csv(ROW + '0.5,1.75,Anna,"Well, hello"\n00:01:02.5,1:03,Ben,Hi\n')
    assert [(c.start_s, c.end_s, c.speaker, c.text) for c in cues] == [
        (0.5, 1.75, "Anna", "Well, hello"),
        (62.5, 63.0, "Ben", "Hi"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        "start_s;end_s;speaker;text\n0,5;1,75;Anna;Hi, all\n",
        "Start\tEnd\tSpeaker\tUtterance\tMore\n0.5\t1.75\tAnna\tHi, all\tx\n",
        'text,who,end time,"start time"\n"Hi, all",Anna,1.75,0.5\n',
        "\n\nbegin|stop|name|words|label\n0.5|1.75|Anna|Hi, all\n\n",
    ],
)
def test_common_delimiters_names_and_orders_are_understood(table: str) -> None:
    (cue,) = parse_csv(table)
    assert (cue.start_s, cue.end_s, cue.speaker, cue.text) == (0.5, 1.75, "Anna", "Hi, all")


def test_an_emotion_column_labels_the_utterances() -> None:
    (cue,) = parse_csv("start_s,end_s,speaker,text,emotion\n0,1,Anna,Hi,joy\n")
    assert cue.label == "joy"


def test_a_line_is_named_as_the_file_counts_it() -> None:
    with pytest.raises(InputError, match=re.escape("The times in line 5 cannot be used")):
        parse_csv(ROW + '0,1,A,"two\nlines"\n\n3,2,A,x\n')


def test_cells_that_a_spreadsheet_would_run_are_guarded() -> None:
    dangerous = ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "''=1"]
    utterances = tuple(Utterance(f"u{n}", t, t, n, n + 1.0, t) for n, t in enumerate(dangerous, 1))
    written = write_csv(utterances)
    cells = [cell for row in list(csv.reader(io.StringIO(written)))[1:] for cell in row[2:]]
    assert all(cell.startswith("'") for cell in cells)


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(str.strip)


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.tuples(words, words, st.sampled_from(["", "joy", "=x"])), min_size=1, max_size=5))
def test_any_words_read_back_equal(rows: list[tuple[str, str, str]]) -> None:
    utterances = tuple(
        Utterance(f"u{n}", speaker, text, n / 7, (n + 1) / 7, label or None)
        for n, (speaker, text, label) in enumerate(rows, 1)
    )
    read = read_transcript(write_csv(utterances).encode(), "a.csv", Settings())
    assert read.utterances == utterances
