"""The sound of an edited utterance."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.features.acoustic import EXTRACTOR, RATE_HZ, sound_row
from erc_core.media.sound import read_audio
from erc_core.settings import Settings
from erc_core.types import FeatureRow, Features, Span, Utterance
from erc_core.whatif.edits import MuteSound, NoiseSound, edited_span


def muted(audio: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
    """Return sound ``(N,)`` that is silent from sample ``first`` up to ``last``."""
    changed = audio.copy()
    changed[first:last] = 0.0
    return changed


def noised(audio: NDArray[np.float32], first: int, last: int, snr_db: float, seed: int) -> NDArray[np.float32]:
    """Return sound ``(N,)`` with white noise from sample ``first`` up to ``last``.

    Args:
        audio: samples in [-1, 1]
        first: where the noise begins
        last: where it ends
        snr_db: by how much the whole sound's power is above the noise's, in decibels
        seed: the same seed, the same noise
    """
    power = float(np.mean(np.square(audio, dtype=np.float64))) if len(audio) else 0.0
    level = np.sqrt(power * 10 ** (-snr_db / 10))
    changed = audio.copy()
    stretch = changed[first:last]
    stretch += (level * np.random.default_rng(seed).standard_normal(len(stretch))).astype(np.float32)
    return changed


def edited_sound(
    utterance: Utterance, edit: MuteSound | NoiseSound | None, clip: Path, settings: Settings
) -> NDArray[np.float32]:
    """Return the sound of an utterance as the model would hear it, mono at 16 kHz, ``(N,)``.

    Raises:
        InputError: the clip cannot be decoded
    """
    audio = read_audio(clip, settings, utterance.start_s, utterance.end_s)
    if edit is None:
        return audio
    span = edited_span(edit, Span(utterance.start_s, utterance.end_s))
    first, last = (max(0, round((at_s - utterance.start_s) * RATE_HZ)) for at_s in (span.start_s, span.end_s))
    if isinstance(edit, MuteSound):
        return muted(audio, first, last)
    return noised(audio, first, last, edit.snr_db, zlib.crc32(utterance.id.encode()))


def edited_sound_row(
    features: Features, utterance: Utterance, edit: MuteSound | NoiseSound, clip: Path | None, settings: Settings
) -> FeatureRow:
    """Return the acoustic row of an utterance whose sound is edited.

    Raises:
        UnsupportedError: the features were not made from a recording that is at hand
        InputError: the clip cannot be decoded
    """
    if features.extractor != EXTRACTOR or clip is None:
        raise UnsupportedError(
            "The sound of this dialogue cannot be edited",
            got=f"features {features.extractor}" if clip else "no recording",
            allowed=f"a recording and features {EXTRACTOR}",
            do="edit words or speakers",
        )
    return sound_row(utterance, edited_sound(utterance, edit, clip, settings))
