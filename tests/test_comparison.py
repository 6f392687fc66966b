"""Agreement and disagreement of several sources."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from erc_core.comparison import Answers, agreement, disagreements, truth_of
from erc_core.errors import ShapeError
from erc_core.types import Dialogue, Utterance, frozen_array

JOY = frozen_array([[1.0, 0.0], [0.9, 0.1], [0.2, 0.8]])


def source(name: str, *labels: str | None) -> Answers:
    return Answers(name, name.upper(), labels)


def test_kappa_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    one, other = (tuple(rng.choice(["joy", "fear", "anger"], 40, p=[0.5, 0.3, 0.2])) for _ in range(2))
    found = agreement(Answers("a", "A", one), Answers("b", "B", other))
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other))
    assert found.share == pytest.approx(np.mean(np.array(one) == np.array(other)))
    assert found.count == 40


def test_equal_sources_agree_fully_and_where_chance_would_too_kappa_is_unknown() -> None:
    assert agreement(source("a", "joy", "fear"), source("b", "joy", "fear")).kappa == 1
    assert math.isnan(agreement(source("a", "joy", "joy"), source("b", "joy", "joy")).kappa)


def test_utterances_without_an_answer_do_not_count() -> None:
    found = agreement(source("a", "joy", None, "fear"), source("b", "joy", "joy", "anger"))
    assert (found.count, found.share) == (2, 0.5)
    assert math.isnan(agreement(source("a", None), source("b", "joy")).share)


def test_disagreements_are_sorted_by_how_far_the_sources_are_apart() -> None:
    one = Answers("a", "A", ("joy", "joy", "fear"), JOY)
    other = Answers("b", "B", ("fear", "joy", "joy"), frozen_array([[0.4, 0.6], [0.9, 0.1], [1.0, 0.0]]))
    found = disagreements((one, other))
    assert [(d.position, d.labels) for d in found] == [(2, ("fear", "joy")), (0, ("joy", "fear"))]
    assert [d.spread for d in found] == pytest.approx([0.8, 0.6])


def test_sources_that_give_labels_only_are_apart_where_the_labels_differ() -> None:
    found = disagreements((Answers("a", "A", ("joy", "joy", "fear"), JOY), source("t", "fear", "joy", None)))
    assert [(d.position, d.spread) for d in found] == [(0, 1.0)]
    assert disagreements(()) == ()


def test_sources_of_different_dialogues_are_refused() -> None:
    with pytest.raises(ShapeError, match="A 1, B 2"):
        agreement(source("a", "joy"), source("b", "joy", "joy"))


def test_a_dialogue_without_truth_has_none() -> None:
    bare = Dialogue.of("d", "test", (Utterance("u1", "A", "x", 0.0, 1.0),))
    assert truth_of(bare) is None
