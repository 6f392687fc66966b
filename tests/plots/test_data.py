"""Figures carry the numbers they were given."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core.plots import (
    attention_time,
    confidence_along,
    distributions,
    embedding,
    error_bins,
    group_curves,
    group_density,
    hit_rates,
    layer_spread,
    rank_sweep,
    summary,
    trajectory,
)


def test_masked_cells_along_a_dialogue_carry_a_cross_where_the_trace_says_so() -> None:
    figure = confidence_along.example()
    crosses = {trace.name: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data if "masked" in trace.name}
    assert crosses["Text masked"] == [("u1", "4")]
    assert crosses["Acoustic masked"] == []


def test_the_chosen_utterance_is_framed_in_every_panel() -> None:
    frames = confidence_along.example().layout.shapes
    assert [(frame.x0, frame.x1) for frame in frames] == [(0.5, 1.5), (0.5, 1.5)]


def test_a_missing_modality_has_no_bars_but_a_note() -> None:
    figure = distributions.example()
    fused, text, sound = figure.data
    assert fused.x[0] == pytest.approx(0.5)
    assert len(text.x) == 7
    assert all(value is None for value in sound.x)
    assert "missing here" in [note.text for note in figure.layout.annotations]


def test_an_interval_reaches_from_its_low_to_its_high_bound() -> None:
    bar = summary.example().data[0]
    low, high = np.array(bar.x) - np.array(bar.error_x.arrayminus), np.array(bar.x) + np.array(bar.error_x.array)
    np.testing.assert_allclose(low, np.array(bar.x) * 0.7)
    np.testing.assert_allclose(high, np.array(bar.x) * 1.3)


def test_a_column_of_the_trajectory_is_as_wide_as_its_utterance_is_long() -> None:
    figure = trajectory.example()
    assert list(figure.data[0].width) == [1.5, 1.5, 1.5]
    shifts = figure.data[-1]
    assert list(shifts.x) == [2.0]
    assert list(shifts.text) == ["Ada: joy → anger"]


def test_attention_stands_in_the_middle_of_its_frame() -> None:
    figure = attention_time.example()
    at = np.array(figure.data[1].x)
    assert at[0] == pytest.approx(2.01)
    assert at[-1] == pytest.approx(2.99)
    assert np.sum(figure.data[1].y) == pytest.approx(1)


def test_a_rank_sweep_shows_every_seed_and_their_mean() -> None:
    mean, each = rank_sweep.example().data
    assert list(mean.x) == [5, 25, 45]
    np.testing.assert_allclose(mean.y, [0.59, 0.62, 0.63])
    assert list(zip(each.x, each.y, strict=True))[:2] == [(5, 0.58), (5, 0.6)]


def test_a_rate_that_chance_may_reach_is_hollow() -> None:
    chance, named = hit_rates.example().data
    assert list(chance.x) == pytest.approx([1 / 3, 1 / 3])
    assert list(named.x) == [0.88, 0.35]
    assert list(named.marker.symbol) == ["circle", "circle-open"]
    assert np.array(named.x) - np.array(named.error_x.arrayminus) == pytest.approx([0.81, 0.27])


def test_a_violin_holds_every_value_of_its_layer() -> None:
    text, sound = layer_spread.example().data
    assert list(dict.fromkeys(text.x)) == ["layer 4", "layer 5", "layer 6"]
    assert len(text.y) == len(sound.y) == 180
    np.testing.assert_allclose(np.array(text.y) + np.array(sound.y), 1)


def test_a_density_has_the_area_of_its_histogram() -> None:
    counts, density = group_density.example().data[:2]
    area = np.trapezoid(density.y, density.x)
    assert area == pytest.approx(len(counts.x) / group_density.BINS, rel=0.05)


def test_curves_and_bars_stand_on_axes_of_their_own() -> None:
    bars, line = group_curves.example().data
    assert bars.yaxis == "y2"
    assert line.yaxis in (None, "y")
    assert list(line.y) == [0.1, 0.3, 0.5, 0.6, 0.8]


def test_points_of_a_group_have_its_colour_and_name() -> None:
    joy, anger = embedding.example().data
    assert len(joy.x) == len(anger.x) == 20
    assert "Joy" in joy.name
    assert joy.marker.color != anger.marker.color


def test_bins_carry_share_and_accuracy() -> None:
    share, accuracy = error_bins.example().data[:2]
    assert list(share.y) == [0.7, 0.2, 0.1]
    assert list(accuracy.y) == [0.8, 0.6, 0.4]
