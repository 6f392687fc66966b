"""The diarisation error rate of turns against the truth.

Source:
    NIST 2009, "The Rich Transcription Evaluation Plan": missed speech, false alarms and confused speakers as shares of
    the true speech, with the mapping of speakers that errs least; nothing counts within the collar of a boundary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erc_core.types import Span

STEP_S = 0.01
COLLAR_S = 0.25


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who speaks when."""

    speaker: str
    span: Span


@dataclass(frozen=True, slots=True)
class DiarisationError:
    """Seconds of true speech, of each kind of error, and of which the rate is made."""

    speech_s: float
    missed_s: float
    false_alarm_s: float
    confused_s: float

    @property
    def rate(self) -> float:
        """All errors as a share of the true speech."""
        return (self.missed_s + self.false_alarm_s + self.confused_s) / max(1e-9, self.speech_s)

    def __add__(self, other: DiarisationError) -> DiarisationError:
        return DiarisationError(
            self.speech_s + other.speech_s,
            self.missed_s + other.missed_s,
            self.false_alarm_s + other.false_alarm_s,
            self.confused_s + other.confused_s,
        )


def diarisation_error(truth: Sequence[Spoken], found: Sequence[Spoken], collar_s: float = COLLAR_S) -> DiarisationError:
    """Compare who was found to speak with who does.

    Args:
        truth: who speaks when
        found: who was found to; their names need not be the true ones
        collar_s: how far from a true boundary nothing counts, in seconds
    """
    from scipy.optimize import linear_sum_assignment

    end_s = max((one.span.end_s for one in (*truth, *found)), default=0.0) + collar_s
    real, heard = _grid(truth, end_s), _grid(found, end_s)
    counted = np.ones(real.shape[1], dtype=bool)
    for one in truth:
        for edge_s in (one.span.start_s, one.span.end_s):
            counted[max(0, round((edge_s - collar_s) / STEP_S)) : round((edge_s + collar_s) / STEP_S)] = False
    real, heard = real[:, counted], heard[:, counted]
    common = real.astype(np.int64) @ heard.T.astype(np.int64)
    right = int(common[linear_sum_assignment(-common)].sum())
    speakers, voices = real.sum(axis=0), heard.sum(axis=0)
    both = int(np.minimum(speakers, voices).sum())
    return DiarisationError(
        float(speakers.sum()) * STEP_S,
        float(np.maximum(speakers - voices, 0).sum()) * STEP_S,
        float(np.maximum(voices - speakers, 0).sum()) * STEP_S,
        (both - right) * STEP_S,
    )


def _grid(spoken: Sequence[Spoken], end_s: float) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return who speaks at each step, ``(speakers, steps)``."""
    names = sorted({one.speaker for one in spoken})
    grid = np.zeros((len(names), round(end_s / STEP_S) + 1), dtype=bool)
    for one in spoken:
        grid[names.index(one.speaker), round(one.span.start_s / STEP_S) : round(one.span.end_s / STEP_S)] = True
    return grid
