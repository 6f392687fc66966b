"""WebVTT (.vtt) transcripts."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from erc_core.data.cues import Cue
from erc_core.data.srt import is_timing, one_line, parse_timing
from erc_core.types import Utterance

HEADER = "WEBVTT"
_BLOCKS_WITHOUT_WORDS = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
_TAGS = re.compile(
    r"</?(?:i|b|u|c|lang|ruby|rt)(?:\.[^\s<>]*)?(?:\s[^<>]*)?>|</v>|<\d+:\d\d(?::\d\d)?\.\d{3}>", re.IGNORECASE
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+)>", re.IGNORECASE)
# The escapes that the format knows; anything else stays as it is written.
_ESCAPE = re.compile(r"&(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def parse_webvtt(text: str) -> list[Cue]:
    """Read the cues of a WebVTT file; a cue with several voices becomes one cue a voice, all of the same times.

    Raises:
        InputError: a timing line cannot be used; the message names it
    """
    lines = text.split("\n")
    cues: list[Cue] = []
    number = 0
    while number < len(lines):
        if number and _BLOCKS_WITHOUT_WORDS.match(lines[number]) and not lines[number - 1].strip():
            number = _end_of_block(lines, number)
        elif is_timing(lines[number]):
            end = _end_of_block(lines, number + 1)
            place = f"line {number + 1}"
            start_s, end_s = parse_timing(lines[number], place)
            payload = " ".join(line.strip() for line in lines[number + 1 : end])
            cues += [Cue(place, start_s, end_s, speaker, words) for speaker, words in _voices(payload)]
            number = end
        else:
            number += 1
    return cues


def _end_of_block(lines: Sequence[str], number: int) -> int:
    while number < len(lines) and lines[number].strip() and not is_timing(lines[number]):
        number += 1
    return number


def _voices(payload: str) -> list[tuple[str, str]]:
    """Return each voice of a cue with its words."""
    before, *rest = _VOICE.split(payload)
    found = [("", _words(before))] if _words(before) or not rest else []
    for name, words in zip(rest[::2], rest[1::2], strict=True):
        if _words(words) or len(rest) == 2:
            found.append((_unescape(name).strip(), _words(words)))
    return found


def _words(marked: str) -> str:
    return _unescape(_TAGS.sub("", marked)).strip()


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: html.unescape(match.group()), text)


def write_webvtt(utterances: Sequence[Utterance]) -> str:
    """Return utterances as WebVTT, each in its speaker's voice; what could be read as markup is escaped."""
    blocks = [
        f"{clock(u.start_s)} --> {clock(u.end_s)}\n<v {escape_cue(u.speaker)}>{escape_cue(u.text or '')}\n"
        for u in utterances
    ]
    return "\n".join([f"{HEADER}\n", *blocks])


def escape_cue(text: str) -> str:
    """Return words on one line, with what could be read as markup escaped.

    >>> escape_cue("<i>No</i> & yes")
    '&lt;i&gt;No&lt;/i&gt; &amp; yes'
    """
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clock(seconds: float) -> str:
    """Return a time as WebVTT writes it.

    >>> clock(62.5)
    '00:01:02.500'
    """
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"
