from __future__ import annotations

import time

import pytest

from erc_core.data.transcript import Transcript, check_against, read_transcript
from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.types import Utterance

SRT = "1\n00:00:01,000 --> 00:00:02,000\nCafé – “well”\n"


def read(content: bytes | str, **limits: int) -> Transcript:
    return read_transcript(content.encode() if isinstance(content, str) else content, "words.txt", Settings(**limits))


@pytest.mark.parametrize(
    ("encoding", "notes"),
    [
        ("utf-8", ()),
        ("utf-8-sig", ()),
        ("utf-16", ("The transcript was read as UTF-16.",)),
        ("utf-32", ("The transcript was read as UTF-32.",)),
        ("cp1252", ("The transcript is not UTF-8; it was read as Windows-1252.",)),
    ],
)
def test_encodings_are_found_and_noted(encoding: str, notes: tuple[str, ...]) -> None:
    transcript = read(SRT.encode(encoding))
    assert transcript.utterances[0].text == "Café – “well”"
    assert transcript.notes == notes


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_are_read(newline: str) -> None:
    assert len(read((SRT * 2).replace("\n", newline)).utterances) == 2


@pytest.mark.parametrize(
    "words",
    [
        "مرحبا بالعالم",
        "שלום עולם",
        "👩‍👩‍👧 🎉",
        "<script>alert('x')</script>",
        "<b>",
        "&lt;b&gt;",
        "日本語",
        "a\u202eb",
    ],
)
def test_words_of_every_kind_stay_as_they_are(words: str) -> None:
    text = read(f"start_s,end_s,speaker,text\n0,1,A,{words}\n").utterances[0].text
    assert text == words


def test_the_format_comes_from_the_content() -> None:
    vtt = read("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hello\n")
    table = read("start_s,end_s,speaker,text\n1,2,Anna,Hello\n")
    assert vtt == table
    assert vtt.utterances == (Utterance("u1", "Anna", "Hello", 1.0, 2.0),)


def test_unknown_speakers_and_empty_words_have_their_own_values() -> None:
    transcript = read("start_s,end_s,speaker,text\n1,2,,\n")
    assert transcript.utterances == (Utterance("u1", "Speaker 1", None, 1.0, 2.0),)


def test_utterances_are_sorted_and_overlaps_noted() -> None:
    transcript = read("start_s,end_s,text\n5,6,c\n0,3,a\n2,2.5,b\n2.75,4,d\n")
    assert [(u.id, u.text) for u in transcript.utterances] == [("u1", "a"), ("u2", "b"), ("u3", "d"), ("u4", "c")]
    assert transcript.notes == (
        "The utterances were sorted by their start.",
        "Speech overlaps: u2 (2.00 s), u3 (2.75 s) begin before an earlier utterance has ended.",
    )


def test_control_characters_are_left_out_and_noted() -> None:
    transcript = read("start_s,end_s,text\n0,1,a\x1b[31mb\x07\n")
    assert transcript.utterances[0].text == "a[31mb"
    assert transcript.notes == ("Control characters were left out.",)


def test_ten_thousand_lines_are_quick() -> None:
    rows = "".join(f"{n},{n + 1},Anna,word {n}\n" for n in range(10_000))
    srt = "".join(
        f"{n}\n{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},000 --> 30:00:00,000\nx\n\n" for n in range(10_000)
    )
    started = time.process_time()
    assert len(read("start_s,end_s,speaker,text\n" + rows, max_utterances=10_000).utterances) == 10_000
    assert len(read(srt, max_utterances=10_000).utterances) == 10_000
    assert time.process_time() - started < 5


def test_what_lies_after_the_end_of_the_clip_is_named() -> None:
    transcript = read("start_s,end_s,text\n0,3,a\n4,9,b\n10,11,c\n12,13,d\n")
    with pytest.raises(InputError) as caught:
        check_against(transcript, 9.5)
    assert str(caught.value) == (
        "The transcript goes on after the end of the clip (step: transcript). "
        "got: u3 (10.00 s), u4 (12.00 s); the clip ends at 9.50 s. allowed: utterances that begin within the clip. "
        "what to do: choose the transcript of this clip, or remove what lies after its end."
    )
    cut = check_against(read("start_s,end_s,text\n0,3,a\n4,9,b\n"), 5.0)
    assert cut.utterances[1].end_s == 5.0
    assert cut.notes == ("Cut at the end of the clip (5.00 s): u2 (4.00 s).",)


def test_an_end_a_moment_after_the_clip_is_not_worth_a_note() -> None:
    cut = check_against(read("start_s,end_s,text\n0,3.2,a\n"), 3.0)
    assert (cut.utterances[0].end_s, cut.notes) == (3.0, ())
