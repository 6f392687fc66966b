from __future__ import annotations

from erc_core.data.transcript import read_transcript
from erc_core.data.webvtt import parse_webvtt, write_webvtt
from erc_core.settings import Settings
from erc_core.types import Utterance


def test_blocks_without_words_are_left_out() -> None:
    text = (
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\n00:00 is not a cue\n\n"
        "REGION\nid:fred\n\nintro\n00:01.000 --> 00:02.500 align:start position:10%\nHello\nthere\n\n"
        "01:00:03.000 --> 01:00:04.000\nBye\n"
    )
    assert [(c.start_s, c.end_s, c.text) for c in parse_webvtt(text)] == [
        (1.0, 2.5, "Hello there"),
        (3603.0, 3604.0, "Bye"),
    ]


def test_voices_name_speakers_and_markup_is_taken_off() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud Anna Lee>It <c.yellow>is</c> <00:01.500><i>new</i></v>\n"
    cue = parse_webvtt(text)[0]
    assert (cue.speaker, cue.text) == ("Anna Lee", "It is new")


def test_two_voices_of_a_cue_are_two_utterances_of_one_time() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hi!</v>\n<v Ben>Ho!</v>\n"
    assert [(c.speaker, c.text, c.start_s) for c in parse_webvtt(text)] == [("Anna", "Hi!", 1.0), ("Ben", "Ho!", 1.0)]


def test_escapes_are_undone_once_and_unknown_tags_stay() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n&lt;i&gt; &amp;amp; &copy; <script>alert('x')</script>\n"
    assert parse_webvtt(text)[0].text == "<i> &amp; &copy; <script>alert('x')</script>"


def test_written_cues_read_back_with_markup_in_the_words() -> None:
    utterances = (
        Utterance("u1", "A <b> & C", "<v Eve>1 < 2 && 3 > 2</v> &amp; <i>x</i>", 0.0, 1.25),
        Utterance("u2", "Ben", "NOTE --> 🎉 مرحبا", 3661.5, 3662.999),
    )
    assert read_transcript(write_webvtt(utterances).encode(), "a.vtt", Settings()).utterances == utterances
