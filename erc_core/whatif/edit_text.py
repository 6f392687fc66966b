"""The edits of a what-if as text that fits into an address.

Text form: ``KIND:UTTERANCE[:VALUE ...]``, joined by ``;``, each part percent-encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from urllib.parse import quote, unquote

from erc_core.errors import InputError
from erc_core.whatif.edits import (
    BlankFace,
    DropUtterance,
    Edit,
    MuteSound,
    NeutralFace,
    NoiseSound,
    SpeakerEdit,
    WordsEdit,
    with_edit,
)

MAX_EDITS = 100
ALLOWED = (
    "words:U:TEXT, speaker:U:NAME, drop:U, mute:U, mute:U:START:END, noise:U:DB, noise:U:DB:START:END, noface:U, calm:U"
)


def edits_text(edits: Sequence[Edit]) -> str:
    """Return edits as text; :func:`parse_edits` reads it back."""
    return ";".join(_text(edit) for edit in edits)


def _text(edit: Edit) -> str:
    parts = [part if isinstance(part, str) else f"{part:.10g}" for part in astuple(edit) if part is not None]
    return ":".join(quote(part, safe="") for part in (edit.kind, *parts))


def parse_edits(text: str) -> tuple[Edit, ...]:
    """Read edits from their text; of two of one aspect the later counts.

    Raises:
        InputError: a part of the text is no edit, or there are too many
    """
    parts = [part for part in text.split(";") if part]
    if len(parts) > MAX_EDITS:
        raise InputError("There are too many edits", got=len(parts), allowed=f"up to {MAX_EDITS}")
    edits: tuple[Edit, ...] = ()
    for part in parts:
        edits = with_edit(edits, _parsed(part))
    return edits


def _parsed(text: str) -> Edit:
    kind, *values = (unquote(part) for part in text.split(":"))
    match kind, values:
        case "words", [utterance, words]:
            return WordsEdit(utterance, words)
        case "speaker", [utterance, speaker]:
            return SpeakerEdit(utterance, speaker)
        case "drop", [utterance]:
            return DropUtterance(utterance)
        case "mute", [utterance]:
            return MuteSound(utterance)
        case "mute", [utterance, start_s, end_s]:
            return MuteSound(utterance, _number(start_s), _number(end_s))
        case "noise", [utterance, snr_db]:
            return NoiseSound(utterance, _number(snr_db))
        case "noise", [utterance, snr_db, start_s, end_s]:
            return NoiseSound(utterance, _number(snr_db), _number(start_s), _number(end_s))
        case "noface", [utterance]:
            return BlankFace(utterance)
        case "calm", [utterance]:
            return NeutralFace(utterance)
    raise InputError("This is no edit", got=text[:120], allowed=ALLOWED, do="correct it")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(
            "An edit holds what is no number", got=text[:40], allowed="seconds or decibels", do="correct it"
        ) from error
