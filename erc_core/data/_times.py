"""Times of utterances within a dialogue: those of the corpus where they can be used, else an estimate."""

from __future__ import annotations

import re
from collections.abc import Sequence

from erc_core.types import Span

# English conversation runs at two to three words a second.
WORDS_PER_SECOND = 2.7
PAUSE_S = 0.4
SHORTEST_S = 0.6
LONGEST_DIALOGUE_S = 900.0
ESTIMATED_NOTE = "Times are estimated from the number of words: those of the corpus cannot be used."
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+)(?:[.,](\d{1,6}))?")


def clock_seconds(text: str) -> float | None:
    """Return a clock time in seconds, or None where ``text`` is none.

    >>> clock_seconds("00:20:57,256")
    1257.256
    >>> clock_seconds("noon") is None
    True
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def spans_in_dialogue(starts: Sequence[float | None], ends: Sequence[float | None]) -> tuple[Span, ...] | None:
    """Return times from the first utterance's start, or None where they cannot be used.

    They can where each is known, each end comes after its start, no start comes before the one before it, and the
    whole is no longer than a scene can be.
    """
    spans: list[Span] = []
    for start, end in zip(starts, ends, strict=True):
        if start is None or end is None or end <= start:
            return None
        first = starts[0] or 0.0
        span = Span(round(start - first, 3), round(end - first, 3))
        if span.end_s > LONGEST_DIALOGUE_S or span.start_s < (spans[-1].start_s if spans else 0.0):
            return None
        spans.append(span)
    return tuple(spans)


def estimated_spans(texts: Sequence[str]) -> tuple[Span, ...]:
    """Return consecutive times, each as long as its words take to say.

    >>> estimated_spans(["You came!", "I did, as I said that I would."])
    (Span(start_s=0.0, end_s=0.741), Span(start_s=1.141, end_s=4.104))
    """
    spans: list[Span] = []
    start = 0.0
    for text in texts:
        end = round(start + max(SHORTEST_S, len(text.split()) / WORDS_PER_SECOND), 3)
        spans.append(Span(start, end))
        start = round(end + PAUSE_S, 3)
    return tuple(spans)
