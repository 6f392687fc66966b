"""The papers' figures of variants, cases and seeds carry the numbers they were given."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core.plots import case_study, confusion, group_curves, label_counts, seed_scores, variant_scores
from erc_core.types import MELD7, Interval


def test_a_variant_s_dot_has_its_interval_and_the_model_as_it_is_has_a_line() -> None:
    figure = variant_scores.example()
    first, second = figure.data
    assert list(first.y) == ["no CFM", "no DDM"]
    assert list(first.error_x.array) == pytest.approx([0.03, 0.03])
    assert list(first.error_x.arrayminus) == pytest.approx([0.03, 0.03])
    assert list(second.x) == [0.62]
    assert [(line.x0, line.x1) for line in figure.layout.shapes] == [(0.76, 0.76)]
    assert "as it is" in [note.text for note in figure.layout.annotations]


def test_variants_stand_in_the_order_of_the_first_series_from_the_top() -> None:
    assert list(variant_scores.example().layout.yaxis.categoryarray) == ["no DDM", "no CFM"]


def test_a_score_without_an_interval_has_no_bar() -> None:
    score = variant_scores.VariantScore("one", Interval(0.5, 0.5, 0.5), 10)
    (dots,) = variant_scores.plot_variant_scores([("kept", [score])], [], "weighted F1").data
    assert list(dots.error_x.array) == [0]
    assert list(dots.error_x.arrayminus) == [0]


def test_a_case_has_its_words_answers_waveform_and_confidences() -> None:
    figure = case_study.example()
    titles = [note.text for note in figure.layout.annotations]
    assert any("What did you say?" in text and "voice anger" in text for text in titles)
    waves = [trace for trace in figure.data if trace.name == "waveform"]
    assert [len(wave.x) for wave in waves] == [160, 0]
    assert "no recording here" in titles
    bars = {trace.name: [] for trace in figure.data if trace.type == "bar"}
    for trace in figure.data:
        if trace.type == "bar":
            bars[trace.name].append(list(trace.y))
    assert bars == {"Text": [[0.2, 0.3, 0.35], [0.8, 0.9, 0.95]], "Acoustic": [[0.8, 0.7, 0.65], [0.2, 0.1, 0.05]]}


def test_waveforms_of_cases_share_one_scale_so_that_a_loud_voice_looks_loud() -> None:
    loud, quiet = (np.array([[-v, v], [-v, v]]) for v in (0.8, 0.2))
    shares = np.array([[0.5, 0.5]])
    cases = [
        case_study.Case("audio-dominated", "a", "b", case_study.Span(0.0, 1.0), wave, shares) for wave in (loud, quiet)
    ]
    figure = case_study.plot_case_study(cases, ("4",), ("t", "a"), 0.1)
    peaks = [max(trace.y) for trace in figure.data if trace.name == "waveform"]
    assert peaks == pytest.approx([1.0, 0.25])


def test_long_words_are_cut_at_a_word() -> None:
    case = case_study.Case("k", "word " * 40, "a", case_study.Span(0.0, 1.0), np.zeros((0, 2)), np.array([[1.0, 0.0]]))
    figure = case_study.plot_case_study([case], ("4",), ("t", "a"), 0.1)
    title = next(note.text for note in figure.layout.annotations if "word" in note.text)
    assert title.split("<br>")[0].endswith("word …”")
    assert len(title) < 140


def test_each_seed_has_a_ring_and_the_mean_a_mark() -> None:
    each, with_it, without = seed_scores.example().data
    assert list(each.x) == [0.70, 0.71, 0.69, 0.72, 0.73, 0.71]
    assert list(with_it.y) == ["bc-LSTM + LMAM"]
    assert list(with_it.x) == pytest.approx([0.72])
    assert list(without.x) == pytest.approx([0.70])


def test_a_variant_s_line_keeps_its_modality_s_colour_with_another_dash() -> None:
    figure = group_curves.plot_group_curves(
        ["a", "b"], {"t": [1.0, 2.0], "t, variant": [2.0, 1.0]}, {"one": [0.5, 0.6]}, ("x", "y", "F1"),
        {"t": "#111111", "t, variant": "#111111"}, {"t, variant": "dash"},
    )  # fmt: skip
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    assert [line.line.dash for line in lines] == ["solid", "dash"]
    assert {line.line.color for line in lines} == {"#111111"}


def test_a_click_on_a_cell_tells_its_true_and_predicted_label() -> None:
    counts = tuple(tuple(int(r == c) for c in range(7)) for r in range(7))
    assert len(confusion.plot_confusion(counts, MELD7).data) == 1
    marks = confusion.plot_confusion(counts, MELD7, pick=True).data[1]
    assert marks.name == "pick"
    assert list(marks.customdata[8]) == ["surprise", "surprise"]
    assert list(marks.customdata[6]) == ["neutral", "anger"]
    assert marks.opacity is None
    assert marks.marker.opacity == 0


def test_truth_and_predictions_are_counted_side_by_side() -> None:
    truth, predicted = label_counts.example().data
    assert list(truth.y)[2] == 27
    assert list(predicted.y)[2] == 9
    assert list(truth.x) == list(predicted.x)
    assert truth.x[2].endswith("Fear")
