"""Speakers and dialogues, by hand."""

import numpy as np
import pytest

from erc_core.summary import shifts, summarise, weighted_mean
from erc_core.types import Dialogue, LabelSet, ModelRef, Prediction, Utterance

TWO = LabelSet("two", ("calm", "angry"))


def case(rows, speakers, lengths):
    start, spoken = 0.0, []
    for i, (speaker, length) in enumerate(zip(speakers, lengths, strict=True)):
        spoken.append(Utterance(f"u{i}", speaker, "x", start, start + length))
        start += length
    dialogue = Dialogue.of("d", "test", tuple(spoken))
    ids = tuple(u.id for u in spoken)
    values = np.array(rows, np.float32).reshape(len(ids), 2)
    return dialogue, Prediction(dialogue.id, ModelRef("m", "0", TWO), ids, values, calibrated=True)


def test_longer_utterances_weigh_more():
    dialogue, prediction = case([[1, 0], [0, 1]], "AA", [3.0, 1.0])
    whole, _ = summarise(dialogue, prediction)
    assert [i.value for i in whole.intervals] == pytest.approx([0.75, 0.25])
    assert whole.speech_s == pytest.approx(4.0)


def test_the_interval_covers_the_mean_and_is_the_same_each_time():
    rows = np.random.default_rng(0).dirichlet([1, 1], 30)
    one, other = (weighted_mean(rows, np.ones(30)) for _ in range(2))
    assert one == other
    assert all(i.low < i.value < i.high for i in one)


def test_one_utterance_says_nothing_about_the_spread():
    assert [(i.low, i.high) for i in weighted_mean(np.array([[0.2, 0.8]]), np.ones(1))] == [(0, 1), (0, 1)]


def test_a_shift_is_a_change_within_one_speaker():
    dialogue, prediction = case([[1, 0], [0, 1], [0, 1], [0, 1]], "ABAB", [1, 1, 1, 1])
    assert [(s.utterance, s.speaker, s.before, s.after) for s in shifts(dialogue, prediction)] == [
        ("u2", "A", "calm", "angry")
    ]


def test_a_dialogue_without_utterances_has_no_summary():
    dialogue, prediction = case([], "", [])
    assert summarise(dialogue, prediction) == (None, ())
