"""What all transcript formats have in common: a stretch of words with its place in the file, and clock times."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NoReturn

from erc_core.errors import InputError

STEP = "transcript"
UNKNOWN_SPEAKER = "Speaker 1"
MAX_TIME_S = 360_000.0
_CLOCK = re.compile(r"(-?)(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,9})?)")
_SECONDS = re.compile(r"-?\d{1,7}(?:[.,]\d{1,20})?(?:[eE]-\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words of a transcript between two times.

    Attributes:
        place: where the file holds it, such as ``line 12``
        start_s: begin in seconds
        end_s: end in seconds
        speaker: who speaks; empty where the file does not say
        text: the words; empty where there are none
        label: an emotion that the file gives; empty where it gives none
    """

    place: str
    start_s: float
    end_s: float
    speaker: str
    text: str
    label: str = ""


def read_clock(text: str, place: str) -> float:
    """Return a time such as ``00:01:02,500``, ``1:02.5`` or ``62.5`` in seconds.

    Raises:
        InputError: it is no time, or a negative or impossible one; the message names ``place``
    """
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock:
        sign, hours, minutes, seconds = clock.groups()
        value = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
        value = -value if sign else value
    elif _SECONDS.fullmatch(text):
        value = float(text.replace(",", "."))
    else:
        refuse_time(place, f"{text[:60]!r}", "a time such as 00:01:02.500 or 62.5")
    if value < 0:
        refuse_time(place, f"the negative time {text}", "times from 0 on")
    if not math.isfinite(value) or value > MAX_TIME_S:
        refuse_time(place, f"{text}", f"times up to {MAX_TIME_S / 3600:g} hours")
    return value


def check_order(start_s: float, end_s: float, place: str) -> None:
    """Refuse an utterance that ends before or where it begins.

    Raises:
        InputError: it does; the message names ``place``
    """
    if end_s <= start_s:
        refuse_time(place, f"start {start_s:g} s, end {end_s:g} s", "an end after the start")


def refuse_time(place: str, got: str, allowed: str) -> NoReturn:
    """Raise the error of a time that cannot be used."""
    raise InputError(
        f"The times in {place} cannot be used (step: {STEP})",
        got=got,
        allowed=allowed,
        do=f"correct {place} and read the transcript again",
    )
