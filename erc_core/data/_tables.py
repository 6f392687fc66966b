"""Comma-separated corpus tables: repaired text, checked columns and cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from erc_core.data.text_repair import read_text
from erc_core.errors import InputError
from erc_core.types import LabelSet

Row = dict[str, str]


def read_table(path: Path, columns: Sequence[str]) -> tuple[Row, ...]:
    """Read a table that has at least ``columns``, with the text repaired.

    Raises:
        InputError: a column is absent, a row is cut short, or there is no row
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), skipinitialspace=True)
    present = reader.fieldnames or ()
    if absent := [column for column in columns if column not in present]:
        raise InputError(
            f"{path.name} lacks the columns {', '.join(absent)}",
            got=", ".join(present) or "an empty file",
            allowed=", ".join(columns),
        )
    rows = tuple(reader)
    for row in rows:
        if any(row[column] is None for column in columns):
            raise InputError(f"A row of {path.name} is cut short", got=row[columns[0]], allowed=", ".join(columns))
    if not rows:
        raise InputError(f"{path.name} holds no row", do="fetch the file again")
    return rows


def whole_number(row: Row, column: str, file: str) -> int:
    """Return a cell as a whole number.

    Raises:
        InputError: it is none
    """
    try:
        return int(row[column])
    except ValueError as error:
        raise InputError(f"A cell of {file} is no whole number", got=f"{column} = {row[column]!r}") from error


def emotion(row: Row, labels: LabelSet, file: str, corpus: str) -> str:
    """Return the label in a row's column *Emotion*.

    Args:
        row: of one utterance
        labels: the corpus's
        file: name of the table, for messages
        corpus: title of the corpus, for messages

    Raises:
        InputError: the corpus knows no such emotion
    """
    label = row["Emotion"].strip().lower()
    if label not in labels.labels:
        raise InputError(f"{file} has an emotion that {corpus} does not know", got=label, allowed=", ".join(labels))
    return label
