"""SubRip (.srt) transcripts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from erc_core.data.cues import Cue, check_order, read_clock
from erc_core.types import Utterance

# Times that look like times on at least one side make a timing line; any other arrow is words.
_TIMING = re.compile(r"^\s*(\S*\d+:\d\S*|-?\d+[.,]\d+)?\s*-->\s*(\S*\d+:\d\S*|-?\d+[.,]\d+)?(?:\s.*)?$")
_TAGS = re.compile(r"</?(?:i|b|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
_VOICE = re.compile(r"^\s*<v(?:\.[^\s>]*)?\s+([^<>]+)>(.*?)(?:</v>)?\s*$", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r"^([^\W\d_][^:<>{}\[\]!?;,\n]{0,39}):\s+(\S.*)$", re.DOTALL)


def is_timing(line: str) -> bool:
    """Tell whether a line holds the times of a cue, well written or not."""
    match = _TIMING.match(line) if "-->" in line else None
    return match is not None and (match.group(1) is not None or match.group(2) is not None)


def parse_timing(line: str, place: str) -> tuple[float, float]:
    """Return start and end in seconds of a timing line.

    Raises:
        InputError: the times cannot be used; the message names ``place``
    """
    left, _, right = line.partition("-->")
    start_s = read_clock(left, place)
    end_s = read_clock(next(iter(right.split()), ""), place)
    check_order(start_s, end_s, place)
    return start_s, end_s


def parse_srt(text: str) -> list[Cue]:
    """Read the cues of a SubRip file; numbers, layout tags and the lines' breaks are not part of the words.

    Raises:
        InputError: a timing line cannot be used; the message names it
    """
    lines = text.split("\n")
    timings = [number for number, line in enumerate(lines) if is_timing(line)]
    numbered = all(number and lines[number - 1].strip().isdigit() for number in timings)
    cues = []
    for number, following in zip(timings, [*timings[1:], len(lines)], strict=True):
        body = lines[number + 1 : following]
        after_blank = not "".join(body[-2:-1]).strip()
        if following < len(lines) and body and body[-1].strip().isdigit() and (numbered or after_blank):
            body.pop()  # the number of the cue that follows
        start_s, end_s = parse_timing(lines[number], f"line {number + 1}")
        words = " ".join(line.strip() for line in body if line.strip())
        voice = _VOICE.match(words)
        speaker, words = (voice.group(1).strip(), voice.group(2)) if voice else ("", words)
        cues.append(Cue(f"line {number + 1}", start_s, end_s, speaker, _TAGS.sub("", words).strip()))
    return cues


def named_speakers(cues: Sequence[Cue]) -> list[Cue] | None:
    """Return the cues with their speakers where every one begins with a name and a colon, else None.

    A colon in some cues only is a part of the words.
    """
    matches = [_NAME.match(cue.text) for cue in cues]
    if len(cues) < 2 or any(cue.speaker for cue in cues):
        return None
    named = []
    for cue, match in zip(cues, matches, strict=True):
        if match is None:
            return None
        named.append(Cue(cue.place, cue.start_s, cue.end_s, match.group(1).strip(), match.group(2), cue.label))
    return named


def write_srt(utterances: Sequence[Utterance]) -> str:
    """Return utterances as SubRip, each with its speaker's name before a colon."""
    blocks = [
        f"{number}\n{_clock(u.start_s)} --> {_clock(u.end_s)}\n{u.speaker}: {one_line(u.text or '')}\n"
        for number, u in enumerate(utterances, 1)
    ]
    return "\n".join(blocks)


def one_line(text: str) -> str:
    """Return ``text`` without breaks of lines, which would end a cue."""
    return " ".join(text.split())


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{thousandths:03}"
