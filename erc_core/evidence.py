"""An utterance's explanations gathered: by kind of evidence, on the time axis, and as the rows of AMuSE's Fig. 2."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from erc_core.data.csv_transcript import guarded
from erc_core.explanation import Attribution, Explanation
from erc_core.types import Analysis, Dialogue, Modality, Utterance

# Which method's result stands for a kind of evidence, the first that is there.
SPEAKS_FOR: Mapping[Modality, tuple[str, ...]] = {
    "t": ("lime_words", "gradients_words"),
    "a": ("lime_sound", "gradients_sound"),
    "v": ("lime_action_units", "lime_face", "lime_frame", "gradients_face"),
}
# What is computed of every utterance where nobody chooses: one method a kind of evidence, the quick ones first.
RECOMMENDED = (
    "modality_shapley",
    "modality_interaction",
    "modality_ablation",
    "lime_words",
    "lime_sound",
    "lime_action_units",
    "lime_face",
    "gradients_words",
    "context_removal",
)
STRONGEST = 3  # units that a cell of the table names


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One utterance as AMuSE's Fig. 2 tells it.

    Attributes:
        utterance: its id
        speaker: who says it
        transcript: what is said; empty where that is not known
        truth: the label that is known; empty where none is
        predictions: a label a model, in the order of the table's models
        alone: a label a modality for the explained model; empty where it has none
        reasons: the strongest units a modality, with their values; why there are none, otherwise
    """

    utterance: str
    speaker: str
    transcript: str
    truth: str
    predictions: tuple[str, ...]
    alone: Mapping[Modality, str]
    reasons: Mapping[Modality, str]


def strongest(explanation: Explanation, utterance: str, count: int = STRONGEST) -> tuple[Attribution, ...]:
    """Return the strongest units that lie in an utterance, whatever their sign."""
    return tuple(a for a in explanation.ranked() if a.utterance == utterance and a.value != 0)[:count]


def signed_names(attributions: Sequence[Attribution]) -> str:
    """Return units with their values in words."""
    return ", ".join(f"{a.title} {a.value:+.2f}".replace("-", "−") for a in attributions)


def evidence_rows(
    dialogue: Dialogue,
    analyses: Sequence[Analysis],
    explained: Analysis,
    explanations: Mapping[str, Sequence[Explanation]],
    utterances: Sequence[str],
) -> tuple[EvidenceRow, ...]:
    """Return the table's rows.

    Args:
        dialogue: the conversation
        analyses: the models whose predictions stand in the columns
        explained: the model whose modalities and reasons are told
        explanations: by utterance, of that model
        utterances: ids of the rows
    """
    return tuple(
        _row(dialogue.utterances[dialogue.position(name)], dialogue.position(name), analyses, explained,
             explanations.get(name, ()))
        for name in utterances
    )  # fmt: skip


def _row(
    utterance: Utterance,
    index: int,
    analyses: Sequence[Analysis],
    explained: Analysis,
    explanations: Sequence[Explanation],
) -> EvidenceRow:
    labels = explained.prediction.model.labels.labels
    alone: dict[Modality, str] = {}
    for one in explained.prediction.unimodal:
        row = one.probabilities[index]
        alone[one.modality] = "" if np.isnan(row).any() else labels[int(row.argmax())]
    missing = {m.modality: m.reason for m in explained.prediction.missing if m.utterance == utterance.id}
    reasons: dict[Modality, str] = {}
    for modality, methods in SPEAKS_FOR.items():
        if modality in missing:
            reasons[modality] = f"missing: {missing[modality]}"
            continue
        found = next((e for method in methods for e in explanations if e.method == method), None)
        reasons[modality] = "" if found is None else signed_names(strongest(found, utterance.id)) or "nothing moves it"
    predictions = tuple(analysis.prediction.label_of(index) for analysis in analyses)
    return EvidenceRow(
        utterance.id, utterance.speaker, utterance.text or "", utterance.label or "", predictions, alone, reasons
    )


def table_columns(models: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the table's columns."""
    says = tuple(f"{model} says" for model in models)
    alone = ("text alone", "acoustic alone", "visual alone")
    return (
        "utterance",
        "speaker",
        "transcript",
        "truth",
        *says,
        *alone,
        "T explanation",
        "A explanation",
        "AU/V explanation",
    )


def table_cells(row: EvidenceRow) -> tuple[str, ...]:
    """Return a row's cells in the columns' order."""
    order: tuple[Modality, ...] = ("t", "a", "v")
    return (
        row.utterance, row.speaker, row.transcript, row.truth, *row.predictions,
        *(row.alone.get(m, "") for m in order), *(row.reasons.get(m, "") for m in order),
    )  # fmt: skip


def table_csv(models: Sequence[str], rows: Sequence[EvidenceRow]) -> str:
    """Return the table as CSV that is safe to open in a spreadsheet: no cell is taken for a formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([guarded(name) for name in table_columns(models)])
    writer.writerows([guarded(cell) for cell in table_cells(row)] for row in rows)
    return target.getvalue()
