"""Lowest scores of the face detector: which faces each of the two rules keeps, and how it is written down."""

import numpy as np
import pytest

from erc_core.benchmarks.face_scores import Scores, as_markdown, kept_beside
from erc_core.benchmarks.seed_clips import build
from erc_core.errors import InputError
from erc_core.synthesis.samples import TRAIN_SEEDS


def test_a_weak_face_goes_only_beside_a_sure_one():
    faces = np.array([[0.9, 0.9], [0.6, 0.9], [0.6, 0.6], [0.0, 0.9]])  # own score, best in its picture
    assert kept_beside(faces, 0.7).tolist() == [True, False, True, False]


def test_the_page_counts_each_rule_by_itself():
    true, false = np.array([[0.9, 0.9], [0.62, 0.9]]), np.array([[0.61, 0.9], [0.58, 0.58]])
    text = as_markdown(Scores(np.array([0.95, 0.0, 0.7, 0.5]), true, false))
    assert "FER2013 photos, enlarged: 4. True faces of the examples higher than 64 px: 2." in text
    assert "| 0.60 | 50.0% | 100.0% | 1 | 75.0% | 100.0% | 2 |" in text
    assert "| 0.65 | 50.0% | 50.0% | 0 | 75.0% | 50.0% | 1 |" in text


def test_a_seed_that_encoders_were_trained_on_is_not_measured_on(tmp_path):
    with pytest.raises(InputError, match="The seed belongs to the encoders"):
        build(TRAIN_SEEDS[0], tmp_path)
    assert not list(tmp_path.iterdir())
