"""Who speaks when: speech, cut where the voice changes, grouped by voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError
from erc_core.media.sound import RATE_HZ
from erc_core.media.speech import speech_segments
from erc_core.media.voices import Projection, group_voices, projection, voice_points
from erc_core.types import Progress, Span, silent

STEP = "speakers"
# Shorter stretches hold too few sounds to tell a voice: they go to the voice beside them.
MIN_VOICE_S = 0.8
# A stretch is looked at for a change of voice inside where both sides hold this much.
MIN_SIDE_S = 1.2
DIP_S = 0.12
DIP_DB = 12.0
# Log-odds that speak for a change of voice within a stretch: sides of a second or two scatter by up to 17 by chance.
CHANGE = 20.0
MAX_SPEAKERS = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of speech of one voice.

    Attributes:
        span: when
        voice: number of the voice, from 0 by first appearance
        sure: whether the voice could be read; a shorter stretch was given to its neighbour's
    """

    span: Span
    voice: int
    sure: bool = True


def diarise(
    audio: NDArray[np.float32],
    speakers: int | None = None,
    progress: Progress = silent,
    same: Sequence[int | None] | None = None,
    spans: Sequence[Span] | None = None,
) -> tuple[Turn, ...]:
    """Find who speaks when.

    Args:
        audio: one channel at 16 kHz, ``(N,)``
        speakers: how many voices there are; None to estimate it
        progress: is told how far the work is
        same: for each of ``spans`` the face that says it, where that is known: stretches of one face are of one voice
        spans: stretches of one voice each, where they are known; else they are found

    Returns:
        turns in order of their start

    Raises:
        InputError: ``speakers`` is out of range
        CancelledError: ``progress`` asks to stop
    """
    if speakers is not None and not 1 <= speakers <= MAX_SPEAKERS:
        raise InputError("There cannot be so many speakers", got=speakers, allowed=f"1 to {MAX_SPEAKERS}")
    by = projection()
    if spans is None:
        found = speech_segments(audio, progress)
        pieces = [piece for span in found for piece in cut_at_changes(audio, span, by)]
    else:
        pieces = list(spans)
    progress(STEP, 0.0)
    points = voice_points(audio, [_samples(piece) for piece in pieces], by)
    long = np.array([piece.duration_s >= MIN_VOICE_S for piece in pieces], dtype=bool)
    read = np.isfinite(points).all(axis=1) & long
    voices = np.zeros(len(pieces), dtype=np.int64)
    if read.any():
        faces = [None if same is None else same[place] for place in np.flatnonzero(read)]
        voices[read] = _group(points[read], faces, by, speakers)
        _fill(voices, read, pieces)
    progress(STEP, 1.0)
    numbers = {voice: number for number, voice in enumerate(dict.fromkeys(voices.tolist()))}
    return tuple(
        Turn(piece, numbers[int(voice)], bool(sure)) for piece, voice, sure in zip(pieces, voices, read, strict=True)
    )


def _group(
    points: NDArray[np.float64], faces: Sequence[int | None], by: Projection, speakers: int | None
) -> NDArray[np.int64]:
    """Group stretches by voice; those of one face are first taken together."""
    if not any(face is not None for face in faces):
        return group_voices(points, by.between, speakers)
    keys = [f"face {face}" if face is not None else f"stretch {place}" for place, face in enumerate(faces)]
    names = list(dict.fromkeys(keys))
    members = [[place for place, key in enumerate(keys) if key == name] for name in names]
    seen = np.array([name.startswith("face") for name in names])
    means = np.stack([points[places].mean(axis=0) for places in members])
    weights = np.array([len(places) for places in members], dtype=np.float64)
    grouped = group_voices(means, by.between, speakers, weights, apart=seen)
    voices = np.zeros(len(points), dtype=np.int64)
    for group, places in zip(grouped, members, strict=True):
        voices[places] = group
    return voices


def _fill(voices: NDArray[np.int64], read: NDArray[np.bool_], pieces: Sequence[Span]) -> None:
    """Give stretches whose voice could not be read the voice of the nearest one that could."""
    known = np.flatnonzero(read)
    for place in np.flatnonzero(~read):
        gaps = [max(pieces[k].start_s - pieces[place].end_s, pieces[place].start_s - pieces[k].end_s) for k in known]
        voices[place] = voices[known[int(np.argmin(gaps))]]


def cut_at_changes(audio: NDArray[np.float32], span: Span, by: Projection) -> list[Span]:
    """Cut a stretch of speech at short dips where the voice before and after is likelier two than one."""
    dips = _dips(audio[_samples(span)])
    candidates = [span.start_s + dip for dip in dips if dip >= MIN_SIDE_S and span.duration_s - dip >= MIN_SIDE_S]
    if not candidates:
        return [span]
    odds = []
    for time_s in candidates:
        sides = voice_points(audio, [_samples(Span(span.start_s, time_s)), _samples(Span(time_s, span.end_s))], by)
        odds.append(_change(sides, by.between) if np.isfinite(sides).all() else -np.inf)
    best = int(np.argmax(odds))
    if odds[best] < CHANGE:
        return [span]
    left, right = Span(span.start_s, candidates[best]), Span(candidates[best], span.end_s)
    return [*cut_at_changes(audio, left, by), *cut_at_changes(audio, right, by)]


def _change(sides: NDArray[np.float64], between: NDArray[np.float64]) -> float:
    """Return the log-odds that two points beside each other are two voices; where they lie says nothing."""
    apart = np.square(sides[1] - sides[0])
    # Two points differ with twice one speaker's variance, and with twice that between speakers where they are two.
    return float(0.5 * (apart / 2 - apart / (2 + 2 * between) - np.log1p(between)).sum())


def _dips(audio: NDArray[np.float32]) -> list[float]:
    """Return the middles of short dips of the level, in seconds."""
    width = RATE_HZ // 100
    whole = len(audio) // width
    if not whole:
        return []
    power = np.square(audio[: whole * width].reshape(whole, width), dtype=np.float64).mean(axis=1)
    level = 10 * np.log10(power + 1e-10)
    low = np.flatnonzero(level < np.percentile(level, 80) - DIP_DB)
    runs = np.split(low, np.flatnonzero(np.diff(low) > 1) + 1) if len(low) else []
    return [float(run.mean() + 0.5) / 100 for run in runs if len(run) >= DIP_S * 100]


def _samples(span: Span) -> slice:
    return slice(round(span.start_s * RATE_HZ), round(span.end_s * RATE_HZ))


def merged(turns: Sequence[Turn], longest_pause_s: float = 0.0) -> tuple[Turn, ...]:
    """Join turns of one voice that follow each other within a pause."""
    joined: list[Turn] = []
    for turn in turns:
        last = joined[-1] if joined else None
        if last is not None and last.voice == turn.voice and turn.span.start_s - last.span.end_s <= longest_pause_s:
            joined[-1] = replace(last, span=Span(last.span.start_s, turn.span.end_s), sure=last.sure or turn.sure)
        else:
            joined.append(turn)
    return tuple(joined)
