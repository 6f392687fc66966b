"""Voices as points, and how likely two stretches of speech are of one voice.

The statistics of a stretch are projected to directions in which speakers differ and one speaker's emotions do not
(linear discriminant analysis, scaled so that one speaker's stretches have a variance of one). Two groups of stretches
are then compared by the likelihood that one speaker said them all.

Source:
    Ioffe 2006, "Probabilistic Linear Discriminant Analysis", in the two-covariance form of Brümmer and de Villiers
    2010, "The speaker partitioning problem". We count a stretch for less than one, since the stretches of one talk
    are more alike than those of a speaker on many days.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.media.voice_statistics import WIDTH, voice_statistics
from erc_core.settings import ASSETS

PROJECTION = ASSETS / "voice" / "speaker.safetensors"
# What one stretch counts, and how much evidence keeps two groups together; chosen on talks put together of recordings
# of speakers whom the projection was not fitted on (see erc_core.benchmarks.fit_voices).
COUNT = 0.3
KEEP = -1.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Projection:
    """How statistics become a point.

    Attributes:
        mean: of the statistics, ``(51,)``
        scale: their standard deviations, ``(51,)``
        directions: ``(51, D)``
        between: variance between speakers along each direction, where one speaker's is one, ``(D,)``
    """

    mean: Floats
    scale: Floats
    directions: Floats
    between: Floats

    def point(self, statistics: Floats) -> Floats:
        """Return the point of one or more stretches: ``(51,)`` to ``(D,)``, or ``(N, 51)`` to ``(N, D)``."""
        placed: Floats = (statistics - self.mean) / self.scale @ self.directions
        return placed


@lru_cache(maxsize=1)
def projection(path: Path = PROJECTION) -> Projection:
    """Return the shipped projection."""
    from safetensors.numpy import load_file

    arrays = load_file(path)
    return Projection(**{name: arrays[name].astype(np.float64) for name in Projection.__slots__})


def voice_points(audio: NDArray[np.float32], spans: list[slice], by: Projection | None = None) -> Floats:
    """Return the point of each stretch of sound, ``(N, D)``; NaN where there is too little speech.

    Args:
        audio: one channel at 16 kHz, ``(N,)``
        spans: the stretches, in samples
        by: the projection; the shipped one where it is None
    """
    by = by or projection()
    rows = [voice_statistics(audio[span]) for span in spans]
    table = np.stack([np.full(WIDTH, np.nan) if row is None else row for row in rows]) if rows else np.zeros((0, WIDTH))
    return by.point(table)


def group_voices(
    points: Floats,
    between: Floats,
    speakers: int | None = None,
    weights: Floats | None = None,
    apart: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Group points by voice, the likeliest pair of groups first.

    Args:
        points: one for each stretch, finite, ``(N, D)``
        between: the projection's variance between speakers, ``(D,)``
        speakers: how many voices there are; None to estimate it
        weights: how many stretches each point is the mean of, ``(N,)``; one where it is None
        apart: points that are known to be of different voices, such as those of two faces, ``(N,)``

    Returns:
        the number of each point's voice, from 0 by first appearance, ``(N,)``
    """
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    weights = np.ones(len(points)) if weights is None else weights
    # A recording shifts all of its voices alike.
    centred = points - np.average(points, axis=0, weights=weights)
    counts = (COUNT * weights).tolist()
    sums = [count * point for count, point in zip(counts, centred, strict=True)]
    fixed = [False] * len(points) if apart is None else apart.tolist()
    members, alive = [[place] for place in range(len(points))], list(range(len(points)))
    gains = np.full((len(points), len(points)), -np.inf)

    def weigh(first: int, second: int) -> None:
        high, low = max(first, second), min(first, second)
        two = fixed[high] and fixed[low]
        gains[high, low] = -np.inf if two else _gain(counts[high], sums[high], counts[low], sums[low], between)

    for high in alive:
        for low in range(high):
            weigh(high, low)
    while len(alive) > max(1, speakers or 1):
        high, low = (int(place) for place in np.unravel_index(int(np.argmax(gains)), gains.shape))
        if gains[high, low] == -np.inf or (speakers is None and gains[high, low] < KEEP):
            break
        members[low] += members[high]
        counts[low] += counts[high]
        sums[low] = sums[low] + sums[high]
        fixed[low] = fixed[low] or fixed[high]
        gains[high, :] = gains[:, high] = -np.inf
        alive.remove(high)
        for other in alive:
            if other != low:
                weigh(other, low)
    names = np.zeros(len(points), dtype=np.int64)
    for number, group in enumerate(sorted((members[place] for place in alive), key=min)):
        names[group] = number
    return names


def voice_odds(points: Floats, picked: int, between: Floats) -> Floats:
    """Return the log-odds that each stretch is of the picked one's voice, ``(N,)``; infinite for itself.

    Args:
        points: all stretches of a recording, ``(N, D)``; NaN where a voice could not be read
        picked: which one was picked
        between: the projection's variance between speakers, ``(D,)``
    """
    known = np.isfinite(points).all(axis=1)
    centred = points - (points[known].mean(axis=0) if known.any() else 0.0)
    own = centred[picked]
    odds = np.array([_gain(1.0, own, 1.0, point, between) for point in centred])
    odds[picked] = np.inf
    return odds


def _gain(count: float, total: Floats, other_count: float, other_total: Floats, between: Floats) -> float:
    """Return the log-likelihood ratio of one speaker against two; higher where two groups are alike."""
    together = _evidence(count + other_count, total + other_total, between)
    return together - _evidence(count, total, between) - _evidence(other_count, other_total, between)


def _evidence(count: float, total: Floats, between: Floats) -> float:
    spread = 1 + count * between
    return float(0.5 * (between * total**2 / spread - np.log(spread)).sum())
