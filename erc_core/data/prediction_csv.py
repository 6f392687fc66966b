"""Predictions as a table for spreadsheets and scripts: a row an utterance, safe to open anywhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from erc_core.annotations import Note
from erc_core.data.csv_transcript import guarded
from erc_core.types import Analysis, FloatArray

FIRST = ("dialogue", "utterance", "start_s", "end_s", "speaker", "text", "truth", "model", "weights", "predicted")
LAST = ("note", "corrected", "bookmark")


def write_predictions(analysis: Analysis, notes: Sequence[Note] = ()) -> str:
    """Return a dialogue's predictions as CSV.

    The columns are those of :data:`FIRST`, the calibrated probability of each label as ``p_LABEL``, what each modality
    says alone as ``t_LABEL``, ``a_LABEL``, ``v_LABEL`` (empty where the utterance does not have it), the missing
    modalities, and a person's notes. Cells that a spreadsheet would take for formulas begin with an apostrophe.
    """
    prediction = analysis.prediction
    labels, of = prediction.model.labels, {note.utterance: note for note in notes}
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    alone = [f"{found.modality}_{label}" for found in prediction.unimodal for label in labels]
    writer.writerow([*FIRST, *(f"p_{label}" for label in labels), *alone, "missing", *LAST])
    for i, u in enumerate(analysis.dialogue.utterances):
        note = of.get(u.id, Note(u.id))
        first = (
            analysis.dialogue.id,
            u.id,
            f"{u.start_s:.3f}",
            f"{u.end_s:.3f}",
            u.speaker,
            u.text or "",
            u.label or "",
        )
        made = (prediction.model.name, prediction.model.sha256[:12], prediction.label_of(i))
        missing = " ".join(sorted(m.modality for m in prediction.missing if m.utterance == u.id))
        last = (note.text, note.label, "yes" if note.bookmarked else "")
        numbers = _numbers(prediction.probabilities[i])
        for found in prediction.unimodal:
            numbers += _numbers(found.probabilities[i])
        writer.writerow([*map(guarded, (*first, *made)), *numbers, missing, *map(guarded, last)])
    return target.getvalue()


def _numbers(row: FloatArray) -> list[str]:
    return ["" if np.isnan(value) else f"{float(value):.6f}" for value in row]
