"""The list of what was measured: ``python -m erc_core bench index --write docs/benchmarks.md``.

It is read off the pages: what a page is called, which command writes it, and on what it was measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from erc_core.errors import InputError
from erc_core.settings import ASSETS

DOCS = ASSETS.parent / "docs"


@dataclass(frozen=True, slots=True)
class MeasuredPage:
    """A page of figures.

    Attributes:
        path: from the folder of the documents
        title: its heading
        command: what measures and writes it; of a page of several measurements, the first
        machine: what it was measured on; empty where figures do not depend on it
    """

    path: str
    title: str
    command: str
    machine: str


def pages(docs: Path = DOCS) -> tuple[MeasuredPage, ...]:
    """Read the pages' heads.

    Raises:
        InputError: a page names no command
    """
    return tuple(_head(docs, path) for path in (docs / "results.md", *sorted((docs / "benchmarks").glob("*.md"))))


def _head(docs: Path, path: Path) -> MeasuredPage:
    text = path.read_text(encoding="utf-8")
    command = re.search(r"`(python -m [^`]+)`", text)
    if command is None:
        raise InputError("A page of figures does not say how they were measured", got=path.name, do="name the command")
    machine = re.search(r"\bon ((?:one thread of )?x86_64\b.*?)(?=\. |\.$|: )", text, re.MULTILINE)
    title = text.splitlines()[0].removeprefix("# ")
    return MeasuredPage(str(path.relative_to(docs)), title, command[1], machine[1] if machine else "")


def page(found: tuple[MeasuredPage, ...]) -> str:
    """Return the list as a Markdown page."""
    lines = [
        "# What was measured, and how to measure it again",
        "",
        "Written by `python -m erc_core bench index --write docs/benchmarks.md` from the pages themselves. Each "
        "command prints its page; those of `bench` print JSON with `--json` and write the page with `--write FILE`. "
        "Corpora are given by `--root NAME=DIR`; [your own corpora](own_corpora.md) says what a folder must hold. "
        "Times are those of the machine that is named, ratios those of one run; none is named where figures do not "
        "depend on it.",
        "",
        "| figures | command | measured on |",
        "| --- | --- | --- |",
    ]
    lines += [f"| [{one.title}]({one.path}) | `{one.command}` | {one.machine} |" for one in found]
    return "\n".join(lines) + "\n"
