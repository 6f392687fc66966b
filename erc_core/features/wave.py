"""Raw sound of each utterance in steps of 20 ms: what pre-trained speech encoders read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.features.acoustic import MAX_S, MIN_S, RATE_HZ, SILENCE, blocks, level
from erc_core.features.base import EXTRACTORS
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Progress, Utterance, frozen_array

EXTRACTOR = "wave-1"
STEP = 320  # samples, 20 ms: the stride of WavLM, HuBERT and wav2vec 2.0


def wave_rows(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay out the sound of one utterance in steps.

    Args:
        audio: mono sound at 16 kHz, ``(samples,)``; what is beyond 10 s is not read

    Returns:
        the levelled sound, ``(steps, 320)``, padded with silence to a whole step
    """
    kept = level(audio[: int(MAX_S * RATE_HZ)])
    short = -len(kept) % STEP
    return np.pad(kept, (0, short)).reshape(-1, STEP)


@EXTRACTORS.add(EXTRACTOR)
def wave_features(dialogue: Dialogue, clip: Path | None, settings: Settings, progress: Progress) -> Features:
    """Return the sound of every utterance, rows ``(steps, 320)``."""
    reason = ""
    if clip is None or (dialogue.media is not None and not dialogue.media.has_audio):
        reason = "no recording: only words are known" if clip is None else "the clip has no audio track"
    rows: list[FeatureRow] = []
    if clip is None or reason:
        rows = [FeatureRow(utterance.id, None, reason) for utterance in dialogue.utterances]
        return Features(dialogue.id, "a", EXTRACTOR, tuple(rows))
    from erc_core.media.sound import read_audio

    for block in blocks(dialogue.utterances):
        begin, end = block[0].start_s, max(utterance.end_s for utterance in block)
        audio = read_audio(clip, settings, begin, end)
        for utterance in block:
            first, last = (round((time_s - begin) * RATE_HZ) for time_s in (utterance.start_s, utterance.end_s))
            rows.append(_row(utterance, audio[first:last]))
        progress("sound", len(rows) / len(dialogue.utterances))
    return Features(dialogue.id, "a", EXTRACTOR, tuple(rows))


def _row(utterance: Utterance, audio: NDArray[np.float32]) -> FeatureRow:
    if len(audio) < MIN_S * RATE_HZ:
        return FeatureRow(utterance.id, None, f"under {MIN_S} s of sound at these times")
    if float(np.abs(audio).max()) < SILENCE:
        return FeatureRow(utterance.id, None, "digital silence at these times")
    return FeatureRow(utterance.id, frozen_array(wave_rows(audio)))
