"""The LMAM paper's comparisons: which trainings, which tests, what the tables say."""

import pytest

from erc_core.errors import UnknownNameError
from erc_core.models.base import model_class
from erc_core.training.lmam_tables import (
    RANKS,
    TABLES,
    Entry,
    Line,
    Outcome,
    Runner,
    entries_of,
    finish,
    markdown,
    paired_p,
    weights_of,
    widened,
)
from erc_core.types import MELD7

BASE = {"inputs": {"t": 24, "a": 20, "v": 16}, "width": 48}


def outcome(f1, parameters=10):
    return Outcome(f1, f1, tuple(f1 + c / 100 for c in range(7)), parameters, 1.0)


def better_with(entry, seed):
    """Stand in for a training: a deterministic figure, higher with a module and different for each seed."""
    module = bool(entry.config.get("fusion"))
    return outcome(0.5 + 0.05 * module + 0.01 * seed + 0.001 * seed * module)


@pytest.mark.parametrize("table", TABLES)
def test_every_entry_of_every_table_can_be_built_and_is_tested_against_one_of_the_same_table(table):
    entries = entries_of(table, BASE, MELD7)
    titles = [entry.title for entry in entries]
    assert len(set(titles)) == len(titles)
    assert all(entry.against in ("", *titles) for entry in entries)
    assert all(weights_of(entry.model, entry.config, MELD7) > 0 for entry in entries)


def test_an_unknown_table_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="fusion_methods"):
        entries_of("table_z", BASE, MELD7)


def test_weights_are_counted_without_the_encoders_and_without_making_them():
    model = model_class("emocaps")(MELD7, {**BASE, "encoders": False})
    assert weights_of("emocaps", BASE, MELD7) == sum(p.numel() for p in model.parameters())


def test_a_widened_backbone_has_as_many_weights_as_one_with_the_module():
    target = weights_of("emocaps", {**BASE, "fusion": "lmam"}, MELD7)
    wide = widened("emocaps", target, MELD7, BASE)
    assert wide["width"] > BASE["width"]
    assert weights_of("emocaps", wide, MELD7) == pytest.approx(target, rel=0.05)


def test_ranks_beyond_the_width_are_left_out():
    assert [entry.title for entry in entries_of("rank", BASE, MELD7)] == [f"rank {r}" for r in RANKS if r <= 49]


def test_subsets_are_trained_on_their_modalities_alone():
    entries = {entry.title: entry for entry in entries_of("modalities", BASE, MELD7)}
    assert entries["v+a"].modalities == ("v", "a")
    assert len(entries) == 7


def test_each_entry_is_trained_once_for_each_seed_and_remembered(tmp_path):
    calls = []

    def train(entry, seed):
        calls.append((entry.model, seed))
        return outcome(0.5)

    entry = Entry("a", "emocaps", BASE)
    memory = tmp_path / "runs" / "outcomes.json"
    first = Runner(train, memory).outcomes(entry, (0, 1))
    again = Runner(train, memory)
    assert again.outcomes(Entry("another title", "emocaps", BASE), (0, 1)) == first
    assert calls == [("emocaps", 0), ("emocaps", 1)]


def test_tests_are_paired_by_seed():
    lines = {
        line.entry.title: line for line in finish(entries_of("backbones", BASE, MELD7), Runner(better_with), (0, 1, 2))
    }
    with_it = lines["DialogueRNN + LMAM"]
    assert with_it.difference == pytest.approx(0.051)
    assert with_it.spread == pytest.approx(0.001)
    assert with_it.p == pytest.approx(paired_p([0.55, 0.561, 0.572], [0.5, 0.51, 0.52]))
    assert with_it.p < 0.001
    assert lines["DialogueRNN"].p is None


@pytest.mark.parametrize(
    ("difference", "spread", "words"),
    [(0.01, 0.0, "at least as good"), (-0.01, 0.02, "as good within the spread"), (-0.02, 0.01, "worse")],
)
def test_a_table_says_where_the_module_does_not_help(difference, spread, words):
    entry = Entry("with", "emocaps", {}, "without")
    line = Line(entry, (outcome(0.5), outcome(0.6)), 0.2, (), difference, spread)
    assert line.verdict == words
    assert f"to without: {words}, p = 0.2 (not significant)" in markdown("embedding", [line], MELD7)


def test_no_test_is_made_of_one_seed_or_of_equal_differences():
    assert paired_p([0.5], [0.4]) is None
    assert paired_p([0.5, 0.6], [0.25, 0.35]) is None or paired_p([0.5, 0.6], [0.25, 0.35]) < 1e-9


def test_the_table_of_backbones_has_a_p_value_for_each_emotion():
    lines = finish(entries_of("backbones", BASE, MELD7), Runner(better_with), (0, 1, 2))
    text = markdown("backbones", lines, MELD7)
    assert "| | neutral | surprise | fear | sadness | joy | disgust | anger |" in text
    assert "| bc-LSTM + LMAM | 0.5610 ± 0.0110 | 0.5610 ± 0.0110 |" in text
