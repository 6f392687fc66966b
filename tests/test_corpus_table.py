"""Tables over many dialogues count, part and compare as by hand."""

from dataclasses import replace

import numpy as np
import pytest

from erc_core.corpus_table import CorpusRow, CorpusTable, corpus_table, paired, reliability, slices, statistics
from erc_core.errors import InputError
from erc_core.types import MELD7, ModelRef
from tests.ui.sample_analysis import sample_analysis

NEUTRAL, SADNESS, JOY = 0, 3, 4


def table(truth, predicted, top=0.7, alone=None, **fields):
    N = len(truth)
    probabilities = np.full((N, 7), (1 - top) / 6)
    probabilities[np.arange(N), predicted] = top
    rows = tuple(
        CorpusRow("d", "A talk", f"u{i}", fields.get("speakers", "ab" * N)[i], "word " * (i + 1), N, ("t", "a"))
        for i in range(N)
    )
    heads = np.full((N, 3, 7), np.nan) if alone is None else alone
    return CorpusTable("made", ModelRef("m", "0", MELD7), rows, np.array(truth), probabilities, heads)


def test_an_analysis_gives_a_row_for_each_labelled_utterance():
    analysis = sample_analysis()
    first, *rest = analysis.dialogue.utterances
    labelled = [replace(first, label="joy"), *(replace(u, label=None) for u in rest)]
    found = corpus_table("mine", [replace(analysis, dialogue=replace(analysis.dialogue, utterances=tuple(labelled)))])
    assert [row.utterance for row in found.rows] == [first.id]
    assert found.truth.tolist() == [JOY]
    np.testing.assert_allclose(found.probabilities[0], analysis.prediction.probabilities[0])


def test_nothing_labelled_is_said_with_what_to_do():
    analysis = sample_analysis()
    bare = tuple(replace(u, label=None) for u in analysis.dialogue.utterances)
    with pytest.raises(InputError, match="no utterance whose emotion is known"):
        corpus_table("mine", [replace(analysis, dialogue=replace(analysis.dialogue, utterances=bare))])


@pytest.mark.parametrize("by", ["emotion", "speaker", "words", "dialogue length", "modalities", "agreement"])
def test_every_row_is_in_exactly_one_part(by):
    found = table([NEUTRAL, JOY, JOY, SADNESS, NEUTRAL], [NEUTRAL, JOY, NEUTRAL, SADNESS, JOY])
    inside = np.stack([which for _, which in slices(found, by)])
    assert (inside.sum(0) == 1).all()


def test_statistics_count_utterances_dialogues_speakers_and_words():
    found = statistics(table([NEUTRAL, JOY, JOY, SADNESS], [JOY] * 4, speakers="abba"))
    assert (found.utterances, found.dialogues, found.speakers, found.longest) == (4, 1, 2, 4)
    assert (found.mean_length, found.mean_words) == (4.0, 2.5)
    assert found.read == (("t", 1.0), ("a", 1.0), ("v", 0.0))


def test_parts_by_emotion_follow_the_labels_order():
    names = [name for name, _ in slices(table([JOY, NEUTRAL, SADNESS], [JOY] * 3), "emotion")]
    assert names == ["neutral", "sadness", "joy"]


def test_modalities_that_say_different_things_are_told_apart():
    alone = np.full((3, 3, 7), np.nan)
    alone[0, :2], alone[1, 0], alone[1, 1], alone[2, 0] = (np.eye(7)[k] for k in (JOY, JOY, SADNESS, JOY))
    parts = dict(slices(table([JOY] * 3, [JOY] * 3, alone=alone), "agreement"))
    assert {name: np.flatnonzero(which).tolist() for name, which in parts.items()} == {
        "all modalities agree": [0],
        "they differ": [1],
        "fewer than two": [2],
    }


def test_the_exact_mcnemar_test_is_that_of_a_coin():
    truth = [JOY] * 10
    better, worse = table(truth, [JOY] * 8 + [NEUTRAL] * 2), table(truth, [JOY] * 2 + [NEUTRAL] * 8)
    found = paired(better, worse, draws=200)
    assert (found.only_first, found.only_second) == (6, 0)
    assert found.p_value == pytest.approx(2 * 0.5**6)
    assert found.difference.low <= found.difference.value <= found.difference.high
    assert found.difference.value > 0


def test_kappa_is_one_for_equal_and_zero_for_unrelated_answers():
    truth = [NEUTRAL, JOY, NEUTRAL, JOY]
    one = table(truth, [NEUTRAL, JOY, NEUTRAL, JOY])
    assert paired(one, one, draws=10).kappa == pytest.approx(1.0)
    assert paired(one, table(truth, [NEUTRAL, NEUTRAL, JOY, JOY]), draws=10).kappa == pytest.approx(0.0)


def test_tables_of_different_utterances_are_not_compared():
    other = table([JOY], [JOY])
    moved = replace(other, rows=(replace(other.rows[0], dialogue="elsewhere"),))
    with pytest.raises(InputError, match="share no utterance"):
        paired(other, moved)


def test_bins_of_reliability_hold_all_predictions():
    found = table([JOY, JOY, JOY, NEUTRAL], [JOY] * 4, top=0.75)
    (only,) = reliability(found)
    assert (only.low, only.high, only.count) == (0.7, 0.8, 4)
    assert (only.confidence, only.accuracy) == (pytest.approx(0.75), 0.75)
