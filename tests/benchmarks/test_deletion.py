"""The gains of explanations over random orders, summed up by method and system."""

import numpy as np
import pytest

from erc_core import pipeline
from erc_core.benchmarks.deletion import Gain, gain_of, mean_with_interval, measure, page
from erc_core.bundled_explanations import read_explanations
from erc_core.settings import Settings
from erc_core.types import Interval


def test_a_mean_has_an_interval_that_shrinks_with_its_spread():
    rng = np.random.default_rng(0)
    narrow, wide = (mean_with_interval((0.1 + rng.normal(0, spread, 50)).tolist()) for spread in (0.01, 0.1))
    assert narrow.low < narrow.value < narrow.high
    assert narrow.high - narrow.low < wide.high - wide.low


def test_bundled_explanations_are_summed_up_as_they_are():
    example = pipeline.examples()[0]
    explained = [e for e in read_explanations(example.clip.parent, "df_erc").values() if e.method == "lime_words"]
    found = gain_of("lime_words", "df_erc", explained)
    assert found.cases == len(explained) == len(example.dialogue.utterances)
    curves = [curve.gain.value for one in explained for curve in one.curves if curve.kind == "deletion"]
    assert found.deletion.value == pytest.approx(np.mean(curves))
    assert found.beats_random


def test_a_method_that_does_not_apply_says_why_and_one_without_curves_too():
    found = {gain.method: gain for gain in measure(Settings(), examples=(), models=["dq_former"])}
    assert "no pictures" in found["lime_face"].reason
    assert found["lime_words"].reason == "no utterance could be asked"
    assert not found["lime_words"].beats_random


def test_a_page_names_what_is_no_better_than_chance():
    good = Gain("lime_words", "df_erc", 9, Interval(0.1, 0.05, 0.2), Interval(0.1, 0.05, 0.2))
    bad = Gain("gradcam_face", "df_erc", 9, Interval(0.0, -0.1, 0.1), Interval(0.0, -0.1, 0.1))
    text = page([good, bad, Gain("counterfactual", "df_erc", 9, None, None, "its answer is no order of units")])
    assert "1 of 2 pairs" in text
    assert "not: gradcam_face on df_erc." in text
    assert "| counterfactual | df_erc | 9 | its answer is no order of units | |" in text
