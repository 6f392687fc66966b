"""Recordings of a speech corpus as 16 kHz mono arrays; whole files only, no ffmpeg."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError

RATE_HZ = 16_000


def read_wave(path: Path) -> NDArray[np.float32]:
    """Read a WAV or FLAC file as float32 ``(N,)`` at 16 kHz; channels are averaged.

    Raises:
        InputError: the file cannot be decoded, or holds no sample
    """
    import soundfile

    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"The recording {path.name} cannot be read", got=error, allowed="WAV or FLAC") from error
    if not len(samples):
        raise InputError(f"The recording {path.name} holds no sample")
    return resampled(samples.mean(axis=1), rate_hz)


def resampled(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Return ``samples`` ``(N,)`` at 16 kHz, by cutting or padding the spectrum of the whole recording."""
    if rate_hz == RATE_HZ:
        return samples
    count = max(1, round(len(samples) * RATE_HZ / rate_hz))
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return (np.fft.irfft(spectrum, n=count) * (count / len(samples))).astype(np.float32)
