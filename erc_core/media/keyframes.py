"""The few pictures of each utterance that stand for it, with all faces in them, their tracks and their action units."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError
from erc_core.media.action_unit_table import NUMBERS
from erc_core.media.action_units import FaceMeasures, FaceUnits, measure_face, track_units
from erc_core.media.background import background_still
from erc_core.media.face_stills import face_still
from erc_core.media.faces import Face, FaceFinder
from erc_core.media.head_pose import HeadPose
from erc_core.media.pictures import Frame, frames
from erc_core.media.tracks import Tracker
from erc_core.settings import Settings
from erc_core.types import Progress, Utterance, silent

STEP = "faces"
PER_UTTERANCE = 3
# So many pictures are looked at for each that is kept.
CHOICES = 3
HEADER = ("time_s", "utterance", "track", "x", "y", "w", "h", "score", "yaw", "pitch", "roll", "sharpness")


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face of a keyframe: whose track it is on, its action units, and its still, uint8 ``(48, 48)``."""

    track: int
    face: Face
    units: FaceUnits
    still: NDArray[np.uint8]

    @property
    def pose(self) -> HeadPose | None:
        """How the head is turned, where landmarks tell."""
        return self.units.pose


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A picture that stands for a part of an utterance.

    Attributes:
        utterance: id of the utterance
        time_s: from when the clip shows it
        faces: all faces in it, the largest first; empty where there is none
        background: it without its faces, uint8 ``(32, 32, 3)``
    """

    utterance: str
    time_s: float
    faces: tuple[SeenFace, ...]
    background: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Keyframes:
    """All keyframes of a clip in order of time, times of cuts, and what has to be said of how they were found."""

    keyframes: tuple[Keyframe, ...]
    cuts_s: tuple[float, ...]
    note: str = ""

    def of(self, utterance: str) -> tuple[Keyframe, ...]:
        """Return the keyframes of an utterance."""
        return tuple(keyframe for keyframe in self.keyframes if keyframe.utterance == utterance)


@dataclass(frozen=True, slots=True)
class _Views:
    """What is kept of a picture: a still of each face, in their order, and one of the background."""

    stills: tuple[NDArray[np.uint8], ...]
    background: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A picture that may be kept; ``part`` is the part of the utterance that it lies in."""

    utterance: str
    part: int
    time_s: float
    faces: tuple[tuple[int, Face, FaceMeasures], ...] = ()
    views: _Views | None = None

    @property
    def quality(self) -> float:
        return max((face_quality(face, measures) for _, face, measures in self.faces), default=-1.0)


def face_quality(face: Face, measures: FaceMeasures) -> float:
    """Return how well a face can be read, 0 and more: its score, size, sharpness and how far it is to the front."""
    size = min(1.0, face.w / 160)
    sharp = face.sharpness / (face.sharpness + 100)
    pose = measures.pose
    front = 0.5 if pose is None else float(np.cos(np.radians(pose.yaw)) * np.cos(np.radians(pose.pitch)))
    return face.score * (0.4 * size + 0.3 * sharp + 0.3 * max(0.0, front)) + (0.5 if measures.values is not None else 0)


