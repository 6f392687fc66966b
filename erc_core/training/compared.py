"""Outcomes of ``compare`` that are kept below the folder of trainings, so that the papers' tables can be drawn of them.

A file is about one corpus, split and pairing; a system that is measured again replaces what was kept of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from erc_core.errors import InputError
from erc_core.settings import ASSETS
from erc_core.training.system_results import Comparison, NamedScore, SystemResult
from erc_core.types import Interval

FOLDER = "compare"  # below the folder of trainings
SHIPPED = ASSETS / "measured"  # outcomes with the bundled weights, laid out like a folder of trainings
CORPUS = "composite"
ROWS = ("subsets", "missing", "lengths", "ablations")


@dataclass(frozen=True, slots=True)
class Compared:
    """What is kept of one system.

    Attributes:
        system: its name
        corpus: measured on
        split: of the corpus
        seed: of the pairing
        n: utterances
        weighted_f1: of the system as it is
        subsets: by the modalities that were kept
        ablations: by the variant that was trained
        alone: by the modality that the same architecture was trained with alone
    """

    system: str
    corpus: str
    split: str
    seed: int
    n: int
    weighted_f1: Interval
    subsets: tuple[NamedScore, ...]
    ablations: tuple[NamedScore, ...]
    alone: tuple[NamedScore, ...]


def keep_compared(results: Sequence[SystemResult], request: Comparison) -> Path:
    """Keep what was measured and return the file.

    What an earlier run measured beside and this one did not is kept where the figures of the system are the same.
    """
    path = request.runs / FOLDER / f"{CORPUS}-{request.split}-{request.seed}.json"
    kept = _read(path)
    for result in results:
        new: dict[str, Any] = {**asdict(result), "scores": {**asdict(result.scores), "confusion": []}}
        old = kept.get(result.name, {})
        if old.get("scores", {}).get("weighted_f1") == result.scores.weighted_f1:
            new |= {row: old[row] for row in ROWS if len(old.get(row, ())) > len(new[row])}
        kept[result.name] = new
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, default=float) + "\n", encoding="utf-8")
    return path


def compared(runs: Path, system: str, shipped: Path = SHIPPED) -> tuple[Compared, ...]:
    """Return what is kept of a system, by corpus, split and pairing: of own runs, else what comes with the program.

    Raises:
        InputError: a file cannot be read
    """
    found: dict[str, Compared] = {}
    for path in (path for root in (runs, shipped) for path in sorted(root.glob(f"{FOLDER}/*-*-*.json"))):
        corpus, split, seed = path.stem.rsplit("-", 2)
        kept = _read(path).get(system)
        if kept is not None and path.stem not in found:
            found[path.stem] = _compared(system, corpus, split, int(seed), kept)
    return tuple(found[name] for name in sorted(found))


def _compared(system: str, corpus: str, split: str, seed: int, kept: Mapping[str, Any]) -> Compared:
    scores = kept["scores"]
    alone = (kept.get("seeds") or {}).get("alone", ())
    return Compared(
        system, corpus, split, seed, int(scores["n"]), Interval(**scores["weighted_f1_interval"]),
        _rows(kept["subsets"]), _rows(kept["ablations"]), _rows(alone),
    )  # fmt: skip


def _rows(rows: Sequence[Mapping[str, Any]]) -> tuple[NamedScore, ...]:
    return tuple(NamedScore(row["name"], float(row["weighted_f1"]), int(row["n"])) for row in rows)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("A file of kept comparisons cannot be read", got=f"{path}: {error}", do="delete it") from error
    return found
