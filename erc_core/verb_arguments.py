"""What several verbs of the command line read and print alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from erc_core.errors import InputError

ROOT_HELP = "corpus folder as NAME=DIR, such as meld=DIR; may be given several times"


def roots_of(pairs: Sequence[str]) -> dict[str, Path]:
    """Read corpus folders given as ``NAME=DIR``.

    Raises:
        InputError: one is not written so, or is no folder
    """
    roots = {}
    for pair in pairs:
        name, sign, folder = pair.partition("=")
        if not sign or not Path(folder).is_dir():
            raise InputError("A corpus folder cannot be used", got=pair, allowed="NAME=DIR with a folder that is there")
        roots[name] = Path(folder)
    return roots


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=str))
