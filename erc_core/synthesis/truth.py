"""What is known about a re-enacted clip, because it was made: times, words, faces, action units, emotions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from erc_core.errors import InputError
from erc_core.synthesis.arrays import Floats
from erc_core.synthesis.script import Channel, Emotion
from erc_core.synthesis.voice import TimedText

FORMAT = 1


@dataclass(frozen=True, slots=True)
class UtteranceTruth:
    """One utterance; times in seconds from the start of the clip.

    Args:
        number: position in the dialogue, from 0
        speaker: who says it
        text: the words
        start_s: when its sound starts
        end_s: when its sound ends
        emotion: its label
        intensity: 0 to 1
        text_emotion: emotion of the words
        acoustic_emotion: emotion of the voice
        face_emotion: emotion of the face
        informative: the channels that carry the label
        key_words: the words that carry the text's emotion
        words: every word with its time
        seen: share of its frames in which the speaker is in the picture
    """

    number: int
    speaker: str
    text: str
    start_s: float
    end_s: float
    emotion: Emotion
    intensity: float
    text_emotion: Emotion
    acoustic_emotion: Emotion
    face_emotion: Emotion
    informative: tuple[Channel, ...]
    key_words: tuple[str, ...]
    words: tuple[TimedText, ...]
    seen: float


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face through one shot, F frames.

    Args:
        speaker: whose face it is
        first_frame: the clip's frame at which it appears
        boxes: left, top, width, height of the face from brows to chin in pixels, ``(F, 4)``
        landmarks: column and row of each of the truth's landmarks in pixels, ``(F, L, 2)``
        units: intensity of each of the truth's action units in [0, 1], ``(F, A)``
        turn: yaw (to the viewer's right), pitch (up) and roll of the head in degrees, ``(F, 3)``
    """

    speaker: str
    first_frame: int
    boxes: Floats
    landmarks: Floats
    units: Floats
    turn: Floats


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is known about one clip."""

    name: str
    title: str
    script_sha256: str
    fps: int
    frames: int
    width: int
    height: int
    audio: bool
    picture: bool
    speakers: tuple[str, ...]
    unit_names: tuple[str, ...]
    landmark_names: tuple[str, ...]
    utterances: tuple[UtteranceTruth, ...]
    faces: tuple[FaceTrack, ...]

    @property
    def seconds(self) -> float:
        """Return the clip's length."""
        return self.frames / self.fps

    def faces_at(self, frame: int) -> tuple[tuple[FaceTrack, int], ...]:
        """Return the faces of a frame, each as its track and the row of the frame in it."""
        found = ((track, frame - track.first_frame) for track in self.faces)
        return tuple((track, row) for track, row in found if 0 <= row < len(track.boxes))


def write_truth(truth: Truth, path: Path) -> None:
    """Write the truth as JSON: pixels to a tenth, intensities and degrees as whole hundredths and tenths."""
    entries = {
        "format": FORMAT,
        **{name: getattr(truth, name) for name in Truth.__slots__ if name not in ("utterances", "faces")},
        "utterances": [_utterance_entry(utterance) for utterance in truth.utterances],
        "faces": [
            {
                "speaker": face.speaker,
                "first_frame": face.first_frame,
                "boxes_tenths": _whole(face.boxes, 10),
                "landmarks_tenths": _whole(face.landmarks.reshape(len(face.landmarks), -1), 10),
                "units_hundredths": _whole(face.units, 100),
                "turn_tenths": _whole(face.turn, 10),
            }
            for face in truth.faces
        ],
    }
    path.write_text(json.dumps(entries, separators=(",", ":")) + "\n", encoding="utf-8")


def read_truth(path: Path) -> Truth:
    """Read what ``write_truth`` wrote.

    Raises:
        InputError: the file cannot be read or has another format
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("The truth of a clip cannot be read", got=path, do="build the clip again") from error
    if entries.get("format") != FORMAT:
        raise InputError("The truth has another format", got=entries.get("format"), allowed=FORMAT)
    landmarks = len(entries["landmark_names"])
    plain = {name: entries[name] for name in Truth.__slots__ if name not in ("utterances", "faces")}
    for name in ("speakers", "unit_names", "landmark_names"):
        plain[name] = tuple(plain[name])
    faces = tuple(_face(entry, landmarks) for entry in entries["faces"])
    return Truth(**plain, utterances=tuple(_utterance(entry) for entry in entries["utterances"]), faces=faces)


def _utterance_entry(utterance: UtteranceTruth) -> dict[str, Any]:
    entry: dict[str, Any] = {name: getattr(utterance, name) for name in UtteranceTruth.__slots__}
    entry["words"] = [[word.text, round(word.start_s, 3), round(word.end_s, 3)] for word in utterance.words]
    for name in ("start_s", "end_s", "seen"):
        entry[name] = round(entry[name], 3)
    return entry


def _utterance(entry: dict[str, Any]) -> UtteranceTruth:
    words = tuple(TimedText(text, start, end) for text, start, end in entry["words"])
    informative = cast("tuple[Channel, ...]", tuple(entry["informative"]))
    rest = {k: v for k, v in entry.items() if k not in ("words", "informative", "key_words")}
    return UtteranceTruth(**rest, words=words, informative=informative, key_words=tuple(entry["key_words"]))


def _face(entry: dict[str, Any], landmarks: int) -> FaceTrack:
    def scaled(name: str, factor: float) -> Floats:
        return np.asarray(entry[name], np.float32) / np.float32(factor)

    return FaceTrack(
        speaker=entry["speaker"],
        first_frame=entry["first_frame"],
        boxes=scaled("boxes_tenths", 10),
        landmarks=scaled("landmarks_tenths", 10).reshape(-1, landmarks, 2),
        units=scaled("units_hundredths", 100),
        turn=scaled("turn_tenths", 10),
    )


def _whole(values: Floats, factor: float) -> list[list[int]]:
    rounded: list[list[int]] = np.round(values * factor).astype(int).tolist()
    return rounded