def find_keyframes(
    path: Path,
    utterances: Sequence[Utterance],
    settings: Settings,
    finder: FaceFinder,
    per_utterance: int = PER_UTTERANCE,
    progress: Progress = silent,
) -> Keyframes:
    """Choose the keyframes of each utterance: one in each of its equal parts, where a face is seen best.

    Only the pictures that are looked at are decoded, and one at a time is in memory.

    Args:
        path: the clip
        utterances: what is said in it
        settings: gives the limits
        finder: finds faces
        per_utterance: how many keyframes an utterance gets
        progress: is told how far the work is

    Raises:
        InputError: the clip has no picture or cannot be decoded, or ``per_utterance`` is less than 1
        CancelledError: ``progress`` asks to stop
    """
    if per_utterance < 1:
        raise InputError("An utterance needs at least one keyframe", got=per_utterance, allowed="1 and more")
    plan = sorted(
        (candidate for utterance in utterances for candidate in _planned(utterance, per_utterance)),
        key=lambda candidate: candidate.time_s,
    )
    tracker = Tracker()
    best: dict[tuple[str, int], _Candidate] = {}
    measured: dict[int, list[FaceMeasures]] = {}
    seen: tuple[Frame, tuple[tuple[int, Face, FaceMeasures], ...]] | None = None
    pictures = frames(path, [candidate.time_s for candidate in plan], settings)
    for number, (candidate, frame) in enumerate(zip(plan, pictures, strict=True)):
        progress(STEP, number / len(plan))
        # A held picture, or one of two utterances at once, is looked at once.
        if seen is None or seen[0].time_s != frame.time_s:
            seen = (frame, _look(frame, finder, tracker))
            for track, _, measures in seen[1]:
                measured.setdefault(track, []).append(measures)
        found = replace(candidate, faces=seen[1], time_s=frame.time_s)
        before = best.get((candidate.utterance, candidate.part))
        if before is None or found.quality > before.quality:
            best[candidate.utterance, candidate.part] = replace(found, views=_views(frame, found))
    progress(STEP, 1.0)
    chosen = sorted(best.values(), key=lambda one: (one.time_s, one.utterance))
    return Keyframes(_with_units(chosen, measured), tuple(tracker.cuts_s), finder.note)


def _planned(utterance: Utterance, per_utterance: int) -> list[_Candidate]:
    count = per_utterance * CHOICES
    step_s = utterance.duration_s / count
    return [
        _Candidate(utterance.id, number // CHOICES, utterance.start_s + (number + 0.5) * step_s)
        for number in range(count)
    ]


def _look(frame: Frame, finder: FaceFinder, tracker: Tracker) -> tuple[tuple[int, Face, FaceMeasures], ...]:
    faces = finder.detect(frame.rgb)
    tracks = tracker.add(frame, faces)
    return tuple((track, face, measure_face(frame.rgb, face)) for track, face in zip(tracks, faces, strict=True))


def _views(frame: Frame, candidate: _Candidate) -> _Views:
    faces = [face for _, face, _ in candidate.faces]
    return _Views(tuple(face_still(frame.rgb, face) for face in faces), background_still(frame.rgb, faces))


def _with_units(chosen: Sequence[_Candidate], measured: dict[int, list[FaceMeasures]]) -> tuple[Keyframe, ...]:
    """Estimate the units of the chosen faces, against all that was seen of their tracks."""
    units: dict[int, FaceUnits] = {}
    for measures in measured.values():
        # By identity: two sightings may have equal measures.
        units |= {id(one): found for one, found in zip(measures, track_units(measures), strict=True)}
    return tuple(
        Keyframe(
            one.utterance,
            one.time_s,
            tuple(
                SeenFace(track, face, units[id(measures)], still)
                for (track, face, measures), still in zip(one.faces, one.views.stills, strict=True)
            ),
            one.views.background,
        )
        for one in chosen
        if one.views is not None
    )


def as_csv(found: Keyframes) -> str:
    """Return one row for each keyframe and face; a keyframe without a face is a row with empty box fields."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*HEADER, *(f"AU{number}" for number in NUMBERS), "missing"])
    for keyframe in found.keyframes:
        start = [f"{keyframe.time_s:.3f}", keyframe.utterance]
        if not keyframe.faces:
            writer.writerow([*start, *[""] * (len(HEADER) - 2 + len(NUMBERS)), "no face"])
        for seen in keyframe.faces:
            writer.writerow([*start, *_cells(seen)])
    return target.getvalue()


def _cells(seen: SeenFace) -> list[str]:
    face, pose = seen.face, seen.pose
    box = [f"{value:.1f}" for value in (face.x, face.y, face.w, face.h)]
    turns = [f"{value:.1f}" for value in (pose.yaw, pose.pitch, pose.roll)] if pose else [""] * 3
    units = [seen.units.intensity(number) for number in NUMBERS]
    intensities = ["" if unit is None else f"{unit:.2f}" for unit in units]
    row = [str(seen.track), *box, f"{face.score:.3f}", *turns, f"{face.sharpness:.1f}", *intensities]
    return [*row, seen.units.reason]
