"""Predictions of any other model as a table (.csv): ``utterance`` and ``label``, or ``utterance`` and a column a label.

A column a label holds probabilities from 0 to 1. ``utterance`` is the id that our tables show (``u1``), or the number
of the utterance from 1. A row that is left out is an utterance without an answer.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erc_core.errors import InputError
from erc_core.types import Dialogue, FloatArray, LabelSet, frozen_array

STEP = "other predictions"
MAX_BYTES = 2_000_000
MAX_CELL = 200
NAME, LABEL = "utterance", "label"
SUM_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class OtherPredictions:
    """What another model says of a dialogue.

    Attributes:
        labels: a label an utterance in the dialogue's order; None where it says nothing
        probabilities: ``(T, C)`` in the order of the label set, rows of NaN where it says nothing; None where the
            table has labels only
    """

    labels: tuple[str | None, ...]
    probabilities: FloatArray | None


def read_predictions(content: bytes, dialogue: Dialogue, labels: LabelSet) -> OtherPredictions:
    """Read a table of predictions for a dialogue.

    Args:
        content: the file
        dialogue: what the table is about
        labels: those that may occur, and their order

    Raises:
        InputError: the table cannot be read, is about other utterances, or holds what is no label or probability
    """
    rows = _rows(_text(content))
    if not rows:
        raise _refused("The table is empty", "nothing", labels)
    header = [cell.strip().lower() for cell in rows[0]]
    _check_header(header, labels)
    known = {label.lower(): index for index, label in enumerate(labels)}
    places = {known[name]: place for place, name in enumerate(header) if name in known}
    T = len(dialogue.utterances)
    found: list[str | None] = [None] * T
    shares = np.full((T, len(labels)), np.nan)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise _refused(f"Line {number} has another number of cells than the first", f"{len(row)} cells", labels)
        position = _position(row[header.index(NAME)].strip(), dialogue, number)
        if found[position] is not None:
            raise _refused(f"Line {number} is about an utterance that came before", row[header.index(NAME)], labels)
        if places:
            shares[position] = _shares(row, places, number, labels)
            found[position] = labels.labels[int(np.argmax(shares[position]))]
        if LABEL in header:
            found[position] = _label(row[header.index(LABEL)], known, labels, number)
    if not any(found):
        raise _refused("The table has no predictions", "a first line only", labels)
    return OtherPredictions(tuple(found), frozen_array(shares) if places else None)


def format_text(labels: LabelSet) -> str:
    """Return what a table must look like, in Markdown."""
    return (
        f"A CSV file in UTF-8 with a first line of names: `{NAME}` and either `{LABEL}`, or one column for each of "
        f"{', '.join(f'`{label}`' for label in labels)} with probabilities that sum to one in each row. `{NAME}` is "
        "the id shown here (`u1`) or the number from 1. Rows may be left out."
    )


def _refused(problem: str, got: object, labels: LabelSet) -> InputError:
    return InputError(
        f"{problem} (step: {STEP})",
        got=str(got)[:MAX_CELL],
        allowed=f"columns {NAME} and {LABEL}, or {NAME}, {', '.join(labels)}",
        do="correct the table and load it again",
    )


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise InputError(
            f"The table is too large (step: {STEP})",
            got=f"{len(content):,} bytes",
            allowed=f"up to {MAX_BYTES:,} bytes",
            do="leave the other columns out",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The table is no text in UTF-8 (step: {STEP})", got=error.reason, allowed="UTF-8", do="save it as UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(f"The table holds NUL characters (step: {STEP})", got="a binary file", allowed="text in UTF-8")
    return text


def _rows(text: str) -> list[list[str]]:
    delimiter = max((",", ";", "\t"), key=text.partition("\n")[0].count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(
            f"The table cannot be read (step: {STEP})",
            got=error,
            allowed="cells with commas or quotes stand in double quotes",
            do="correct the table and load it again",
        ) from error


def _check_header(header: Sequence[str], labels: LabelSet) -> None:
    columns = [name for name in header if name in {label.lower() for label in labels}]
    if NAME not in header or not (LABEL in header or columns):
        raise _refused("The first line does not name the columns", ", ".join(header), labels)
    for name in (NAME, LABEL, *columns):
        if header.count(name) > 1:
            raise _refused("A column occurs twice", name, labels)
    if columns and len(columns) < len(labels):
        missing = [label for label in labels if label.lower() not in columns]
        raise _refused("Labels have no column", ", ".join(missing), labels)


def _position(name: str, dialogue: Dialogue, number: int) -> int:
    for position, utterance in enumerate(dialogue.utterances):
        if utterance.id == name:
            return position
    if name.isascii() and name.isdigit() and len(name) < 7 and 1 <= int(name) <= len(dialogue.utterances):
        return int(name) - 1
    ids = ", ".join(utterance.id for utterance in dialogue.utterances[:20])
    raise InputError(
        f"Line {number} is about an utterance that the dialogue does not have (step: {STEP})",
        got=name[:MAX_CELL],
        allowed=ids + (" ..." if len(dialogue.utterances) > 20 else ""),
        do="load the table of this dialogue",
    )


def _label(cell: str, known: dict[str, int], labels: LabelSet, number: int) -> str:
    index = known.get(cell.strip().lower())
    if index is None:
        raise InputError(
            f"Line {number} holds what is no label of {labels.name} (step: {STEP})",
            got=cell.strip()[:MAX_CELL] or "an empty cell",
            allowed=", ".join(labels),
            do="rename the label, or leave the row out",
        )
    return labels.labels[index]


def _shares(row: Sequence[str], places: dict[int, int], number: int, labels: LabelSet) -> list[float]:
    values = []
    for index in range(len(labels)):
        cell = row[places[index]].strip()
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise InputError(
                f"Line {number} holds what is no probability of {labels.labels[index]} (step: {STEP})",
                got=cell[:MAX_CELL] or "an empty cell",
                allowed="numbers from 0 to 1",
                do="correct the table and load it again",
            )
        values.append(value)
    total = sum(values)
    if abs(total - 1) > SUM_TOLERANCE:
        raise InputError(
            f"The probabilities of line {number} do not sum to one (step: {STEP})",
            got=f"{total:.4f}",
            allowed=f"1, give or take {SUM_TOLERANCE}",
            do="give probabilities, not logits or counts",
        )
    return [value / total for value in values]
