"""Contributions shows what each system reports, and nothing that it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from erc_core.models.checkpoints import Temperatures
from erc_core.types import UnimodalPrediction, frozen_array
from erc_core.ui.contributions import PARTS, mean_over_dimensions, true_class_probability, wrong_utterances
from erc_core.ui.pick import rows_of
from tests.ui.sample_analysis import LINES, sample_analysis
from tests.ui.sample_traces import sample_trace

IDS = ("u1", "u2", "u3")


@pytest.mark.parametrize(
    ("system", "parts"),
    [
        ("df_erc", {"contribution", "psi", "prototype_similarity"}),
        ("cmath", {"gate", "teacher_kl", "sigma", "attention/"}),
        ("lmam", {"attention/", "singular_values/"}),
        ("amuse", {"alpha", "man_attention/"}),
    ],
)
def test_each_system_gets_the_pictures_of_what_it_reports(system: str, parts: set[str]) -> None:
    assert {part.needs for part in PARTS if part.fits(sample_trace(system, IDS))} == parts


def test_the_true_class_probability_is_the_heads_before_calibration() -> None:
    analysis = sample_analysis()
    logits = np.random.default_rng(7).normal(size=(len(LINES), 7))

    def softmax(values: np.ndarray) -> np.ndarray:
        return np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)

    calibrated = UnimodalPrediction("t", frozen_array(softmax(logits / 2.5)))
    told = replace(analysis, prediction=replace(analysis.prediction, unimodal=(calibrated,)))
    found = true_class_probability(told, ("t", "a"), Temperatures(t=2.5))
    assert found is not None
    labels = analysis.prediction.model.labels
    for row, (_, _, truth) in enumerate(LINES):
        if truth is None:
            assert np.isnan(found[row, 0])
        else:
            assert found[row, 0] == pytest.approx(softmax(logits)[row, labels.index(truth)], abs=1e-5)
    assert np.isnan(found[:, 1]).all()


def test_without_truth_there_is_no_true_class_probability() -> None:
    analysis = sample_analysis()
    nameless = tuple(replace(u, label=None) for u in analysis.dialogue.utterances)
    told = replace(analysis, dialogue=replace(analysis.dialogue, utterances=nameless))
    assert true_class_probability(told, ("t",), Temperatures()) is None
    assert wrong_utterances(told) == ()


def test_wrong_utterances_are_those_whose_known_truth_differs() -> None:
    analysis = sample_analysis()
    wrong = set(wrong_utterances(analysis))
    for i, utterance in enumerate(analysis.dialogue.utterances):
        differs = utterance.label is not None and utterance.label != analysis.prediction.label_of(i)
        assert (utterance.id in wrong) == differs


def test_the_spread_of_a_modality_is_its_mean_over_the_dimensions() -> None:
    sigma = sample_trace("cmath", IDS).array("sigma")
    mean = mean_over_dimensions(sigma)
    assert mean.axes == ("utterance", "modality")
    np.testing.assert_allclose(mean.values, sigma.values.mean(axis=2), rtol=1e-6)


def test_the_table_of_an_array_names_every_position() -> None:
    rows = rows_of(sample_trace("cmath", IDS).array("gate"))
    gate = sample_trace("cmath", IDS).array("gate").values
    assert len(rows) == 9
    assert (rows[4]["utterance"], rows[4]["central"]) == ("u2", "a")
    assert rows[4]["v"] == pytest.approx(gate[1, 1, 2])
    assert rows_of(sample_trace("lmam", IDS).array("singular_values/t"))[1] == {"index": "1", "value": 2.0}
