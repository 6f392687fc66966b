"""What several verbs of the command line read, print and tell alike."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from erc_core.errors import InputError

ROOT_HELP = "corpus folder as NAME=DIR, such as meld=DIR; may be given several times"
EVERY_S = 0.2  # between two changes of the line of a terminal
LOG_EVERY_S = 10.0  # between two lines where standard error is a file

_WIPE = "\r\x1b[K"


def output_arguments() -> argparse.ArgumentParser:
    """Return the arguments of every verb, as a parent of its parser."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON")
    common.add_argument("--quiet", action="store_true", help="say nothing on the way, nor that a file was made")
    return common


def add_verb(verbs: Any, name: str, told: str, details: str = "") -> argparse.ArgumentParser:
    """Add a verb to the command line, with the arguments of every verb.

    Args:
        verbs: the command line's verbs
        name: of the verb
        told: what it does, as the list of verbs says it; its own help begins with that
        details: what its own help says besides
    """
    description = f"{told[0].upper()}{told[1:]}. {details}".strip()
    return verbs.add_parser(name, parents=[output_arguments()], help=told, description=description)  # type: ignore[no-any-return]


class Teller:
    """Tells on standard error how far a verb is: one line that changes on a terminal, now and then a line elsewhere.

    Args:
        quiet: whether to tell nothing
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._next_s = time.monotonic() + (0.0 if self._terminal else LOG_EVERY_S)
        self._shown = False

    def __call__(self, step: str, fraction: float) -> None:
        """Tell of a step, in [0, 1]."""
        if self._quiet or time.monotonic() < self._next_s:
            return
        text = f"{step} {fraction:.0%}"
        sys.stderr.write(f"{_WIPE}{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()
        self._shown = self._terminal
        self._next_s = time.monotonic() + (EVERY_S if self._terminal else LOG_EVERY_S)

    def close(self) -> None:
        """Take the terminal's line away, so that what is printed next has it."""
        if self._shown:
            sys.stderr.write(_WIPE)
            sys.stderr.flush()
            self._shown = False


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


def write_file(path: Path, content: str) -> None:
    """Write a text as it is; its folder is made where it is not there.

    Raises:
        InputError: the file cannot be written
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError("The file cannot be written", got=error, do="check its folder") from error


def log_progress(options: argparse.Namespace, name: str) -> None:
    """Tell on standard error what a part of the program logs, unless ``--quiet`` is given."""
    log = logging.getLogger(name)
    if not options.quiet and not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.setLevel(logging.INFO)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def print_result(options: argparse.Namespace, value: object, text: str) -> None:
    """Print what a verb found: as JSON where that is asked for, else as text."""
    options.tell.close()
    print_json(value) if options.json else print(text)


def print_made(options: argparse.Namespace, value: object, text: str) -> None:
    """Print what a verb made: as JSON where that is asked for, else in a line, with ``--quiet`` not at all."""
    options.tell.close()
    if options.json:
        print_json(value)
    elif not options.quiet:
        print(text)
