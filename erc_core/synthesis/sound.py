"""The sound track: every line at its time and place, in a room."""

from __future__ import annotations

import numpy as np
from scipy import signal

from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.script import Script
from erc_core.synthesis.timeline import Timeline
from erc_core.synthesis.voice import RATE_HZ

ROOM_DB, NOISE_DB, POOR_NOISE_DB = -24.0, -62.0, -34.0


def mix(script: Script, timeline: Timeline) -> Floats:
    """Return the clip's sound, ``(samples, 2)`` in [-1, 1] at RATE_HZ."""
    rng = np.random.default_rng([script.seed, 31])
    length = int(timeline.seconds * RATE_HZ)
    track: Floats = np.zeros((length, 2), np.float32)
    count = len(script.speakers)
    for cue in timeline.cues:
        place = (script.speaker_index(cue.line.speaker) + 0.5) / count - 0.5
        angle = (0.5 + 0.45 * place) * np.pi / 2
        gains = np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(2)
        first = int(cue.start_s * RATE_HZ)
        samples = cue.speech.samples[: length - first]
        track[first : first + len(samples)] += samples[:, None] * gains
    track = track + _echo(track, rng)
    noise = signal.lfilter(*signal.butter(1, 900, fs=RATE_HZ), rng.standard_normal((length, 2)), axis=0)
    level = POOR_NOISE_DB if script.quality == "poor" else NOISE_DB
    track = track + noise / noise.std() * 10 ** (level / 20)
    if script.quality == "poor":
        track = _poor_line(track)
    return np.clip(track, -0.99, 0.99).astype(np.float32)


def _echo(track: Floats, rng: np.random.Generator) -> Floats:
    """Return a small room's answer to the sound."""
    seconds = 0.22
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal((len(time), 2)) * np.exp(-time / 0.045)[:, None] * (time > 0.006)[:, None]
    tail = signal.lfilter(*signal.butter(1, 3500, fs=RATE_HZ), tail, axis=0)
    tail = tail / np.sqrt((tail**2).sum(axis=0)) * 10 ** (ROOM_DB / 20) * 2
    channels = [signal.fftconvolve(track[:, side], tail[:, side])[: len(track)] for side in (0, 1)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _poor_line(track: Floats) -> Floats:
    """Pass the sound through a bad telephone: one channel, a narrow band, clipped peaks."""
    middle = track.mean(axis=1)
    narrow = signal.lfilter(*signal.butter(3, [320, 3300], "band", fs=RATE_HZ), middle)
    clipped = np.clip(narrow * 3.0, -0.32, 0.32)
    return np.stack([clipped, clipped], axis=-1).astype(np.float32)
