"""How lips move, and how far that goes with the sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from erc_core.media.face_survey import Look
from erc_core.media.faces import Face

# Upper and lower inner lip, three places of the middle; the outer corners of the eyes are the measure.
UPPER, LOWER, EYES = (82, 13, 312), (87, 14, 317), (33, 263)


@dataclass(frozen=True, slots=True)
class Mouth:
    """How far one track's lips were apart, look by look.

    Attributes:
        track: whose lips
        slots: looks at which they were seen, ``(N,)``
        opening: gap between the inner lips, in distances of the eyes' outer corners, ``(N,)``
    """

    track: int
    slots: NDArray[np.int64]
    opening: NDArray[np.float64]


class MouthRecord:
    """Collects lips from look to look: two numbers for each face."""

    def __init__(self) -> None:
        self._seen: dict[int, list[tuple[int, float]]] = {}

    def add(self, look: Look) -> None:
        """Note the lips of all faces of a picture."""
        for one in look.faces:
            opening = lip_gap(one.face)
            if opening is not None:
                self._seen.setdefault(one.track, []).append((look.slot, opening))

    def mouths(self) -> tuple[Mouth, ...]:
        """Return the lips of all tracks, in the order of their numbers."""
        return tuple(
            Mouth(track, np.array([slot for slot, _ in seen]), np.array([gap for _, gap in seen]))
            for track, seen in sorted(self._seen.items())
        )


def lip_gap(face: Face) -> float | None:
    """Return how far the lips are apart in distances of the eyes' outer corners, or None without landmarks."""
    if face.landmarks is None:
        return None
    points = face.landmarks.astype(np.float64)
    gap = np.linalg.norm(points[list(LOWER)] - points[list(UPPER)], axis=1).mean()
    return float(gap / max(1e-6, np.linalg.norm(points[EYES[1]] - points[EYES[0]])))
