"""Transcripts that are broken or mean harm, each with the exact message that a person gets."""

from __future__ import annotations

import pytest

from erc_core.data.transcript import read_transcript
from erc_core.errors import InputError
from erc_core.settings import Settings

HEAD = "start_s,end_s,speaker,text\n"
FORMATS = "SRT, WebVTT, CSV with the columns start_s,end_s,speaker,text, or ELAN (.eaf)"
UNKNOWN = (
    "The file cannot be read as a transcript (step: transcript). got: words.txt, which begins {}. "
    f"allowed: {FORMATS}. what to do: save the transcript in one of these formats."
)
NO_TEXT = (
    "The file is no text (step: transcript). got: words.txt, {} bytes. "
    f"allowed: {FORMATS}. what to do: choose the transcript, not the clip, and save it as UTF-8."
)
TIMES = (
    "The times in {0} cannot be used (step: transcript). got: {1}. allowed: {2}. "
    "what to do: correct {0} and read the transcript again."
)
CLOCK = "a time such as 00:01:02.500 or 62.5"
POSITIVE = "times from 0 on"
ORDER = "an end after the start"
NONE_IN = (
    "The transcript holds no utterances (step: transcript). got: words.txt. "
    f"allowed: {FORMATS}. what to do: choose another file."
)
CELLS = (
    "A row has too {} cells in line {} (step: transcript). got: {} cells. allowed: {}. "
    "what to do: put words with commas into double quotes in line {}, and read the transcript again."
)


def elan(body: str, slots: str = '<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b"/>') -> str:
    return f"<ANNOTATION_DOCUMENT><TIME_ORDER>{slots}</TIME_ORDER>{body}</ANNOTATION_DOCUMENT>"


