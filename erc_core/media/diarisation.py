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
# Log-likelihood that two voices must gain over one. Cut ends of two speakers gain 26 in the median, dips within one
# speaker's stretch nearly always nothing.
CHANGE = 4.0
SHORT_SCATTER_S = 3.0
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
    pieces = cut_at_changes(audio, speech_segments(audio, progress), speakers) if spans is None else list(spans)
    progress(STEP, 0.0)
    points = voice_points(audio, [_samples(piece) for piece in pieces], by)
    long = np.array([piece.duration_s >= MIN_VOICE_S for piece in pieces], dtype=bool)
    read = np.isfinite(points).all(axis=1) & long
    voices = np.zeros(len(pieces), dtype=np.int64)
    if read.any():
        faces = [None if same is None else same[place] for place in np.flatnonzero(read).tolist()]
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
    known = np.flatnonzero(read).tolist()
    for place in np.flatnonzero(~read).tolist():
        gaps = [max(pieces[k].start_s - pieces[place].end_s, pieces[place].start_s - pieces[k].end_s) for k in known]
        voices[place] = voices[known[int(np.argmin(gaps))]]


def cut_at_changes(audio: NDArray[np.float32], speech: Sequence[Span], speakers: int | None = None) -> list[Span]:
    """Cut stretches of speech at short dips where the two sides fit two different voices of the recording.

    Args:
        audio: one channel at 16 kHz, ``(N,)``
        speech: stretches of speech
        speakers: how many voices there are; None to estimate it
    """
    by = projection()
    points = voice_points(audio, [_samples(span) for span in speech], by)
    read = np.isfinite(points).all(axis=1) & np.array([span.duration_s >= MIN_VOICE_S for span in speech], dtype=bool)
    names = group_voices(points[read], by.between, speakers)
    voices = [_Voice(points[read][names == name]) for name in np.unique(names)]
    if len(voices) < 2:
        return list(speech)
    return [piece for span in speech for piece in _cut(audio, span, voices, by)]


class _Voice:
    """Where the stretches of one voice lie."""

    def __init__(self, points: NDArray[np.float64]) -> None:
        self.mean, self.count = points.mean(axis=0), len(points)

    def likelihood(self, point: NDArray[np.float64], length_s: float) -> float:
        """Return the log-likelihood of a point of this voice, whose scatter grows as the stretch gets short."""
        spread = 1 + SHORT_SCATTER_S / length_s + 1 / self.count
        return float(-0.5 * (np.square(point - self.mean) / spread + np.log(spread)).sum())


def _cut(audio: NDArray[np.float32], span: Span, voices: Sequence[_Voice], by: Projection) -> list[Span]:
    best, place = CHANGE, None
    for dip in _dips(audio[_samples(span)]):
        left, right = Span(span.start_s, span.start_s + dip), Span(span.start_s + dip, span.end_s)
        if min(left.duration_s, right.duration_s) < MIN_SIDE_S:
            continue
        sides = voice_points(audio, [_samples(left), _samples(right)], by)
        if not np.isfinite(sides).all():
            continue
        before = np.array([voice.likelihood(sides[0], left.duration_s) for voice in voices])
        after = np.array([voice.likelihood(sides[1], right.duration_s) for voice in voices])
        gain = float(before.max() + after.max() - (before + after).max())
        if gain > best:
            best, place = gain, (left, right)
    if place is None:
        return [span]
    return [piece for side in place for piece in _cut(audio, side, voices, by)]


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


def merged(turns: Sequence[Turn], longest_s: float) -> tuple[Turn, ...]:
    """Join turns of one voice that touch, as long as they do not get longer than ``longest_s``."""
    joined: list[Turn] = []
    for turn in turns:
        last = joined[-1] if joined else None
        touches = last is not None and turn.span.start_s - last.span.end_s < DIP_S
        if last is not None and touches and last.voice == turn.voice:
            span = Span(last.span.start_s, turn.span.end_s)
            if span.duration_s <= longest_s:
                joined[-1] = replace(last, span=span, sure=last.sure or turn.sure)
                continue
        joined.append(turn)
    return tuple(joined)
