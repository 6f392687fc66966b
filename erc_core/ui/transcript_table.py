"""Words and speakers as an editable table, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from erc_core.errors import InputError
from erc_core.types import Dialogue, Utterance

ABOUT_CLIP = "The clip has no "


def table_of(dialogue: Dialogue) -> list[dict[str, Any]]:
    """Return a row an utterance: start and end in seconds, speaker, text."""
    return [
        {"start_s": u.start_s, "end_s": u.end_s, "speaker": u.speaker, "text": u.text or ""}
        for u in dialogue.utterances
    ]


def _number(value: object, row: int, column: str) -> float:
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise InputError(
        f"Row {row} of the table has no {column}",
        got="nothing" if value is None else value,
        allowed="seconds from the start of the clip",
        do="fill it in",
    )


def _utterance(row: Mapping[str, Any], number: int) -> Utterance:
    start_s, end_s = _number(row.get("start_s"), number, "start"), _number(row.get("end_s"), number, "end")
    if not 0 <= start_s < end_s:
        raise InputError(
            f"Row {number} of the table has no usable times",
            got=f"start {start_s:g} s, end {end_s:g} s",
            allowed="0 <= start < end",
            do="correct the times",
        )
    speaker = str(row.get("speaker") or "").strip() or "Speaker 1"
    return Utterance("", speaker, str(row.get("text") or "").strip() or None, start_s, end_s)


def with_table(dialogue: Dialogue, rows: Iterable[Mapping[str, Any]]) -> Dialogue:
    """Return the dialogue with the table's utterances, in order of their start; unchanged ones keep words and labels.

    Raises:
        InputError: a row has no usable times, or the table is empty
    """
    known = {(u.start_s, u.end_s, u.speaker, u.text): u for u in dialogue.utterances}
    found = sorted((_utterance(row, i) for i, row in enumerate(rows, start=1)), key=lambda u: (u.start_s, u.end_s))
    if not found:
        raise InputError("The table has no rows", do="add at least one utterance with its times")
    utterances = tuple(
        replace(known.get((u.start_s, u.end_s, u.speaker, u.text), u), id=f"u{i}") for i, u in enumerate(found, start=1)
    )
    # How utterances and words were found holds no longer; what the clip lacks still does.
    notes = tuple(note for note in dialogue.notes if note.startswith(ABOUT_CLIP))
    return replace(dialogue.with_utterances(utterances), notes=notes)
