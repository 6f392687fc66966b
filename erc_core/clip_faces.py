"""The faces of a dialogue's clip, each with the name of its speaker: what the stage draws over the picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erc_core.errors import InputError
from erc_core.jobs.context import JobContext
from erc_core.media.face_log import FaceLog, names_of_tracks
from erc_core.settings import Settings, load_settings
from erc_core.store.keys import result_key
from erc_core.types import Dialogue, Progress, silent

KIND = "clip_faces"


@dataclass(frozen=True, slots=True)
class FaceName:
    """Whose face is on a track; a track that says nothing has no name."""

    track: int
    speaker: str


@dataclass(frozen=True, slots=True)
class ClipFaces:
    """Where the faces of a dialogue's clip are, whose they are, and what has to be said of how they were found."""

    dialogue: str
    log: FaceLog
    names: tuple[FaceName, ...]
    note: str = ""


def clip_faces(dialogue: Dialogue, clip: Path, settings: Settings, progress: Progress = silent) -> ClipFaces:
    """Find all faces of a clip and whose they are.

    Raises:
        InputError: the clip has no picture or cannot be decoded
        CancelledError: ``progress`` asks to stop
    """
    from erc_core.media.people import see_people

    seen = see_people(clip, dialogue, settings, settings.keyframes, progress)
    speakers = [utterance.speaker for utterance in dialogue.utterances]
    names = names_of_tracks([link.track for link in seen.links], speakers)
    return ClipFaces(
        dialogue.id, seen.found.faces, tuple(FaceName(track, name) for track, name in names.items()), seen.found.note
    )


def faces_key(dialogue: str) -> str:
    """Return under which key the faces of a dialogue's clip are kept."""
    return result_key(dialogue=dialogue, method=KIND, code=load_settings().program)


def faces_job(context: JobContext, dialogue: str) -> str:
    """Find and keep the faces of a stored dialogue's clip; returns their key.

    Raises:
        InputError: the dialogue has no clip with a picture
    """
    opened = context.store.dialogue(dialogue, context.owner)
    if opened.media is None or not opened.media.has_video:
        raise InputError("There are no faces to look for: the dialogue has no picture", got=opened.title)
    key = faces_key(dialogue)
    if context.store.result(KIND, key, ClipFaces) is None:
        clip = context.store.media_path(opened.media.sha256)
        context.store.put_result(KIND, key, clip_faces(opened, clip, context.settings, context.progress), dialogue)
    return key
