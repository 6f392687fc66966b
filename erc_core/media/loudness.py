"""How loud a clip is, look by look, without holding its sound in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.media.face_survey import LOOK_S
from erc_core.media.sound import RATE_HZ, read_audio
from erc_core.settings import Settings

BLOCK_LOOKS = 750  # a minute
FLOOR_DB = -80.0


def loudness(path: Path, settings: Settings, end_s: float) -> NDArray[np.float64]:
    """Return the level around each look of a clip, in decibels of full scale, ``(N,)``.

    Args:
        path: the clip
        settings: gives the limits
        end_s: how far to listen, in seconds

    Raises:
        InputError: the clip has no sound, or it cannot be decoded
    """
    width = round(LOOK_S * RATE_HZ)
    count = int(end_s / LOOK_S) + 2
    levels = np.full(count, FLOOR_DB)
    for first in range(0, count, BLOCK_LOOKS):
        last = min(count, first + BLOCK_LOOKS)
        start_s = max(0.0, (first - 0.5) * LOOK_S)
        audio = read_audio(path, settings, start_s, (last - 0.5) * LOOK_S)
        # The first look of a clip has only the half of its window that lies in the clip.
        samples = np.concatenate([np.zeros(width // 2 if first == 0 else 0, np.float32), audio])
        whole = len(samples) // width
        power = np.square(samples[: whole * width].reshape(whole, width), dtype=np.float64).mean(axis=1)
        levels[first : first + whole] = np.maximum(10 * np.log10(power + 1e-12), FLOOR_DB)
        if whole < last - first:
            break
    return levels
