"""Log-mel spectrograms: what the compact acoustic encoder reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from erc_core.features.base import EXTRACTORS, NO_RECORDING
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Progress, Utterance, frozen_array

EXTRACTOR = "log_mel-1"
RATE_HZ = 16_000
BANDS = 80
WINDOW = 400  # 25 ms
HOP = 160  # 10 ms
HOP_S = HOP / RATE_HZ
MAX_S = 10.0  # DQ-Former 4.2: at most 10 s of sound
MIN_S = 0.1
BLOCK_S = 60.0  # sound decoded at once, so that memory does not grow with the clip
REFERENCE_RMS = 0.1
FLOOR = 1e-6
SILENCE = 1e-4  # a sample under this is under -80 dB of full scale
Layout = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@cache
def _filters() -> Tensor:
    from transformers.audio_utils import mel_filter_bank

    bank = mel_filter_bank(WINDOW // 2 + 1, BANDS, 20.0, RATE_HZ / 2, RATE_HZ, norm="slaney", mel_scale="slaney")
    return torch.from_numpy(np.asarray(bank, dtype=np.float32))


def level(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale sound so that its loud frames have one loudness: a recording's gain says nothing of the emotion.

    Args:
        audio: mono sound at 16 kHz, ``(samples,)``

    Returns:
        the sound whose 95th percentile of the 25 ms frames' root mean square is 0.1, ``(samples,)``
    """
    usable = len(audio) - len(audio) % WINDOW
    frames = audio[:usable].reshape(-1, WINDOW) if usable else audio[None, :]
    loud = float(np.percentile(np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1)), 95))
    return (audio * np.float32(REFERENCE_RMS / max(loud, 1e-5))).astype(np.float32)


def log_mel(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log-mel spectrogram of one utterance.

    Args:
        audio: mono sound at 16 kHz, ``(samples,)``; what is beyond 10 s is not read

    Returns:
        natural logarithm of mel power, ``(frames, 80)``, a frame every 10 ms
    """
    clipped = level(audio[: int(MAX_S * RATE_HZ)])
    short = WINDOW - len(clipped)
    wave = torch.from_numpy(np.pad(clipped, (0, max(0, short))))
    spectrum = torch.stft(
        wave, WINDOW, HOP, window=torch.hann_window(WINDOW), center=False, return_complex=True
    )  # (201, frames)
    power = spectrum.abs().square().T @ _filters()  # (frames, 80)
    mel: NDArray[np.float32] = power.clamp_min(FLOOR).log().numpy()
    return mel


def trim(audio: NDArray[np.float32], below_db: float = 40.0) -> NDArray[np.float32]:
    """Cut silence off both ends: frames more than ``below_db`` under the loudest one.

    Args:
        audio: mono sound at 16 kHz, ``(samples,)``
        below_db: how far under the loudest 25 ms frame counts as silence, in decibels

    Returns:
        the sound between the first and the last frame that is not silent, ``(samples,)``
    """
    usable = len(audio) - len(audio) % HOP
    if usable == 0:
        return audio
    energy = np.mean(audio[:usable].reshape(-1, HOP).astype(np.float64) ** 2, axis=1)
    loud = np.flatnonzero(energy > energy.max() * 10 ** (-below_db / 10))
    return audio[loud[0] * HOP : (loud[-1] + 1) * HOP] if len(loud) else audio


@EXTRACTORS.add(EXTRACTOR)
def acoustic_features(dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress) -> Features:
    """Return log-mel frames of every utterance, rows ``(frames, 80)``."""
    return sound_features(dialogue, clip, settings, progress, EXTRACTOR, log_mel)


def sound_features(
    dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress, extractor: str, layout: Layout
) -> Features:
    """Cut every utterance's sound out of the clip and lay it out.

    Args:
        dialogue: the conversation
        clip: its file, None where there is none
        settings: limits of decoding
        progress: told of the steps
        extractor: name of the features
        layout: makes a row of an utterance's sound, mono at 16 kHz, ``(samples,)``

    Raises:
        InputError: the clip cannot be decoded
    """
    reason = _why_silent(dialogue, clip)
    rows: list[FeatureRow] = []
    if clip is None or reason:
        rows = [FeatureRow(utterance.id, None, reason) for utterance in dialogue.utterances]
        return Features(dialogue.id, "a", extractor, tuple(rows))
    from erc_core.media.sound import read_audio

    for block in blocks(dialogue.utterances):
        begin, end = block[0].start_s, max(utterance.end_s for utterance in block)
        audio = read_audio(clip, settings, begin, end)
        for utterance in block:
            first, last = (round((time_s - begin) * RATE_HZ) for time_s in (utterance.start_s, utterance.end_s))
            rows.append(sound_row(utterance, audio[first:last], layout))
        progress("sound", len(rows) / len(dialogue.utterances))
    return Features(dialogue.id, "a", extractor, tuple(rows))


def _why_silent(dialogue: Dialogue, clip: Path | None) -> str:
    if clip is None:
        return NO_RECORDING
    return "" if dialogue.media is None or dialogue.media.has_audio else "the clip has no audio track"


def sound_row(utterance: Utterance, audio: NDArray[np.float32], layout: Layout = log_mel) -> FeatureRow:
    """Return the row of an utterance's sound ``(samples,)``, or an absent one with the reason."""
    if len(audio) < MIN_S * RATE_HZ:
        return FeatureRow(utterance.id, None, f"under {MIN_S} s of sound at these times")
    if float(np.abs(audio).max()) < SILENCE:
        return FeatureRow(utterance.id, None, "digital silence at these times")
    return FeatureRow(utterance.id, frozen_array(layout(audio)))


def blocks(utterances: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """Group consecutive utterances that lie within a minute of their group's start."""
    group: list[Utterance] = []
    for utterance in utterances:
        if group and utterance.end_s > group[0].start_s + BLOCK_S:
            yield group
            group = []
        group.append(utterance)
    if group:
        yield group
