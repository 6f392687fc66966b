"""Action units that another program has measured, taken instead of our own estimate.

``ERC_ACTION_UNITS`` names a folder with a CSV file of OpenFace or py-feat for each clip, called after the clip's name
or its sha256. A clip without a file keeps our estimate. Where the file tells several faces at one time, nothing in it
says which of them is whose, so that time counts as not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import MissingResourceError
from erc_core.media.action_unit_files import UnitRow, read_unit_file
from erc_core.media.action_unit_table import NUMBERS
from erc_core.settings import Settings
from erc_core.types import Dialogue

NEAR_S = 0.25  # a row that is further from a picture is not of it
NOTE = "Action units: from the file {name}, not estimated here."


@dataclass(frozen=True, slots=True)
class OwnUnits:
    """The rows of one file.

    Attributes:
        name: of the file
        times_s: of each row, ascending, ``(R,)``
        values: intensities in the order of the table, NaN where the file has none, ``(R, A)``
        alone: whether the row's time has one face, ``(R,)``
    """

    name: str
    times_s: NDArray[np.float64]
    values: NDArray[np.float64]
    alone: NDArray[np.bool_]

    def at(self, time_s: float) -> NDArray[np.float64]:
        """Return the intensities ``(A,)`` of the row nearest to a time; NaN where none is near or faces are several."""
        if len(self.times_s):
            nearest = int(np.abs(self.times_s - time_s).argmin())
            if abs(self.times_s[nearest] - time_s) <= NEAR_S and self.alone[nearest]:
                found: NDArray[np.float64] = self.values[nearest]
                return found
        return np.full(len(NUMBERS), np.nan)

    @property
    def note(self) -> str:
        """What has to be said of a row whose units come from the file."""
        return NOTE.format(name=self.name)


def own_units(dialogue: Dialogue, settings: Settings) -> OwnUnits | None:
    """Return what the settings' folder has for a dialogue's clip, None where it has nothing.

    Raises:
        MissingResourceError: there is no such folder
        InputError: the file cannot be read; the message names the line
    """
    if not settings.action_units or dialogue.media is None:
        return None
    folder = Path(settings.action_units).expanduser()
    if not folder.is_dir():
        raise MissingResourceError(
            "The folder of action units is not there", got=str(folder), do="correct ERC_ACTION_UNITS, or unset it"
        )
    names = {dialogue.media.sha256, Path(dialogue.media.name).stem}
    path = next((path for path in sorted(folder.glob("*.csv")) if path.stem in names), None)
    if path is None:
        return None
    rows = read_unit_file(path.read_text(encoding="utf-8", errors="replace"), dialogue.media.fps)
    return table_of(path.name, rows)


def table_of(name: str, rows: tuple[UnitRow, ...]) -> OwnUnits:
    """Return a file's rows in order of time."""
    ordered = sorted(rows, key=lambda row: row.time_s)
    times = np.array([row.time_s for row in ordered], dtype=np.float64)
    known = [[row.intensity(number) for number in NUMBERS] for row in ordered]
    values = np.array([[np.nan if v is None else v for v in row] for row in known], dtype=np.float64)
    alone = np.array([np.count_nonzero(times == time) == 1 for time in times], dtype=np.bool_)
    return OwnUnits(name, times, values.reshape(len(ordered), len(NUMBERS)), alone)
