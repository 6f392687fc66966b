"""The outline of a sound, for drawing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError


def envelope(audio: NDArray[np.float32], points: int) -> NDArray[np.float32]:
    """Return the least and the greatest sample of each of ``points`` equal parts of a sound.

    Args:
        audio: one channel, ``(N,)``
        points: number of parts; where there are fewer samples, samples are repeated

    Returns:
        least and greatest sample, ``(points, 2)``; zeros for a sound of no length

    Raises:
        InputError: ``points`` is not positive
    """
    if points < 1:
        raise InputError("An outline needs at least one point", got=points, allowed="1 and more")
    if len(audio) == 0:
        return np.zeros((points, 2), dtype=np.float32)
    starts = np.arange(points) * len(audio) // points
    outline = np.stack([np.minimum.reduceat(audio, starts), np.maximum.reduceat(audio, starts)], axis=1)
    return outline.astype(np.float32)
