"""The people of a clip: the keyframes of their faces, and whose face says which utterance."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.media.faces import FaceFinder
from erc_core.media.keyframes import PER_UTTERANCE, Keyframes, find_keyframes
from erc_core.media.loudness import loudness
from erc_core.media.streams import open_streams
from erc_core.media.who_speaks import FaceLink, link_faces
from erc_core.settings import Settings
from erc_core.types import Dialogue, Progress, Utterance, silent

# To open a clip, to analyse it, and to analyse it again with other names need the same look at it.
KEPT = 2


@dataclass(frozen=True, slots=True)
class SeenFaces:
    """Keyframes and lips of a clip, and how loud each look is, ``(N,)``; None for a clip without sound."""

    found: Keyframes
    levels: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class People:
    """Keyframes of a dialogue's clip, and one link for each of its utterances, in their order."""

    found: Keyframes
    links: tuple[FaceLink, ...]


_kept: OrderedDict[Hashable, SeenFaces] = OrderedDict()
_lock = threading.Lock()


def see_people(
    clip: Path,
    dialogue: Dialogue,
    settings: Settings,
    per_utterance: int = PER_UTTERANCE,
    progress: Progress = silent,
) -> People:
    """Find the faces of a clip and who of them speaks.

    Args:
        clip: the dialogue's file
        dialogue: what is said in it; faces that are linked by hand stay
        settings: gives the limits
        per_utterance: how many keyframes an utterance gets
        progress: is told how far the work is

    Raises:
        InputError: the clip has no picture or cannot be decoded, or ``per_utterance`` is less than 1
        CancelledError: ``progress`` asks to stop
    """
    seen = see_faces(clip, dialogue.utterances, settings, per_utterance, progress)
    return People(seen.found, link_faces(dialogue.utterances, seen.found, seen.levels))


def see_faces(
    clip: Path,
    utterances: Sequence[Utterance],
    settings: Settings,
    per_utterance: int = PER_UTTERANCE,
    progress: Progress = silent,
) -> SeenFaces:
    """Look at a clip, or return what the last look at it with utterances at the same times has found.

    Raises:
        InputError: the clip has no picture or cannot be decoded, or ``per_utterance`` is less than 1
        CancelledError: ``progress`` asks to stop
    """
    status = clip.stat()
    times = tuple((utterance.id, utterance.start_s, utterance.end_s) for utterance in utterances)
    key = (clip.resolve(), status.st_mtime_ns, status.st_size, times, settings, per_utterance)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = find_keyframes(clip, utterances, settings, _finder(settings), per_utterance, progress)
    levels = None
    if utterances and open_streams(clip, settings, "sound").audio is not None:
        levels = loudness(clip, settings, max(utterance.end_s for utterance in utterances))
    seen = SeenFaces(found, levels)
    with _lock:
        _kept[key] = seen
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return seen


@lru_cache(maxsize=1)
def _finder(settings: Settings) -> FaceFinder:
    return FaceFinder(settings)
