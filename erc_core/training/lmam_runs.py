"""Running the LMAM paper's comparisons on encoded dialogues; see :mod:`erc_core.training.lmam_tables`."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from erc_core.data.base import CORPORA
from erc_core.models.checkpoints import ROOT
from erc_core.settings import Settings
from erc_core.training.composite_splits import composite_split
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.feature_splits import feature_split
from erc_core.training.lmam_tables import (
    TABLES,
    Entry,
    Line,
    Outcome,
    Runner,
    TrainAndScore,
    entries_of,
    finish,
    markdown,
)
from erc_core.training.loop import Recipe
from erc_core.training.metrics import accuracy, class_f1, confusion_matrix, weighted_f1
from erc_core.training.roots import root_of
from erc_core.training.system_runs import feature_splits
from erc_core.training.systems import RECIPE, Plan, answers, train_system
from erc_core.types import MELD7, LabelSet


@dataclass(frozen=True, slots=True)
class LmamRequest:
    """Which of the paper's comparisons to run, and on what.

    Attributes:
        tables: names in ``lmam_tables.TABLES``; empty for all
        corpus: ``composite`` or a corpus of features
        roots: corpus folders by name
        split: measured on
        runs: the runs' folder
        seeds: trainings of each entry
        epochs: passes instead of the recipe's
        checkpoints: where the encoders lie
    """

    tables: tuple[str, ...]
    corpus: str
    roots: Mapping[str, Path]
    split: str
    runs: Path
    seeds: int = 3
    epochs: int | None = None
    checkpoints: Path = ROOT


def trainer(
    fit: EncodedSplit, inner: EncodedSplit, measured: EncodedSplit, labels: LabelSet, folder: Path, recipe: Recipe
) -> TrainAndScore:
    """Return a function that trains an entry on ``fit``, stops it on ``inner`` and measures it on ``measured``.

    Args:
        fit: what is trained on
        inner: what stops
        measured: what is reported
        labels: the corpus's label set
        folder: where a run lives while it lasts
        recipe: how long and how fast
    """

    def train_and_score(entry: Entry, seed: int) -> Outcome:
        run = folder / hashlib.sha256(json.dumps(asdict(entry), sort_keys=True).encode()).hexdigest()[:12] / str(seed)
        plan = Plan(entry.model, entry.config, entry.modalities, seed)
        began = time.process_time()
        model, _, _ = train_system(plan, fit, inner, labels, run, recipe)
        spent_s = time.process_time() - began
        epochs = len((run / "history.jsonl").read_text().splitlines())
        shutil.rmtree(run.parent)
        logits, _, _ = answers(model, measured, entry.modalities)
        confusion = confusion_matrix(measured.labels.numpy(), logits.argmax(-1).cpu().numpy(), len(labels))
        size = sum(parameter.numel() for parameter in model.parameters())
        f1 = tuple(float(value) for value in class_f1(confusion))
        return Outcome(accuracy(confusion), weighted_f1(confusion), f1, size, spent_s / epochs)

    return train_and_score


def compare_lmam(
    tables: Sequence[str],
    fit: EncodedSplit,
    inner: EncodedSplit,
    measured: EncodedSplit,
    labels: LabelSet,
    runs: Path,
    seeds: Sequence[int],
    epochs: int | None = None,
    base: Mapping[str, Any] | None = None,
) -> dict[str, tuple[Line, ...]]:
    """Run some of the paper's comparisons.

    Args:
        tables: their names in ``lmam_tables.TABLES``
        fit: what is trained on
        inner: what stops
        measured: what is reported
        labels: the corpus's label set
        runs: folder of this corpus's comparison; outcomes are remembered there, so that a stopped one goes on
        seeds: of the trainings
        epochs: passes instead of the recipe's
        base: configuration that all entries share

    Returns:
        the finished lines of each table

    Raises:
        UnknownNameError: there is no such table
    """
    recipe = RECIPE if epochs is None else replace(RECIPE, epochs=epochs)
    shared = dict(base or {})
    wanted = {table: entries_of(table, shared, labels) for table in tables}
    runner = Runner(trainer(fit, inner, measured, labels, runs, recipe), runs / f"outcomes-{recipe.epochs}.json")
    return {table: finish(entries, runner, seeds) for table, entries in wanted.items()}


def lmam_report(request: LmamRequest, settings: Settings) -> str:
    """Run comparisons of the LMAM paper on a corpus and return their tables as Markdown.

    Raises:
        InputError: a corpus folder is not given or does not hold the split
        MissingResourceError: an encoder is not there
        UnknownNameError: there is no such table
    """
    fit, inner, measured, labels = _splits(request, settings)
    folder = request.runs / "lmam" / f"{request.corpus}-{request.split}"
    tables = request.tables or tuple(TABLES)
    found = compare_lmam(tables, fit, inner, measured, labels, folder, range(request.seeds), request.epochs)
    head = (
        f"{request.corpus}: trained on {len(fit.labels):,} utterances, stopped on {len(inner.labels):,}, measured on "
        f"{len(measured.labels):,} ({request.split}). Mean and standard deviation over seeds; an epoch in processor "
        "seconds with its evaluation.\n"
    )
    return "\n".join([head, *(markdown(table, lines, labels) for table, lines in found.items())])


def _splits(request: LmamRequest, settings: Settings) -> tuple[EncodedSplit, EncodedSplit, EncodedSplit, LabelSet]:
    if request.corpus == "composite":
        fit, inner, measured = (
            composite_split(split, request.roots, request.runs, request.checkpoints, settings)
            for split in ("fit", "inner", request.split)
        )
        return fit, inner, measured, MELD7
    root = root_of(request.roots, request.corpus)
    fit, inner, labels, _ = feature_splits(request.roots, request.corpus)
    return fit, inner, feature_split(CORPORA.get(request.corpus)().read(root, request.split), labels), labels
