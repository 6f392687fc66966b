"""The table of predictions holds every number and runs no formula."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from erc_core.annotations import Note
from erc_core.data.prediction_csv import write_predictions
from tests.ui.sample_analysis import sample_analysis


def rows_of(analysis, notes=()):
    return list(csv.DictReader(io.StringIO(write_predictions(analysis, notes))))


def test_probabilities_and_predictions_are_those_of_the_analysis():
    analysis = sample_analysis()
    rows = rows_of(analysis)
    labels = analysis.prediction.model.labels
    assert [row["utterance"] for row in rows] == [u.id for u in analysis.dialogue.utterances]
    found = np.array([[float(row[f"p_{label}"]) for label in labels] for row in rows])
    assert found == pytest.approx(np.asarray(analysis.prediction.probabilities), abs=1e-6)
    assert [row["predicted"] for row in rows] == [analysis.prediction.label_of(i) for i in range(len(rows))]


def test_what_a_missing_modality_says_is_an_empty_cell():
    analysis = sample_analysis()
    for found in analysis.prediction.unimodal:
        gone = np.isnan(found.probabilities).any(axis=1)
        cells = [row[f"{found.modality}_neutral"] for row in rows_of(analysis)]
        assert [cell == "" for cell in cells] == gone.tolist()


def test_no_cell_is_a_formula_to_a_spreadsheet():
    analysis = sample_analysis()
    first = replace(analysis.dialogue.utterances[0], text='=HYPERLINK("http://x")', speaker="@cmd")
    dialogue = replace(analysis.dialogue, utterances=(first, *analysis.dialogue.utterances[1:]))
    row = rows_of(replace(analysis, dialogue=dialogue), (Note(first.id, "+1+1", "-2"),))[0]
    assert row["text"].startswith("'=")
    assert [row[name][:2] for name in ("speaker", "note", "corrected")] == ["'@", "'+", "'-"]