def annotation(first: str, second: str) -> str:
    return (
        f'<TIER TIER_ID="A"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a7" TIME_SLOT_REF1="{first}" '
        f'TIME_SLOT_REF2="{second}"><ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>'
    )


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "nothing": (
        "",
        "The file cannot be read as a transcript (step: transcript). got: words.txt, which is empty. "
        f"allowed: {FORMATS}. what to do: save the transcript in one of these formats.",
    ),
    "blanks": (
        " \n\t\n",
        "The file cannot be read as a transcript (step: transcript). got: words.txt, which is empty. "
        f"allowed: {FORMATS}. what to do: save the transcript in one of these formats.",
    ),
    "prose": ("Once upon a time, there was a clip.", UNKNOWN.format("'Once upon a time, there was a clip.'")),
    "html": ("<html><body>00:01</body></html>", UNKNOWN.format("'<html><body>00:01</body></html>'")),
    "json": ('{"start": 1, "end": 2}', UNKNOWN.format('\'{"start": 1, "end": 2}\'')),
    "a film": (b"\0\0\0\x18ftypisom\xff\xfe\x81" + bytes(50), NO_TEXT.format(65)),
    "zeros": (bytes(1000), NO_TEXT.format("1,000")),
    "half a character of UTF-16": ("x".encode("utf-16") + b"\0", NO_TEXT.format(5)),
    "an empty webvtt": ("WEBVTT\n\nNOTE nothing\n", NONE_IN),
    "a table of no rows": (HEAD, NONE_IN),
    "an elan of no tiers": (elan(""), NONE_IN),
    "srt, end before start": (
        "1\n00:00:05,000 --> 00:00:04,000\nx\n",
        TIMES.format("line 2", "start 5 s, end 4 s", ORDER),
    ),
    "srt, no length": ("1\n00:00:05,000 --> 00:00:05,000\nx\n", TIMES.format("line 2", "start 5 s, end 5 s", ORDER)),
    "srt, negative": (
        "1\n-00:00:05,000 --> 00:00:06,000\nx\n",
        TIMES.format("line 2", "the negative time -00:00:05,000", "times from 0 on"),
    ),
    "srt, no end": ("1\n00:00:05,000 -->\nx\n", TIMES.format("line 2", "''", CLOCK)),
    "srt, no start": ("\n\n --> 00:00:05,000\nx\n", TIMES.format("line 3", "''", CLOCK)),
    "srt, letters": ("1\n00:00:0a,000 --> 00:00:05,000\nx\n", TIMES.format("line 2", "'00:00:0a,000'", CLOCK)),
    "srt, too many parts": ("1\n1:2:3:4,0 --> 00:00:05,000\nx\n", TIMES.format("line 2", "'1:2:3:4,0'", CLOCK)),
    "srt, a million hours": (
        "1\n9999:00:00,000 --> 9999:00:01,000\nx\n",
        TIMES.format("line 2", "9999:00:00,000", "times up to 100 hours"),
    ),
    "webvtt, end before start": (
        "WEBVTT\n\n00:05.000 --> 00:04.000\nx\n",
        TIMES.format("line 3", "start 5 s, end 4 s", ORDER),
    ),
    "webvtt, negative": (
        "WEBVTT\n\n-00:05.000 --> 00:04.000\nx\n",
        TIMES.format("line 3", "the negative time -00:05.000", "times from 0 on"),
    ),
    "csv, end before start": (HEAD + "0,1,A,x\n3,2,A,y\n", TIMES.format("line 3", "start 3 s, end 2 s", ORDER)),
    "csv, negative": (HEAD + "-1,2,A,x\n", TIMES.format("line 2", "the negative time -1", "times from 0 on")),
    "csv, no number": (HEAD + "nan,2,A,x\n", TIMES.format("line 2", "'nan'", CLOCK)),
    "csv, infinite": (HEAD + "0,inf,A,x\n", TIMES.format("line 2", "'inf'", CLOCK)),
    "csv, a huge power": (HEAD + "0,1e300,A,x\n", TIMES.format("line 2", "'1e300'", CLOCK)),
    "csv, a formula": (HEAD + "=1+1,2,A,x\n", TIMES.format("line 2", "'=1+1'", CLOCK)),
    "csv, an empty time": (HEAD + ",2,A,x\n", TIMES.format("line 2", "''", CLOCK)),
    "csv, a row too short": (HEAD + "1\n", CELLS.format("few", 2, 1, "2 to 4", 2)),
    "csv, a comma in the words": (HEAD + "0,1,A,Hello, you\n", CELLS.format("many", 2, 5, "2 to 4", 2)),
    "csv, no end column": (
        "start_s,speaker,text\n0,A,x\n",
        "The table has no column end_s (step: transcript). got: start_s,speaker,text. "
        "allowed: start_s,end_s,speaker,text and, if wanted, emotion. what to do: name the columns in the first line.",
    ),
    "csv, a quote that never ends": (
        HEAD + '0,1,A,x\n1,2,A,"y\n' + "2,3,A,z\n" * 3,
        "The table cannot be read in line 3 (step: transcript). got: unexpected end of data. "
        "allowed: cells with commas, quotes or breaks of lines stand in double quotes. "
        "what to do: correct line 3 and read the transcript again.",
    ),
    "csv, a cell without end": (
        HEAD + "0,1,A," + "x" * 200_000 + "\n",
        "The table cannot be read in line 2 (step: transcript). got: field larger than field limit (131072). "
        "allowed: cells with commas, quotes or breaks of lines stand in double quotes. "
        "what to do: correct line 2 and read the transcript again.",
    ),
    "words without end": (
        HEAD + "0,1,A," + "x" * 6000 + "\n",
        "The words in line 2 are too long (step: transcript). got: 6,000 characters. allowed: up to 5,000. "
        "what to do: part it into several utterances.",
    ),
    "a name without end": (
        HEAD + "0,1," + "A" * 101 + ",x\n",
        "The name in line 2 is too long (step: transcript). got: 101 characters. allowed: up to 100. "
        "what to do: shorten it.",
    ),
    "too many utterances": (
        HEAD + "".join(f"{n},{n + 1},A,x\n" for n in range(2001)),
        "The transcript holds too many utterances (step: transcript). got: 2,001. "
        "allowed: up to 2,000 (ERC_MAX_UTTERANCES). what to do: cut the clip and its transcript into parts.",
    ),
    "too many bytes": (
        b"x" * 20_000_001,
        "The transcript is too large (step: transcript). got: words.txt, 20.0 MB. allowed: up to 20 MB. "
        "what to do: cut it to the clip.",
    ),
    "elan, a bomb of entities": (
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + elan("<TIER>&b;</TIER>"),
        "The ELAN document declares its own entities (step: transcript). got: a document type declaration. "
        "allowed: a document as ELAN writes it. what to do: save the transcript with ELAN again.",
    ),
    "elan, cut": (
        elan(annotation("a", "b"))[:150],
        "The ELAN document is damaged (step: transcript). got: unclosed token: line 1, column 149. "
        "allowed: an .eaf file as ELAN writes it. what to do: save the transcript with ELAN again.",
    ),
    "elan, a slot without a time": (
        elan(annotation("a", "b")),
        TIMES.format("annotation a7", "a time slot without a time", "time slots with a TIME_VALUE"),
    ),
    "elan, a slot that is not there": (
        elan(annotation("a", "z")),
        TIMES.format("annotation a7", "a time slot without a time", "time slots with a TIME_VALUE"),
    ),
    "elan, a negative time": (
        elan(annotation("a", "b"), '<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="-5"/>'),
        TIMES.format("annotation a7", "the time '-5'", "whole milliseconds from 0 on"),
    ),
    "elan, no length": (
        elan(annotation("a", "a")),
        TIMES.format("annotation a7", "start 0 s, end 0 s", ORDER),
    ),
    "elan, hours without end": (
        elan(annotation("a", "b"), '<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="999999999999"/>'),
        TIMES.format("annotation a7", "999999999999 ms", "times up to 100 hours"),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_used_is_refused_with_the_line_and_the_reason(name: str) -> None:
    content, message = HOSTILE[name]
    with pytest.raises(InputError) as caught:
        read_transcript(content.encode() if isinstance(content, str) else content, "words.txt", Settings())
    assert str(caught.value) == message
