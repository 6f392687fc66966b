"""What makes a voice or a face say nothing about an emotion: noise, babble, blur in shadow, occlusion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Root mean square, between the quietest and the loudest recordings: acted emotions differ in loudness.
DEGRADED_LEVEL = (0.005, 0.05)
BLUR_SIGMA_PX = (8.0, 12.0)
# Where a blurred face is light and dark still tells joy from anger; twice as strong a shadow hides that.
SHADOW_STRENGTH = 2.0
OCCLUDED_SIDE = (0.8, 0.95)


def drowned(
    speech: NDArray[np.floating], disturbance: NDArray[np.floating], snr_db: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return ``speech`` ``(N,)`` under a disturbance ``(N,)`` of that signal-to-noise ratio, in a drawn loudness."""
    mixed = _at_level(speech, 1.0) + _at_level(disturbance, 10 ** (-snr_db / 20))
    low, high = np.log(DEGRADED_LEVEL)
    return _at_level(mixed, float(np.exp(rng.uniform(low, high)))).astype(np.float32)


def speech_level(samples: NDArray[np.floating]) -> float:
    """Return the root mean square of the frames (25 ms) that are within 30 dB of the loudest one."""
    frame = 400
    usable = samples[: max(len(samples) // frame, 1) * frame]
    power = np.square(usable.reshape(-1, min(frame, len(usable))), dtype=np.float64).mean(axis=1)
    return float(np.sqrt(power[power >= power.max() * 1e-3].mean()))


def _at_level(samples: NDArray[np.floating], level: float) -> NDArray[np.floating]:
    return samples * (level / max(speech_level(samples), 1e-9))


def coloured_noise(count: int, rng: np.random.Generator) -> NDArray[np.floating]:
    """Return noise whose power falls with frequency by an exponent from white (0) to somewhat beyond pink (1)."""
    exponent = rng.uniform(0.0, 1.3)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / 16_000), 50.0)
    return np.fft.irfft(spectrum * frequency ** (-exponent / 2), n=count)


def babble(count: int, voices: Sequence[NDArray[np.float32]], rng: np.random.Generator) -> NDArray[np.floating]:
    """Return several voices at once, equally loud, each without end and begun at a random place."""
    mixed: NDArray[np.floating] = np.zeros(count)
    for voice in voices:
        loud = _without_silence(voice)
        mixed = mixed + _at_level(np.resize(np.roll(loud, int(rng.integers(len(loud)))), count), 1.0)
    return mixed


def _without_silence(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def blurred(picture: NDArray[np.floating], sigma_px: float) -> NDArray[np.floating]:
    """Return ``picture`` ``(H, W)`` blurred by a Gaussian; the edge is repeated outwards."""
    reach = int(np.ceil(3 * sigma_px))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    kernel /= kernel.sum()
    values = np.pad(picture, reach, mode="edge")
    for axis in (0, 1):
        values = np.apply_along_axis(np.convolve, axis, values, kernel, mode="valid")
    return values


def blurred_in_shadow(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur a picture beyond its features and lay a shadow over it that is as smooth as what is left."""
    sigma_px = float(rng.uniform(*BLUR_SIGMA_PX))
    left = blurred(picture.astype(np.float64), sigma_px)
    shadow = blurred(rng.standard_normal(picture.shape), sigma_px)
    shadow *= SHADOW_STRENGTH * left.std() / shadow.std()
    return np.asarray(np.clip(np.rint(left + shadow - shadow.mean()), 0, 255), dtype=np.uint8)


def occluded(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Cover most of a picture by a plain or grainy rectangle: brow, eyes and mouth are gone, the rim is left."""
    height, width = (round(side * float(rng.uniform(*OCCLUDED_SIDE))) for side in picture.shape)
    top = int(rng.integers(picture.shape[0] - height + 1))
    left = int(rng.integers(picture.shape[1] - width + 1))
    grey = rng.uniform(0, 255) + rng.uniform(0, 40) * rng.standard_normal((height, width))
    covered = picture.copy()
    covered[top : top + height, left : left + width] = np.clip(grey, 0, 255).astype(np.uint8)
    return covered
