"""Figures of what systems report of themselves carry the numbers they were given."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core.plots import (
    alpha_spread,
    attention_map,
    attention_pairs,
    context_weight,
    gate_shares,
    modality_lines,
    prototype_map,
    singular_values,
    weights_along,
)


def test_a_line_reaches_from_the_true_class_probability_to_the_weight() -> None:
    marks = next(trace for trace in weights_along.example().data if trace.name == "true class probability")
    assert marks.y[0] == pytest.approx(0.9)
    assert marks.error_y.arrayminus[0] == pytest.approx(0.1)  # the weight 0.8 lies below
    assert marks.error_y.array[0] == 0
    assert np.isnan(marks.y[1])


def test_the_chosen_utterance_is_framed_in_every_panel_of_the_weights() -> None:
    frames = weights_along.example().layout.shapes
    assert len(frames) == 3
    assert {(frame.x0, frame.x1) for frame in frames} == {(0.5, 1.5)}


def test_a_negative_psi_has_its_own_mark_and_lets_more_than_all_context_in() -> None:
    figure = context_weight.example()
    psi = next(trace for trace in figure.data if trace.name == "ψ, their mean")
    weight = next(trace for trace in figure.data if trace.name == "1 - ψ")
    assert psi.y[1] == pytest.approx(-0.2)
    assert psi.marker.symbol == ("circle", "diamond-open", "circle")
    assert weight.y[1] == pytest.approx(1.2)


def test_the_ring_stands_on_the_nearest_prototype() -> None:
    figure = prototype_map.example()
    rings = next(trace for trace in figure.data if trace.name == "nearest prototype")
    assert [ring.split(" ", 1)[1] for ring in rings.y] == ["Anger"] * 3


def test_a_gate_panel_holds_a_share_for_each_source() -> None:
    figure = gate_shares.example()
    assert len(figure.data) == 9
    first = [trace.y[0] for trace in figure.data[:3]]
    assert first == pytest.approx([0.5, 0.3, 0.2])


def test_wrong_utterances_are_marked_above_the_lines() -> None:
    figure = modality_lines.example()
    wrong = next(trace for trace in figure.data if trace.name == "predicted wrongly")
    assert list(wrong.x) == ["u3"]
    assert wrong.y[0] > np.nanmax([np.nanmax(trace.y) for trace in figure.data[:3]])


def test_a_click_on_a_cell_names_the_utterance_of_its_row() -> None:
    targets = next(trace for trace in attention_map.example().data if trace.name == "pick")
    cells = dict(zip(zip(targets.y, targets.x, strict=True), (c[0] for c in targets.customdata), strict=True))
    assert cells[("u3", "u2")] == "u3"


def test_a_long_dialogue_is_cut_to_the_utterances_around_the_chosen_one() -> None:
    ids = tuple(f"u{i}" for i in range(200))
    part = attention_map.window(ids, "u100")
    assert len(ids[part]) == attention_map.MOST
    assert "u100" in ids[part]
    assert attention_map.window(ids, "u199") == slice(140, 200)
    assert attention_map.window(ids[:5], "u2") == slice(0, 5)


def test_a_row_of_the_pairs_is_what_the_chosen_utterance_looks_at() -> None:
    heat = attention_pairs.example().data[0]
    assert list(heat.z[0]) == pytest.approx([0.3, 0.5, 0.2])
    assert list(heat.y) == ["Text → Acoustic", "Text → Visual"]


@pytest.mark.parametrize(("values", "rank"), [([1, 0, 0], 1), ([1, 1, 1, 0], 3), ([10, 0.1, 0.1], 1), ([0, 0], 0)])
def test_the_effective_rank_counts_what_carries_the_energy(values: list[float], rank: int) -> None:
    assert singular_values.effective_rank(np.array(values)) == rank


def test_singular_values_fall_and_zeros_are_not_drawn() -> None:
    line = singular_values.example().data[0]
    assert list(line.y[:2]) == [4.0, 2.0]
    assert np.isnan(line.y[-1])


def test_the_spread_counts_every_dimension_once() -> None:
    assert [sum(trace.y) for trace in alpha_spread.example().data] == [4, 4, 4]
