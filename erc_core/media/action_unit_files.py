"""Action units from another program: the CSV files of OpenFace and of py-feat, taken instead of our own estimate."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from erc_core.errors import InputError
from erc_core.media.action_units import MAX_INTENSITY

STEP = "action units"
MAX_ROWS = 1_000_000
_OPENFACE = re.compile(r"AU(\d{1,2})_r")
_PYFEAT = re.compile(r"AU(\d{1,2})")
# OpenFace counts a face as found from this confidence on.
MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class UnitRow:
    """The units of one face at a time, as a file gives them: numbers and intensities from 0 to 5, in one order."""

    time_s: float
    face: int
    numbers: tuple[int, ...]
    intensities: tuple[float, ...]

    def intensity(self, number: int) -> float | None:
        """Return the intensity of a unit, or None where the file has none."""
        return dict(zip(self.numbers, self.intensities, strict=True)).get(number)


def read_unit_file(content: str, fps: float = 0.0) -> tuple[UnitRow, ...]:
    """Read a CSV file of OpenFace (``AU01_r`` from 0 to 5) or py-feat (``AU01`` from 0 to 1).

    Faces that OpenFace did not find, and units without a number, are left out.

    Args:
        content: the file
        fps: pictures a second, for files of py-feat, which count pictures instead of seconds

    Returns:
        rows in the order of the file

    Raises:
        InputError: the file is neither, or a row cannot be read; the message names the line
    """
    reader = csv.reader(io.StringIO(content.lstrip("\ufeff"), newline=""))
    header = [name.strip() for name in next(reader, [])]
    openface = {place: int(m.group(1)) for place, name in enumerate(header) if (m := _OPENFACE.fullmatch(name))}
    pyfeat = {place: int(m.group(1)) for place, name in enumerate(header) if (m := _PYFEAT.fullmatch(name))}
    units, largest = (openface, 5.0) if openface else (pyfeat, 1.0)
    clock = next((name for name in ("timestamp", "time_s", "frame") if name in header), None)
    if not units or clock is None:
        raise InputError(
            f"The file is none of OpenFace or py-feat (step: {STEP})",
            got=", ".join(header[:8]) or "an empty file",
            allowed="columns AU01_r ... and timestamp (OpenFace), or AU01 ... and frame (py-feat)",
            do="export the action units as CSV again",
        )
    if clock == "frame" and fps <= 0:
        raise InputError(
            f"The file counts pictures, so the clip's pictures a second are needed (step: {STEP})",
            got="0 pictures a second",
            do="give the clip that the file belongs to",
        )
    rows: list[UnitRow] = []
    for row in reader:
        if len(rows) >= MAX_ROWS:
            raise InputError(f"The file has too many rows (step: {STEP})", got="more", allowed=f"{MAX_ROWS:,}")
        cells = dict(zip(header, row, strict=False))
        if row and _is_found(cells, reader.line_num):
            rows.append(_row(row, cells, units, MAX_INTENSITY / largest, clock, fps, reader.line_num))
    return tuple(rows)


def _is_found(cells: dict[str, str], line: int) -> bool:
    confidence = _number(cells.get("confidence", "1"), line)
    return confidence is None or (confidence >= MIN_CONFIDENCE and cells.get("success", "1").strip() != "0")


def _row(
    row: Sequence[str],
    cells: dict[str, str],
    units: dict[int, int],
    factor: float,
    clock: str,
    fps: float,
    line: int,
) -> UnitRow:
    time = _number(cells.get(clock, ""), line)
    if time is None or time < 0:
        raise _damaged(line, f"the time {cells.get(clock, '')!r}")
    found: dict[int, float] = {}
    for place, number in units.items():
        value = _number(row[place] if place < len(row) else "", line)
        if value is not None:
            found[number] = min(MAX_INTENSITY, max(0.0, value * factor))
    face = _number(cells.get("face_id", cells.get("FaceID", "0")), line)
    time_s = time / fps if clock == "frame" else time
    return UnitRow(time_s, int(face or 0), tuple(found), tuple(found.values()))


def _number(text: str, line: int) -> float | None:
    """Return a cell's number, or None where the cell says that there is none."""
    if text.strip().lower() in ("", "nan", "none"):
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise _damaged(line, repr(text[:40])) from error
    if not math.isfinite(value):
        raise _damaged(line, repr(text[:40]))
    return value


def _damaged(line: int, got: str) -> InputError:
    return InputError(
        f"Line {line} of the action units cannot be read (step: {STEP})",
        got=got,
        allowed="numbers",
        do=f"correct line {line}, or export the action units again",
    )
