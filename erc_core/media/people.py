"""The people of a clip: the keyframes of their faces, and whose face says which utterance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erc_core.media.faces import FaceFinder
from erc_core.media.keyframes import PER_UTTERANCE, Keyframes, find_keyframes
from erc_core.media.loudness import loudness
from erc_core.media.streams import open_streams
from erc_core.media.who_speaks import FaceLink, link_faces
from erc_core.settings import Settings
from erc_core.types import Dialogue, Progress, silent


@dataclass(frozen=True, slots=True)
class People:
    """Keyframes of a dialogue's clip, and one link for each of its utterances, in their order."""

    found: Keyframes
    links: tuple[FaceLink, ...]


def see_people(
    clip: Path,
    dialogue: Dialogue,
    settings: Settings,
    finder: FaceFinder,
    per_utterance: int = PER_UTTERANCE,
    progress: Progress = silent,
) -> People:
    """Find the faces of a clip and who of them speaks.

    Args:
        clip: the dialogue's file
        dialogue: what is said in it; faces that are linked already stay
        settings: gives the limits
        finder: finds faces
        per_utterance: how many keyframes an utterance gets
        progress: is told how far the work is

    Raises:
        InputError: the clip has no picture or cannot be decoded, or ``per_utterance`` is less than 1
        CancelledError: ``progress`` asks to stop
    """
    found = find_keyframes(clip, dialogue.utterances, settings, finder, per_utterance, progress)
    levels = None
    if dialogue.utterances and open_streams(clip, settings, "sound").audio is not None:
        levels = loudness(clip, settings, max(utterance.end_s for utterance in dialogue.utterances))
    return People(found, link_faces(dialogue.utterances, found, levels))
