"""What opening an example finds, kept beside its clip, so that no decoder looks at eleven clips before the first page.

It is passed over where the clip, its words, its title or the program's version is another one.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from erc_core import __version__
from erc_core.errors import InputError, StoreError
from erc_core.settings import Settings
from erc_core.store.codec import decode, encode
from erc_core.types import Dialogue, frozen_array

NAME = "opening.bin"
STILL_WIDTH = 320  # of a picture that stands for a clip
_READ = ("about.json", "transcript.csv")


@dataclass(frozen=True, slots=True)
class Opening:
    """An example as it was opened.

    Attributes:
        of: identity of the files that were opened, and of the program
        dialogue: what was found
        still: a picture of the clip as JPEG, uint8 ``(bytes,)``; empty where it has none
    """

    of: str
    dialogue: Dialogue
    still: NDArray[np.uint8]


def read_opening(clip: Path) -> Opening | None:
    """Return what opening an example found before; None where that was of other files, or is not there."""
    path = clip.parent / NAME
    try:
        found = decode(Opening, path.read_bytes())
    except (FileNotFoundError, StoreError):
        return None
    return found if found.of == _identity(clip) else None


def write_opening(clip: Path, dialogue: Dialogue) -> Path:
    """Write what opening an example finds beside its clip.

    Raises:
        InputError: the clip cannot be decoded
    """
    still = still_of(clip, middle_s(dialogue), Settings()) or b""
    path = clip.parent / NAME
    path.write_bytes(
        encode(Opening(_identity(clip), dialogue, frozen_array(np.frombuffer(still, dtype=np.uint8), np.uint8)))
    )
    return path


def still_of(clip: Path, at_s: float, settings: Settings) -> bytes | None:
    """Return the picture that a clip shows at a time, as JPEG; None where it has no picture."""
    from erc_core.media.pictures import frames

    try:
        found = next(iter(frames(clip, [at_s], settings, STILL_WIDTH)), None)
    except InputError:
        return None
    if found is None:
        return None
    content = io.BytesIO()
    Image.fromarray(found.rgb).save(content, "JPEG", quality=85)
    return content.getvalue()


def middle_s(dialogue: Dialogue) -> float:
    """Return a time in the middle of the clip at which somebody speaks, if anybody does."""
    if not dialogue.utterances:
        return dialogue.media.duration_s / 2 if dialogue.media else 0.0
    middle = dialogue.utterances[len(dialogue.utterances) // 2]
    return (middle.start_s + middle.end_s) / 2


def _identity(clip: Path) -> str:
    digest = hashlib.sha256(__version__.encode())
    for path in (clip, *(clip.parent / name for name in _READ)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
