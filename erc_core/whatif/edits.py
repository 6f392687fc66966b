"""The edits of a what-if as frozen values, what they do in words, and the dialogue that they leave.

An edit names its utterance; of one aspect of an utterance there is one edit at the most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from erc_core.errors import InputError
from erc_core.types import Dialogue, Span

Aspect = Literal["words", "speaker", "sound", "face", "presence"]
MAX_CHARACTERS = 2000
SNR_LOW_DB, SNR_HIGH_DB = -20.0, 40.0


@dataclass(frozen=True, slots=True)
class WordsEdit:
    """Other words were said; an empty text means that they are not known."""

    kind: ClassVar[str] = "words"
    aspect: ClassVar[Aspect] = "words"
    utterance: str
    text: str

    def __post_init__(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            raise InputError(
                "The words of an edit are too long",
                got=f"{len(self.text):,} characters",
                allowed=f"up to {MAX_CHARACTERS:,}",
                do="shorten them",
            )


@dataclass(frozen=True, slots=True)
class SpeakerEdit:
    """Somebody else said it."""

    kind: ClassVar[str] = "speaker"
    aspect: ClassVar[Aspect] = "speaker"
    utterance: str
    speaker: str

    def __post_init__(self) -> None:
        if not self.speaker.strip():
            raise InputError("An edit needs the name of a speaker", do="name who says it")


@dataclass(frozen=True, slots=True)
class DropUtterance:
    """It was never said."""

    kind: ClassVar[str] = "drop"
    aspect: ClassVar[Aspect] = "presence"
    utterance: str


@dataclass(frozen=True, slots=True)
class MuteSound:
    """Its sound is silent; all of it, or between two times of the clip."""

    kind: ClassVar[str] = "mute"
    aspect: ClassVar[Aspect] = "sound"
    utterance: str
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        _check_span(self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class NoiseSound:
    """White noise lies over its sound, ``snr_db`` under the utterance; over all of it, or between two times."""

    kind: ClassVar[str] = "noise"
    aspect: ClassVar[Aspect] = "sound"
    utterance: str
    snr_db: float
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        if not SNR_LOW_DB <= self.snr_db <= SNR_HIGH_DB:
            raise InputError(
                "The noise of an edit is too strong or too weak",
                got=f"{self.snr_db:g} dB",
                allowed=f"{SNR_LOW_DB:g} to {SNR_HIGH_DB:g} dB",
            )
        _check_span(self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class BlankFace:
    """Its speaker's face is not seen."""

    kind: ClassVar[str] = "noface"
    aspect: ClassVar[Aspect] = "face"
    utterance: str


@dataclass(frozen=True, slots=True)
class NeutralFace:
    """Its speaker makes the calmest face that the clip shows of this speaker."""

    kind: ClassVar[str] = "calm"
    aspect: ClassVar[Aspect] = "face"
    utterance: str


Edit = WordsEdit | SpeakerEdit | DropUtterance | MuteSound | NoiseSound | BlankFace | NeutralFace


def _check_span(start_s: float | None, end_s: float | None) -> None:
    if start_s is None and end_s is None:
        return
    if start_s is None or end_s is None or not (0 <= start_s < end_s < math.inf):
        raise InputError(
            "The stretch of an edit cannot be used", got=f"{start_s} s to {end_s} s", allowed="0 <= start < end"
        )


def edited_span(edit: MuteSound | NoiseSound, whole: Span) -> Span:
    """Return the stretch of the clip that an edit of sound covers, within the utterance's own."""
    if edit.start_s is None or edit.end_s is None:
        return whole
    return Span(max(edit.start_s, whole.start_s), min(edit.end_s, whole.end_s))


def with_edit(edits: Sequence[Edit], edit: Edit) -> tuple[Edit, ...]:
    """Return the edits with a further one; it takes the place of one of the same aspect of its utterance."""
    return (*without_edit(edits, edit.utterance, edit.aspect), edit)


def without_edit(edits: Sequence[Edit], utterance: str, aspect: Aspect) -> tuple[Edit, ...]:
    """Return the edits without that of one aspect of an utterance."""
    return tuple(edit for edit in edits if (edit.utterance, edit.aspect) != (utterance, aspect))


def edit_of(edits: Sequence[Edit], utterance: str, aspect: Aspect) -> Edit | None:
    """Return the edit of one aspect of an utterance, or None where there is none."""
    return next((edit for edit in edits if (edit.utterance, edit.aspect) == (utterance, aspect)), None)


def describe(edit: Edit) -> str:
    """Return what an edit does, in a few words that follow the utterance's name."""
    match edit:
        case WordsEdit(text=text):
            return f"says “{text}”" if text.strip() else "has no words"
        case SpeakerEdit(speaker=speaker):
            return f"is said by {speaker}"
        case DropUtterance():
            return "was never said"
        case MuteSound():
            return f"is silent{_where(edit)}"
        case NoiseSound(snr_db=snr_db):
            return f"has noise at {snr_db:g} dB{_where(edit)}"
        case BlankFace():
            return "shows no face"
        case NeutralFace():
            return "shows the speaker's calmest face"


def _where(edit: MuteSound | NoiseSound) -> str:
    return "" if edit.start_s is None else f" from {edit.start_s:.1f} s to {edit.end_s:.1f} s"


def edited_dialogue(dialogue: Dialogue, edits: Sequence[Edit]) -> Dialogue:
    """Return the dialogue with other words and speakers, and without what was never said; times stay.

    Raises:
        UnknownNameError: an edit names an utterance that the dialogue does not have
        InputError: nothing is left
    """
    found = {utterance.id: utterance for utterance in dialogue.utterances}
    for edit in edits:
        dialogue.position(edit.utterance)
        match edit:
            case DropUtterance(utterance=name):
                found.pop(name, None)
            case WordsEdit(utterance=name, text=text) if name in found:
                found[name] = replace(found[name], text=text.strip() or None, words=())
            case SpeakerEdit(utterance=name, speaker=speaker) if name in found:
                found[name] = replace(found[name], speaker=speaker.strip())
    if dialogue.utterances and not found:
        raise InputError("Every utterance is left out", do="keep at least one")
    return dialogue.with_utterances(tuple(found.values()))
