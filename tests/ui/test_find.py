"""Utterances are found by words, speaker, emotion, errors and disagreement, and nothing is read before that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from erc_core.types import Analysis, frozen_array
from erc_core.ui.find import TICKS, Wanted, rows_of_analysis
from tests.ui.page_runs import run_page, texts
from tests.ui.sample_analysis import LINES, sample_analysis

WRONG, DISAGREE, CONFLICT = TICKS


def rows(*others: Analysis):
    analysis = sample_analysis()
    return rows_of_analysis(analysis.dialogue, analysis, others)


def found(wanted: Wanted, *others: Analysis) -> list[str]:
    return [row.utterance for row in rows(*others) if wanted.fits(row)]


def test_all_words_must_be_there_whatever_their_case() -> None:
    assert found(Wanted("the JOB")) == ["u1"]
    assert found(Wanted("call")) == [f"u{i + 1}" for i in range(len(LINES))]  # it is the title's word
    assert found(Wanted("call elephant")) == []


def test_a_speaker_and_an_emotion_narrow_it_down() -> None:
    assert found(Wanted(speakers=("Ida",))) == ["u6"]
    label = rows()[5].predicted
    assert "u6" in found(Wanted(emotions=(label,)))
    assert found(Wanted(speakers=("Ida",), emotions=(label, "nothing"))) == ["u6"]


def test_wrong_means_that_a_known_truth_differs() -> None:
    for row in rows():
        assert (WRONG in row.marks) == (row.truth is not None and row.truth != row.predicted)
    assert WRONG not in rows()[5].marks  # nobody knows its truth


def test_models_disagree_where_another_models_label_differs() -> None:
    analysis = sample_analysis()
    turned = np.array(analysis.prediction.probabilities)
    turned[2] = np.roll(turned[2], 1)
    other = replace(analysis, prediction=replace(analysis.prediction, probabilities=frozen_array(turned)))
    assert found(Wanted(marks=frozenset({DISAGREE})), other) == ["u3"]
    assert found(Wanted(marks=frozenset({DISAGREE})), analysis) == []


def test_modalities_conflict_where_they_name_different_emotions_and_a_missing_one_names_none() -> None:
    for row in rows():
        assert (CONFLICT in row.marks) == (len(set(row.alone)) > 1)
    assert len(rows()[5].alone) == 1
    assert CONFLICT not in rows()[5].marks


@pytest.mark.usefixtures("fresh_server")
def test_browse_finds_utterances_and_says_when_none_fits(kept: Analysis) -> None:
    app = run_page("01_Browse_conversations.py", dialogue=kept.dialogue.id)
    assert not app.dataframe
    app.text_input(key="find-words").set_value("lisbon").run()
    assert not app.exception
    assert list(app.dataframe[0].value["id"]) == ["u4", "u6"]
    app.text_input(key="find-words").set_value("elephants").run()
    assert "No utterance fits" in texts(app)
