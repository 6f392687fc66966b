"""Raw sound of each utterance in steps of 20 ms: what pre-trained speech encoders read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.features.acoustic import MAX_S, RATE_HZ, level, sound_features
from erc_core.features.base import EXTRACTORS
from erc_core.settings import Settings
from erc_core.types import Dialogue, Features, Progress

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
    return sound_features(dialogue, clip, settings, progress, EXTRACTOR, wave_rows)
