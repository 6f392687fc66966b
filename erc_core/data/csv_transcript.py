"""Transcripts as tables (.csv): ``start_s,end_s,speaker,text`` and, if wanted, ``emotion``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from erc_core.data.cues import STEP, Cue, check_order, read_clock
from erc_core.errors import InputError
from erc_core.types import Utterance

COLUMNS = ("start_s", "end_s", "speaker", "text")
LABEL_COLUMN = "emotion"
# Other spellings that are common for our columns, in lower case and without blanks.
_ALIASES = {
    **dict.fromkeys(("start_s", "start", "begin", "starttime", "start_time", "begintime", "from"), "start_s"),
    **dict.fromkeys(("end_s", "end", "stop", "endtime", "end_time", "to"), "end_s"),
    **dict.fromkeys(("speaker", "name", "who"), "speaker"),
    **dict.fromkeys(("text", "utterance", "words", "transcript", "sentence"), "text"),
    **dict.fromkeys(("emotion", "label"), LABEL_COLUMN),
}
_DELIMITERS = (",", ";", "\t", "|")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def find_columns(text: str) -> tuple[str, dict[str, int]] | None:
    """Return the delimiter and the places of our columns where the first line names them, else None."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    for delimiter in _DELIMITERS:
        cells = [cell.strip().strip('"').lower().replace(" ", "") for cell in first.split(delimiter)]
        places = {_ALIASES[cell]: place for place, cell in reversed(list(enumerate(cells))) if cell in _ALIASES}
        if "start_s" in places and len(cells) > 1:
            return delimiter, places
    return None


def parse_csv(text: str) -> list[Cue]:
    """Read the rows of a table; times are seconds or clock times.

    Raises:
        InputError: a column is missing, or a row cannot be used; the message names it
    """
    delimiter, columns = find_columns(text) or (",", {})
    missing = [name for name in ("start_s", "end_s", "text") if name not in columns]
    if missing:
        raise InputError(
            f"The table has no column {' and no column '.join(missing)} (step: {STEP})",
            got=next((line.strip()[:120] for line in text.split("\n") if line.strip()), "nothing"),
            allowed=f"{','.join(COLUMNS)} and, if wanted, {LABEL_COLUMN}",
            do="name the columns in the first line",
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    cues: list[Cue] = []
    before = 0
    width = 0
    try:
        for row in reader:
            place, before = f"line {before + 1}", reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not width:
                width = len(row)
                continue
            _check_width(row, width, columns, place)
            cues.append(_cue(row, columns, place))
    except csv.Error as error:
        raise InputError(
            f"The table cannot be read in line {before + 1} (step: {STEP})",
            got=str(error),
            allowed="cells with commas, quotes or breaks of lines stand in double quotes",
            do=f"correct line {before + 1} and read the transcript again",
        ) from error
    return cues


def _check_width(row: Sequence[str], width: int, columns: dict[str, int], place: str) -> None:
    least = max(columns["start_s"], columns["end_s"]) + 1
    if least <= len(row) <= width:
        return
    raise InputError(
        f"A row has too {'few' if len(row) < least else 'many'} cells in {place} (step: {STEP})",
        got=f"{len(row)} cells",
        allowed=f"{least} to {width}",
        do=f"put words with commas into double quotes in {place}, and read the transcript again",
    )


def _cue(row: Sequence[str], columns: dict[str, int], place: str) -> Cue:
    def cell(name: str) -> str:
        return row[columns[name]] if name in columns and columns[name] < len(row) else ""

    start_s, end_s = read_clock(cell("start_s"), place), read_clock(cell("end_s"), place)
    check_order(start_s, end_s, place)
    speaker, label = unguarded(cell("speaker")), unguarded(cell(LABEL_COLUMN)).strip()
    return Cue(place, start_s, end_s, speaker, unguarded(cell("text")), label)


def guarded(cell: str) -> str:
    """Return a cell so that no spreadsheet takes it for a formula: with an apostrophe before it where needed."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before `guarded`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def write_csv(utterances: Sequence[Utterance]) -> str:
    """Return utterances as a table that reads back equal and is safe to open in a spreadsheet."""
    labelled = any(u.label for u in utterances)
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*COLUMNS, LABEL_COLUMN] if labelled else COLUMNS)
    for u in utterances:
        row = [repr(float(u.start_s)), repr(float(u.end_s)), guarded(u.speaker), guarded(u.text or "")]
        writer.writerow([*row, guarded(u.label or "")] if labelled else row)
    return target.getvalue()
