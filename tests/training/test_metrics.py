"""Figures, checked against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from erc_core.errors import ShapeError
from erc_core.training.metrics import (
    bootstrap,
    bootstraps,
    calibration_error,
    confusion_matrix,
    score,
    unweighted_recall,
    weighted_f1,
)
from erc_core.types import MELD7


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 7, 300)
    probabilities = rng.dirichlet(np.ones(7), 300)
    probabilities[np.arange(300), truth] += 0.4
    return truth, probabilities / probabilities.sum(1, keepdims=True)


def test_figures_equal_those_of_scikit_learn(answers):
    truth, probabilities = answers
    found = probabilities.argmax(1)
    scores = score(truth, probabilities, MELD7)
    assert scores.weighted_f1 == pytest.approx(f1_score(truth, found, average="weighted"))
    assert scores.macro_f1 == pytest.approx(f1_score(truth, found, average="macro"))
    assert scores.uar == pytest.approx(balanced_accuracy_score(truth, found))
    assert scores.accuracy == pytest.approx((truth == found).mean())


def test_intervals_hold_their_value_and_narrow_with_more_items(answers):
    truth, probabilities = answers
    few, many = (score(truth[:n], probabilities[:n], MELD7).weighted_f1_interval for n in (50, 300))
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low


def test_figures_that_are_resampled_together_have_the_intervals_that_each_has_alone(answers):
    truth, probabilities = answers
    found = probabilities.argmax(1)
    together = bootstraps(truth, found, 7, (weighted_f1, unweighted_recall), draws=50)
    assert together == tuple(
        bootstrap(truth, found, 7, figure, draws=50) for figure in (weighted_f1, unweighted_recall)
    )
    rng, drawn = np.random.default_rng(0), []
    for _ in range(50):
        pick = rng.integers(300, size=300)
        drawn.append(weighted_f1(confusion_matrix(truth[pick], found[pick], 7)))
    assert (together[0].low, together[0].high) == tuple(np.quantile(drawn, [0.025, 0.975]))


def test_a_class_that_is_neither_there_nor_predicted_counts_zero_and_weighs_nothing():
    confusion = confusion_matrix(np.array([0, 0, 1]), np.array([0, 0, 1]), 3)
    assert weighted_f1(confusion) == 1.0
    assert unweighted_recall(confusion) == 1.0


def test_certain_and_wrong_is_the_worst_calibration():
    sure = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert calibration_error(np.array([1, 1]), sure) == pytest.approx(1.0)
    assert calibration_error(np.array([0, 0]), sure) == pytest.approx(0.0)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="Truth and probabilities differ"):
        score(np.array([0, 1]), np.ones((3, 7)), MELD7)
