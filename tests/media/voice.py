"""A voice for the tests: pulses through four moving formants, with a hiss before each syllable."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

RATE_HZ = 16_000
BLOCK = 80
VOWELS = np.array(
    [(730, 1090, 2440, 3500), (270, 2290, 3010, 3500), (300, 870, 2240, 3500), (530, 1840, 2480, 3500)], dtype=float
)
BANDWIDTHS_HZ = (80, 90, 120, 200)


def voice(seconds: float, seed: int = 0, pitch_hz: float = 130.0) -> np.ndarray:
    """Return ``seconds`` of babble, peak 0.5, at 16 kHz; its seed and its pitch make the speaker."""
    rng = np.random.default_rng(seed)
    state = [np.zeros(2) for _ in BANDWIDTHS_HZ]
    tilt = np.zeros(1)
    parts: list[np.ndarray] = []
    done, phase = 0, 0.0
    before = VOWELS[3]
    while done < seconds * RATE_HZ:
        hiss = np.diff(rng.normal(size=960) * np.hanning(960), prepend=0) * 0.05
        parts.append(hiss)
        done += len(hiss)
        vowel = VOWELS[rng.integers(len(VOWELS))]
        length = int(0.22 * RATE_HZ * rng.uniform(0.7, 1.3))
        for start in range(0, length, BLOCK):
            share = start / length
            hertz = pitch_hz * (1 + 0.15 * np.sin(np.pi * done / RATE_HZ)) * (1.1 - 0.2 * share)
            phases = phase + np.arange(1, BLOCK + 1) * hertz / RATE_HZ
            pulses = np.diff(np.floor(phases), prepend=np.floor(phase)) + 0.02 * rng.normal(size=BLOCK)
            phase = phases[-1]
            signal, tilt = lfilter([0.05], [1, -0.95], pulses, zi=tilt)
            formants = before + (vowel - before) * min(1.0, 3 * share)
            for index, (formant, bandwidth) in enumerate(zip(formants, BANDWIDTHS_HZ, strict=True)):
                radius = np.exp(-np.pi * bandwidth / RATE_HZ)
                poles = [1, -2 * radius * np.cos(2 * np.pi * formant / RATE_HZ), radius**2]
                signal, state[index] = lfilter([sum(poles)], poles, signal, zi=state[index])
            parts.append(signal * np.sqrt(np.sin(np.pi * min(1.0, share + 0.1))))
            done += BLOCK
        before = vowel
    sound = np.diff(np.concatenate(parts)[: round(seconds * RATE_HZ)], prepend=0)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE_HZ), dtype=np.float32)
