"""All faces of a clip, looked at often enough to see lips move, each on the track of its person.

Faces are searched on a grid of times that does not depend on the utterances, so that a track keeps its number when
utterances are moved, split or merged. Between the searches, and only while somebody speaks, the faces found last are
followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.media.faces import Face, FaceFinder
from erc_core.media.pictures import Frame, frames
from erc_core.media.tracks import Tracker, is_cut, thumbnail
from erc_core.settings import Settings
from erc_core.types import Progress, Utterance, silent

STEP = "faces"
# Syllables come at up to 6 a second: 12.5 pictures a second show each lip movement twice.
LOOK_S = 0.08
LOOKS_PER_SEARCH = 5


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """A face and whose track it is on."""

    track: int
    face: Face


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture shows.

    Attributes:
        slot: number of the look on the clip's grid of ``LOOK_S``
        frame: the picture
        faces: the faces in it; those of a picture that was not searched are known from the one before
        searched: whether the whole picture was searched for faces
    """

    slot: int
    frame: Frame
    faces: tuple[TrackedFace, ...]
    searched: bool

    @property
    def time_s(self) -> float:
        """When the picture was asked for, in seconds."""
        return self.slot * LOOK_S


class Survey:
    """Looks at a clip from its start to the end of its last utterance.

    Attributes:
        tracker: knows all tracks and cuts so far
    """

    def __init__(self, path: Path, utterances: Sequence[Utterance], settings: Settings, finder: FaceFinder) -> None:
        self.tracker = Tracker()
        self._path, self._settings, self._finder = path, settings, finder
        self._slots = look_slots(utterances)
        self._thumbnail: NDArray[np.uint8] | None = None
        self._searched: tuple[NDArray[np.uint8], tuple[Face, ...]] | None = None

    def looks(self, progress: Progress = silent) -> Iterator[Look]:
        """Yield the pictures in order of time; one at a time is in memory.

        Raises:
            InputError: the clip has no picture or cannot be decoded
            CancelledError: ``progress`` asks to stop
        """
        times = [slot * LOOK_S for slot in self._slots]
        last: Look | None = None
        for slot, frame in zip(self._slots, frames(self._path, times, self._settings), strict=True):
            if len(times) < 50 or slot % LOOKS_PER_SEARCH == 0:
                progress(STEP, slot / max(1, self._slots[-1]))
            last = self._look(slot, frame, last)
            yield last
        progress(STEP, 1.0)

    def _look(self, slot: int, frame: Frame, last: Look | None) -> Look:
        if slot % LOOKS_PER_SEARCH == 0:
            faces = self._detect(frame.rgb)
            tracks = self.tracker.add(frame, faces)
            self._thumbnail = thumbnail(frame.rgb)
            found = tuple(TrackedFace(track, face) for track, face in zip(tracks, faces, strict=True))
            return Look(slot, frame, found, searched=True)
        if last is None or not last.faces:
            return Look(slot, frame, (), searched=False)
        # A clip of few pictures a second shows one of them for several looks.
        if last.frame.time_s == frame.time_s:
            return Look(slot, frame, last.faces, searched=False)
        before, self._thumbnail = self._thumbnail, thumbnail(frame.rgb)
        if before is not None and is_cut(before, self._thumbnail):
            return Look(slot, frame, (), searched=False)
        moved = self._finder.follow(frame.rgb, tuple(one.face for one in last.faces))
        kept = (TrackedFace(one.track, face) for one, face in zip(last.faces, moved, strict=True) if face is not None)
        return Look(slot, frame, tuple(kept), searched=False)

    def _detect(self, rgb: NDArray[np.uint8]) -> tuple[Face, ...]:
        """Search a picture; a still one, such as a slide or a black screen, is searched once."""
        if self._searched is None or not np.array_equal(self._searched[0], rgb):
            self._searched = rgb, self._finder.detect(rgb)
        return self._searched[1]


def look_slots(utterances: Sequence[Utterance]) -> list[int]:
    """Return the looks of a clip: every search up to the last utterance, and all within utterances, in order."""
    if not utterances:
        return []
    last = slot_of(max(utterance.end_s for utterance in utterances))
    slots = set(range(0, last + 1, LOOKS_PER_SEARCH))
    for utterance in utterances:
        slots.update(range(slot_of(utterance.start_s), slot_of(utterance.end_s) + 1))
    return sorted(slots)


def slot_of(time_s: float) -> int:
    """Return the look that shows what is on display at a time; the times of looks are exact multiples."""
    return int(time_s / LOOK_S + 1e-6)
