"""What a voice sounds like over a stretch of speech: statistics of its cepstrum and its pitch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from erc_core.media.sound import RATE_HZ

WINDOW, HOP, FFT = 400, 160, 512  # 25 ms every 10 ms
BANDS, CEPSTRA = 40, 24
LOW_HZ, HIGH_HZ = 60.0, 7600.0
PITCH_WINDOW, PITCH_FFT = 640, 2048  # 40 ms hold two periods of 50 Hz
LONGEST_LAG, SHORTEST_LAG = 270, 40  # 59 to 400 Hz
OCTAVE_COST = 0.03
VOICED, SURELY_VOICED = 0.3, 0.5
LOUD_DB = 25.0
MIN_FRAMES = 20
WIDTH = 2 * CEPSTRA + 3
Floats = NDArray[np.float64]


def voice_statistics(audio: NDArray[np.float32]) -> Floats | None:
    """Return what tells voices apart, ``(51,)``, or None where there is too little speech.

    Mean and logarithm of the spread of 24 cepstra over loud voiced frames, then median, tenth and ninetieth percentile
    of the logarithm of the pitch. The level of the recording plays no part.

    Args:
        audio: speech of one voice at 16 kHz, ``(N,)``
    """
    if len(audio) < WINDOW + MIN_FRAMES * HOP or not np.any(audio):
        return None
    samples = audio.astype(np.float64)
    level = 10 * np.log10(np.square(_frames(samples, WINDOW)).mean(axis=1) + 1e-10)
    cepstra = _cepstra(samples)
    pitch, periodic = _pitch(samples, len(level))
    loud = level > np.percentile(level, 95) - LOUD_DB
    kept = loud & (periodic > VOICED)
    if kept.sum() < MIN_FRAMES:
        kept = loud
    sure = kept & (periodic > SURELY_VOICED)
    tones = np.log(pitch[sure if sure.sum() > 5 else kept])
    spread = np.log(cepstra[kept].std(axis=0) + 1e-3)
    return np.concatenate([cepstra[kept].mean(axis=0), spread, np.quantile(tones, [0.5, 0.1, 0.9])])


def _frames(samples: Floats, width: int) -> Floats:
    windows: Floats = np.lib.stride_tricks.sliding_window_view(samples, width)[::HOP]
    return windows


def _cepstra(samples: Floats) -> Floats:
    """Return 24 mel cepstra of each frame without the one that is loudness, ``(F, 24)``."""
    from scipy.fft import dct

    sharpened = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
    power = np.square(np.abs(np.fft.rfft(_frames(sharpened, WINDOW) * np.hamming(WINDOW), FFT)))
    cepstra: Floats = dct(np.log(power @ _filters() + 1e-8), norm="ortho", axis=1)[:, 1 : CEPSTRA + 1]
    return cepstra


def _pitch(samples: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the pitch in Hz and how periodic the sound is, 0 to 1, of each frame.

    Source:
        Boersma 1993, "Accurate short-term analysis of the fundamental frequency": the autocorrelation of a window
        divided by that of its weights, and a cost for each octave. We take no path through the candidates.
    """
    pad = (PITCH_WINDOW - WINDOW) // 2
    windows = _frames(np.pad(samples, (pad, pad)), PITCH_WINDOW)[:count]
    weights = np.hanning(PITCH_WINDOW)
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(weights, PITCH_FFT))))[:LONGEST_LAG]
    centred = (windows - windows.mean(axis=1, keepdims=True)) * weights
    likeness = np.fft.irfft(np.square(np.abs(np.fft.rfft(centred, PITCH_FFT))))[:, :LONGEST_LAG]
    likeness = likeness / np.maximum(likeness[:, :1], 1e-9) / (own / own[0])
    lags = np.arange(SHORTEST_LAG, LONGEST_LAG)
    peaks = likeness[:, SHORTEST_LAG:]
    # Twice a period is a period too: the shorter one is meant.
    best = (peaks - OCTAVE_COST * np.log2(lags / SHORTEST_LAG)).argmax(axis=1)
    return RATE_HZ / lags[best], np.take_along_axis(peaks, best[:, None], axis=1)[:, 0]


@lru_cache(maxsize=1)
def _filters() -> Floats:
    """Return triangles that are equally wide in mel, ``(257, 40)``."""
    mel = np.linspace(_to_mel(LOW_HZ), _to_mel(HIGH_HZ), BANDS + 2)
    corners = 700 * (10 ** (mel / 2595) - 1)
    bins = np.fft.rfftfreq(FFT, 1 / RATE_HZ)[:, None]
    rising = (bins - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - bins) / (corners[2:] - corners[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def _to_mel(rate_hz: float) -> float:
    return float(2595 * np.log10(1 + rate_hz / 700))
