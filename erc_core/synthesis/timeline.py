"""When everything happens: the lines one after another, the shots, and who is seen in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erc_core.synthesis.script import Line, Script
from erc_core.synthesis.voice import Speech

FPS = 25
LEAD_S, TAIL_S = 0.7, 0.9
CUT_BEFORE_S = 0.18  # a cut comes a little before the next one speaks


@dataclass(frozen=True, slots=True)
class Cue:
    """One utterance on the clip's time line."""

    number: int
    line: Line
    speech: Speech
    start_s: float

    @property
    def end_s(self) -> float:
        """Return when its sound ends."""
        return self.start_s + self.speech.seconds


@dataclass(frozen=True, slots=True)
class Take:
    """One shot: from a frame to another, and the seats of those who are seen."""

    first_frame: int
    last_frame: int
    seats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole clip: utterances and shots, contiguous from frame 0."""

    cues: tuple[Cue, ...]
    takes: tuple[Take, ...]
    frames: int

    @property
    def seconds(self) -> float:
        """Return the clip's length."""
        return self.frames / FPS


def lay_out(script: Script, speeches: tuple[Speech, ...]) -> Timeline:
    """Place utterances and shots in time."""
    cues = []
    now = LEAD_S
    for number, (line, speech) in enumerate(zip(script.lines, speeches, strict=True)):
        start = now if number == 0 else now + line.pause_s
        cues.append(Cue(number, line, speech, round(start * FPS) / FPS))
        now = cues[-1].end_s
    frames = int(np.ceil((now + TAIL_S) * FPS))
    return Timeline(tuple(cues), _takes(script, cues, frames), frames)


def _takes(script: Script, cues: list[Cue], frames: int) -> tuple[Take, ...]:
    starts = [0, *(max(0, round((cue.start_s - CUT_BEFORE_S) * FPS)) for cue in cues[1:])]
    takes: list[Take] = []
    for number, (cue, start) in enumerate(zip(cues, starts, strict=True)):
        end = starts[number + 1] if number + 1 < len(starts) else frames
        seats = _seats(script, cue.line, number)
        if takes and takes[-1].seats == seats:
            takes[-1] = Take(takes[-1].first_frame, end, seats)
        else:
            takes.append(Take(start, end, seats))
    return tuple(takes)


def _seats(script: Script, line: Line, number: int) -> tuple[int, ...]:
    """Return who is seen during a line; with cuts, all of them open the scene and come back now and then."""
    everyone = tuple(range(len(script.speakers)))
    own = script.speaker_index(line.speaker)
    if line.shot == "empty":
        return ()
    if line.shot == "listener":
        previous = next((cue.speaker for cue in reversed(script.lines[:number]) if cue.speaker != line.speaker), None)
        other = script.speaker_index(previous) if previous else (own + 1) % len(everyone)
        return (other,)
    if line.shot == "together" or script.layout in ("together", "call"):
        return everyone
    if line.shot == "single" or len(everyone) == 1:
        return (own,)
    opens = number == 0 or number % 5 == 4
    return everyone if opens and len(everyone) <= 3 else (own,)
