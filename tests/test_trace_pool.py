"""What models tell of themselves, gathered over dialogues, and the groups of the papers' figures."""

from dataclasses import replace

import numpy as np
import pytest

from erc_core import pipeline
from erc_core.corpus_table import CorpusRow, CorpusTable
from erc_core.errors import UnknownNameError
from erc_core.store.codec import decode
from erc_core.trace_pool import (
    TracePool,
    contribution_errors,
    cross_entropy,
    dominated,
    embedded,
    group_f1,
    ranked_groups,
    trace_pool,
    true_class_probability,
)
from erc_core.types import MELD7, Analysis, ModelRef, TraceArray, frozen_array
from erc_core.ui.bundle import result_path


def analyses(model):
    return [decode(Analysis, result_path(e, model).read_bytes()) for e in pipeline.examples()]


def table(alone, probabilities, truth):
    rows = tuple(CorpusRow("d", "D", f"u{i}", "A", "", 4, ("t", "a")) for i in range(len(truth)))
    return CorpusTable(
        "small", ModelRef("m", "0" * 64, MELD7), rows, frozen_array(truth, np.int64), frozen_array(probabilities),
        frozen_array(alone),
    )  # fmt: skip


@pytest.fixture
def small():
    """Four joyful utterances: words right, voice right, both right, both right but the answer wrong."""
    joy, anger = np.eye(7)[4] * 0.8 + 0.02, np.eye(7)[6] * 0.8 + 0.02
    nothing = np.full(7, np.nan)
    alone = np.array([[joy, anger, nothing], [anger, joy, nothing], [joy, joy, nothing], [joy, joy, nothing]])
    return table(alone, np.array([joy, joy, joy, anger]), np.full(4, 4))


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("dq_former", {"confidence"}),
        ("df_erc", {"contribution", "psi", "context_weight", "features_modality", "features_utterance"}),
        ("cmath", {"gate", "features_fused"}),
        ("amuse", {"alpha", "features_central"}),
    ],
)
def test_the_bundled_results_are_gathered_row_by_row(model, names):
    found = analyses(model)
    pool = trace_pool("examples", found)
    assert names <= set(pool.names)
    array = pool.array(min(names))
    assert len(array.values) == len(pool.table.rows) == sum(len(a.dialogue.utterances) for a in found)
    second = found[1]
    row = next(i for i, r in enumerate(pool.table.rows) if (r.dialogue, r.utterance) == (second.dialogue.id, "u3"))
    np.testing.assert_array_equal(array.values[row], second.trace.array(min(names)).values[2])
    with pytest.raises(UnknownNameError):
        pool.array("nothing")


def test_utterances_without_a_known_label_are_left_out():
    first, *others = analyses("df_erc")
    utterances = tuple(replace(u, label=None) if i == 0 else u for i, u in enumerate(first.dialogue.utterances))
    changed = replace(first, dialogue=replace(first.dialogue, utterances=utterances))
    whole, less = (trace_pool("examples", [one, *others]) for one in (first, changed))
    np.testing.assert_array_equal(less.array("psi").values, whole.array("psi").values[1:])


def test_one_modality_dominates_where_it_alone_is_right_and_the_answer_too(small):
    found = dominated(small)
    assert found["text-dominated"].tolist() == [True, False, False, False]
    assert found["audio-dominated"].tolist() == [False, True, False, False]


def test_values_of_the_truth_are_read(small):
    assert true_class_probability(small)[:, 0] == pytest.approx([0.82, 0.02, 0.82, 0.82])
    assert np.isnan(true_class_probability(small)[:, 2]).all()
    assert cross_entropy(small) == pytest.approx(-np.log([0.82, 0.82, 0.82, 0.02]))


def test_groups_are_of_equal_size_lowest_first_and_leave_out_what_is_not_known():
    groups = ranked_groups(np.array([3.0, 1.0, np.nan, 2.0, 0.0]), 2)
    assert [group.tolist() for group in groups] == [[4, 1], [3, 0]]


def test_a_group_without_utterances_has_no_f1(small):
    assert np.isnan(group_f1(small, np.array([], dtype=np.intp)))
    assert group_f1(small, np.array([0, 1])) == 1.0
    assert group_f1(small, np.array([3])) == 0.0


def test_errors_of_contributions_are_counted_with_how_often_the_modality_is_right(small):
    rows = tuple(row.utterance for row in small.rows)
    values = np.array([[0.82, 0.5], [0.52, 0.5], [0.82, 0.5], [0.82, 0.5]])
    array = TraceArray("contribution", ("utterance", "modality"), (rows, ("t", "a")), frozen_array(values), "w")
    near, far = contribution_errors(TracePool(small, (array,)), "t", (0.0, 0.1, 1.0))
    assert (near.share, near.accuracy) == (0.75, 1.0)
    assert (far.share, far.accuracy) == (0.25, 0.0)


def test_vectors_of_two_kinds_are_laid_out_apart():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 0.1, (20, 8)), rng.normal(4, 0.1, (20, 8))])
    values[3] = np.nan
    places, rows = embedded(values)
    assert 3 not in rows
    first, second = places[rows < 20], places[rows >= 20]
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > 2 * max(first.std(), second.std())
    assert len(embedded(values[:3])[0]) == 0
