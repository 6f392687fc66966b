"""A corpus's predictions and figures of merit as CSV and as plain data, with everything that they depend on."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from erc_core.corpus_table import SLICINGS, CorpusTable, paired, reliability, slices, statistics
from erc_core.data.csv_transcript import guarded
from erc_core.settings import Settings
from erc_core.training.metrics import bootstrap, score, weighted_f1
from erc_core.types import MODALITIES, FloatArray

DRAWS, PART_DRAWS, SEED = 1000, 300, 0  # of the bootstrap, as the pages have them
COLUMNS = ("corpus", "dialogue", "title", "utterance", "speaker", "text", "truth", "model", "weights", "predicted")


def corpus_csv(tables: Sequence[CorpusTable]) -> str:
    """Return a row for each utterance and model.

    The columns are those of :data:`COLUMNS`, the modalities that were read, the calibrated probability of each label as
    ``p_LABEL``, and what each modality says alone as ``t_LABEL``, ``a_LABEL``, ``v_LABEL``, empty where it says
    nothing. Cells that a spreadsheet would take for formulas begin with an apostrophe.
    """
    labels = tables[0].labels
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    alone = [f"{m}_{label}" for m in MODALITIES for label in labels]
    writer.writerow([*COLUMNS, "read", *(f"p_{label}" for label in labels), *alone])
    for table in tables:
        for i, row in enumerate(table.rows):
            truth, said = (labels.labels[int(k)] for k in (table.truth[i], table.predicted[i]))
            model = (table.model.name, table.model.sha256[:12])
            texts = (table.name, row.dialogue, row.title, row.utterance, row.speaker, row.text, truth, *model, said)
            numbers = _numbers(table.probabilities[i]) + _numbers(table.alone[i].ravel())
            writer.writerow([*map(guarded, texts), "+".join(row.present), *numbers])
    return target.getvalue()


def _numbers(values: FloatArray) -> list[str]:
    return ["" if np.isnan(value) else f"{float(value):.6f}" for value in values]


def corpus_json(tables: Sequence[CorpusTable], settings: Settings) -> dict[str, Any]:
    """Return figures of merit, confusions, calibration, parts and the paired comparison, with their parameters."""
    found: dict[str, Any] = {
        "program": settings.program,
        "parameters": {"bootstrap_draws": DRAWS, "bootstrap_draws_of_parts": PART_DRAWS, "seed": SEED, "level": 0.95},
        "models": [_model(table) for table in tables],
    }
    if len(tables) == 2:
        found["paired"] = {
            "first": tables[0].model.name,
            "second": tables[1].model.name,
            **asdict(paired(tables[0], tables[1])),
        }
    return found


def _model(table: CorpusTable) -> dict[str, Any]:
    scores = score(table.truth, table.probabilities, table.labels)
    return {
        "corpus": table.name,
        "model": table.model.name,
        "sha256": table.model.sha256,
        "labels": list(table.labels),
        "statistics": asdict(statistics(table)),
        "scores": asdict(scores),
        "reliability": [asdict(one) for one in reliability(table)],
        "parts": {by: [_part(name, table.pick(which)) for name, which in slices(table, by)] for by in SLICINGS},
    }


def _part(name: str, part: CorpusTable) -> dict[str, Any]:
    f1 = bootstrap(part.truth, part.predicted, len(part.labels), weighted_f1, draws=PART_DRAWS)
    right = float((part.truth == part.predicted).mean())
    return {"part": name, "utterances": len(part.rows), "weighted_f1": asdict(f1), "right": right}
