from __future__ import annotations

from erc_core.data.srt import parse_srt, write_srt
from erc_core.data.transcript import read_transcript
from erc_core.settings import Settings
from erc_core.types import Utterance

PLAIN = """1
00:00:01,000 --> 00:00:02,500
Hello there.

2
00:00:03,000 --> 00:00:04,000 X1:100 X2:200
Two lines
of one cue.
"""


def test_cues_have_their_times_and_words() -> None:
    first, second = parse_srt(PLAIN)
    assert (first.start_s, first.end_s, first.text, first.place) == (1.0, 2.5, "Hello there.", "line 2")
    assert (second.start_s, second.text) == (3.0, "Two lines of one cue.")


def test_layout_tags_are_not_words_and_all_else_is() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>Oh</i> <font size=2>no</font> <script>x()</script> <b\n"
    assert parse_srt(text)[0].text == "Oh no <script>x()</script> <b"


def test_a_voice_tag_names_the_speaker() -> None:
    cue = parse_srt("00:00:01,000 --> 00:00:02,000\n<v Anna>Hello</v>\n")[0]
    assert (cue.speaker, cue.text) == ("Anna", "Hello")


def test_missing_numbers_and_blank_lines_do_not_matter() -> None:
    text = "00:01.0 --> 00:02.0\nOne\n00:03,0 --> 00:04,0\nTwo\n\n\n\n3\n0:00:05,000 --> 0:00:06,000\nThree"
    assert [cue.text for cue in parse_srt(text)] == ["One", "Two", "Three"]


def test_a_number_among_the_words_stays_there() -> None:
    text = "00:00:01,000 --> 00:00:02,000\nHow many?\n42\n\n00:00:03,000 --> 00:00:04,000\nYes\n"
    assert parse_srt(text)[0].text == "How many? 42"


def test_an_arrow_among_the_words_is_no_time() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nfrom here --> to there\n"
    assert parse_srt(text)[0].text == "from here --> to there"


def test_names_before_colons_are_speakers_where_every_cue_has_one() -> None:
    settings = Settings()
    named = PLAIN.replace("Hello", "Anna: Hello").replace("Two", "Dr. Ben: Two")
    transcript = read_transcript(named.encode(), "a.srt", settings)
    assert [u.speaker for u in transcript.utterances] == ["Anna", "Dr. Ben"]
    assert transcript.notes == ("Speakers are the names before the colons.",)
    some = read_transcript(PLAIN.replace("Hello", "Note: Hello").encode(), "a.srt", settings)
    assert (some.utterances[0].speaker, some.utterances[0].text) == ("Speaker 1", "Note: Hello there.")


def test_written_cues_read_back() -> None:
    utterances = (
        Utterance("u1", "Anna", "Well: that is new!", 0.0, 1.25),
        Utterance("u2", "Ben B.", "مرحبا 🎉", 3661.5, 3662.999),
    )
    assert read_transcript(write_srt(utterances).encode(), "a.srt", Settings()).utterances == utterances
