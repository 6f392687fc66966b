"""What earlier runs of the LMAM paper's comparisons reached, as far as they came; see :mod:`..lmam_tables`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from erc_core.data.base import CORPORA
from erc_core.errors import UnknownNameError
from erc_core.training.compared import SHIPPED
from erc_core.training.lmam_tables import Entry, Line, Outcome, Runner, entries_of, finish
from erc_core.types import MELD7, LabelSet

FOLDER = "lmam"  # below the folder of trainings
_MEMORY = re.compile(r"outcomes-(\d+)\.json")
_PLACE = re.compile(r"(.+)-([a-z]+)")


@dataclass(frozen=True, slots=True)
class Remembered:
    """The outcomes of one corpus, split and number of passes.

    Attributes:
        corpus: trained and measured on
        split: measured on
        epochs: most passes of each training
        path: the file of outcomes
        labels: the corpus's labels
    """

    corpus: str
    split: str
    epochs: int
    path: Path
    labels: LabelSet


@dataclass(frozen=True, slots=True)
class KnownTable:
    """One of the paper's tables as far as it is known.

    Attributes:
        lines: the finished ones
        seeds: trainings of each of them
        missing: titles of entries that were not trained so often
    """

    lines: tuple[Line, ...]
    seeds: int
    missing: tuple[str, ...]


def remembered(runs: Path, shipped: Path = SHIPPED) -> tuple[Remembered, ...]:
    """Return what the folder of trainings remembers, else what comes with the program; the most outcomes first."""
    found: dict[tuple[str, ...], Remembered] = {}
    for path in (path for root in (runs, shipped) for path in sorted(root.glob(f"{FOLDER}/*/outcomes-*.json"))):
        memory, place = _MEMORY.fullmatch(path.name), _PLACE.fullmatch(path.parent.name)
        labels = _labels_of(place[1]) if place else None
        if memory and place and labels is not None:
            one = Remembered(place[1], place[2], int(memory[1]), path, labels)
            found.setdefault((path.parent.name, path.name), one)
    return tuple(sorted(found.values(), key=lambda one: -one.path.stat().st_size))


def _labels_of(corpus: str) -> LabelSet | None:
    if corpus == "composite":
        return MELD7
    try:
        return CORPORA.get(corpus).card.labels
    except UnknownNameError:
        return None


def known_table(memory: Remembered, table: str) -> KnownTable:
    """Return what is known of a table: the lines of all entries that were trained as often as any of them.

    Raises:
        UnknownNameError: there is no such table
    """
    return _known(memory, table, memory.path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _known(memory: Remembered, table: str, written_ns: int) -> KnownTable:
    """Read a table from a file of outcomes that was written at that time."""
    runner = Runner(_not_trained, memory.path)
    entries = entries_of(table, {}, memory.labels)
    times = {entry.title: _seeds(entry, runner.known) for entry in entries}
    seeds = max(times.values(), default=0)
    there = {title for title, count in times.items() if count == seeds and seeds}
    kept = [e if e.against in there else replace(e, against="") for e in entries if e.title in there]
    missing = tuple(entry.title for entry in entries if entry.title not in there)
    return KnownTable(finish(kept, runner, range(seeds)), seeds, missing)


def _seeds(entry: Entry, known: Mapping[str, Outcome]) -> int:
    """Return how many trainings of an entry are known, counted from seed 0."""
    count = 0
    while Runner.key(entry, count) in known:
        count += 1
    return count


def _not_trained(entry: Entry, seed: int) -> Outcome:
    raise UnknownNameError("No outcome is kept of this training", got=json.dumps([entry.title, seed]))
