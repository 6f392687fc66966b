"""The few pictures of each utterance that stand for it, with all faces in them, their tracks and their action units."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError
from erc_core.media.action_unit_table import NUMBERS
from erc_core.media.action_units import FaceMeasures, FaceUnits, measure_face, track_units
from erc_core.media.background import background_still
from erc_core.media.face_log import FaceLog, FaceRecord
from erc_core.media.face_stills import face_still
from erc_core.media.face_survey import LOOK_S, Look, Survey, slot_of
from erc_core.media.faces import Face, FaceFinder
from erc_core.media.head_pose import HeadPose
from erc_core.media.lips import Mouth, MouthRecord
from erc_core.settings import Settings
from erc_core.types import Progress, Utterance, silent

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
        part: which of the utterance's equal parts it stands for, from 0
        best: whether the part's faces are seen best in it, whoever they are of
        best_of: tracks that are seen best in it of all pictures of the part
    """

    utterance: str
    time_s: float
    faces: tuple[SeenFace, ...]
    background: NDArray[np.uint8]
    part: int = 0
    best: bool = True
    best_of: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyframes:
    """What was chosen of a clip's pictures.

    Attributes:
        choices: in order of time; of a part of an utterance one for whoever is seen best, and one for each track
        cuts_s: times of cuts
        mouths: how the lips of each track moved while somebody spoke
        note: what has to be said of how faces were found
        faces: where all faces are at each look
    """

    choices: tuple[Keyframe, ...]
    cuts_s: tuple[float, ...]
    mouths: tuple[Mouth, ...] = ()
    note: str = ""
    faces: FaceLog = field(default_factory=lambda: FaceRecord().log())

    @property
    def keyframes(self) -> tuple[Keyframe, ...]:
        """One picture for each part of each utterance, where faces are seen best."""
        return tuple(keyframe for keyframe in self.choices if keyframe.best)

    def of(self, utterance: str, track: int | None = None) -> tuple[Keyframe, ...]:
        """Return the keyframes of an utterance, one a part, where ``track`` is seen best if it is seen at all."""
        own = [keyframe for keyframe in self.choices if keyframe.utterance == utterance]
        parts = {keyframe.part: keyframe for keyframe in own if keyframe.best}
        parts |= {keyframe.part: keyframe for keyframe in own if track in keyframe.best_of}
        return tuple(parts[part] for part in sorted(parts))


@dataclass(slots=True)
class _Choice:
    """A picture that may be kept: its faces with their measures, and what is kept of its pixels."""

    time_s: float
    faces: tuple[tuple[int, Face, FaceMeasures], ...]
    stills: tuple[NDArray[np.uint8], ...]
    background: NDArray[np.uint8]


@dataclass(slots=True)
class _Part:
    """The best pictures so far of a part of an utterance: the key is a track, or None for whoever is seen best."""

    best: dict[int | None, tuple[float, _Choice]] = field(default_factory=dict)

    def offer(self, look: Look, faces: tuple[tuple[int, Face, FaceMeasures], ...]) -> None:
        """Keep a picture for those whom it shows better than all before."""
        scores: dict[int | None, float] = {track: face_quality(face, measures) for track, face, measures in faces}
        scores[None] = max(scores.values(), default=-1.0)
        better = [key for key, score in scores.items() if key not in self.best or score > self.best[key][0]]
        if not better:
            return
        bare = [face for _, face, _ in faces]
        stills = tuple(face_still(look.frame.rgb, face) for face in bare)
        choice = _Choice(look.frame.time_s, faces, stills, background_still(look.frame.rgb, bare))
        self.best |= {key: (scores[key], choice) for key in better}


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

    The clip is decoded once, up to its last utterance, and one picture at a time is in memory.

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
    planned: dict[int, list[tuple[str, int]]] = {}
    for utterance in utterances:
        for slot, part in _planned(utterance, per_utterance):
            planned.setdefault(slot, []).append((utterance.id, part))
    survey, mouths, log = Survey(path, utterances, settings, finder), MouthRecord(), FaceRecord()
    parts: dict[tuple[str, int], _Part] = {}
    measured: dict[int, list[FaceMeasures]] = {}
    for look in survey.looks(progress):
        mouths.add(look)
        log.add(look)
        if look.slot not in planned and not look.searched:
            continue
        faces = tuple((one.track, one.face, measure_face(look.frame.rgb, one.face)) for one in look.faces)
        for track, _, measures in faces:
            measured.setdefault(track, []).append(measures)
        for key in planned.get(look.slot, ()):
            parts.setdefault(key, _Part()).offer(look, faces)
    return Keyframes(_chosen(parts, measured), tuple(survey.tracker.cuts_s), mouths.mouths(), finder.note, log.log())


def _planned(utterance: Utterance, per_utterance: int) -> list[tuple[int, int]]:
    """Return the looks that are weighed for an utterance, each with the part of it that it stands for."""
    count = per_utterance * CHOICES
    step_s = utterance.duration_s / count
    middles = [utterance.start_s + (number + 0.5) * step_s for number in range(count)]
    first = int(np.ceil(utterance.start_s / LOOK_S - 1e-6))
    slots = [max(slot_of(middle), min(first, slot_of(utterance.end_s))) for middle in middles]
    return [(slot, number // CHOICES) for number, slot in enumerate(slots)]


def _chosen(parts: dict[tuple[str, int], _Part], measured: dict[int, list[FaceMeasures]]) -> tuple[Keyframe, ...]:
    """Make keyframes of what was kept, with units against all that was seen of their tracks."""
    units: dict[int, FaceUnits] = {}
    for measures in measured.values():
        # By identity: two sightings may have equal measures.
        units |= {id(one): found for one, found in zip(measures, track_units(measures), strict=True)}
    found = []
    for (utterance, number), part in parts.items():
        kept: dict[int, tuple[_Choice, list[int | None]]] = {}
        for key, (_, choice) in part.best.items():
            kept.setdefault(id(choice), (choice, []))[1].append(key)
        for choice, keys in kept.values():
            faces = tuple(
                SeenFace(track, face, units[id(measures)], still)
                for (track, face, measures), still in zip(choice.faces, choice.stills, strict=True)
            )
            tracks = tuple(key for key in keys if key is not None)
            found.append(Keyframe(utterance, choice.time_s, faces, choice.background, number, None in keys, tracks))
    return tuple(sorted(found, key=lambda one: (one.time_s, one.utterance)))


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
