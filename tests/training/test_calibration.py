"""Temperature scaling on logits whose truth is known."""

import numpy as np
import pytest
import torch

from erc_core.models.checkpoints import Temperatures
from erc_core.training.calibration import calibrated, chance_error, divided, fit_temperature
from erc_core.training.metrics import calibration_error


def test_logits_three_times_too_sure_get_a_temperature_of_three():
    generator = torch.Generator().manual_seed(0)
    honest = torch.randn(20_000, 5, generator=generator)
    labels = torch.multinomial(honest.softmax(-1), 1, generator=generator).squeeze(1)
    assert fit_temperature(honest * 3, labels) == pytest.approx(3.0, rel=0.05)


def test_calibrated_probabilities_lie_within_what_chance_shows_and_others_do_not():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 2000)
    labels = (rng.random((2000, 1)) < probabilities.cumsum(1)).argmax(1)
    low, high = chance_error(probabilities)
    assert low <= calibration_error(labels, probabilities) <= high
    sharp = probabilities**3 / (probabilities**3).sum(1, keepdims=True)
    assert calibration_error(labels, sharp) > chance_error(sharp)[1]


def test_an_utterance_is_divided_by_the_temperature_of_what_it_has():
    heat = Temperatures(fused=2.0, only_t=4.0, only_a=8.0, only_v=16.0)
    present = torch.tensor([[1, 1, 1], [1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=torch.bool)
    found = divided(torch.full((5, 2), 16.0), present, heat)
    assert found[:, 0].tolist() == [8.0, 8.0, 4.0, 2.0, 1.0]


def test_a_calibration_is_measured_before_and_after_and_against_any_temperature():
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(size=(4000, 4)) * 1.5)
    honest = logits.softmax(-1).numpy()
    truth = (rng.random((4000, 1)) < honest.cumsum(1)).argmax(1)
    found = calibrated(truth, logits * 3, honest)  # three times too sure, and what three makes of it
    assert found.n == 4000
    assert found.before > 5 * found.after
    assert found.after <= found.chance[1]
    assert found.refitted <= found.refitted_chance[1]
    wrong = calibrated(truth, logits * 3, (logits * 3).softmax(-1).numpy())
    assert wrong.after == wrong.before > wrong.chance[1]
    assert wrong.refitted <= wrong.refitted_chance[1]  # another temperature would do
