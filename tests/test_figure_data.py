"""The numbers of figures go out whole."""

import csv
import io
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from erc_core.figure_data import figure_traces, figures_csv, figures_json
from erc_core.plots import confusion, slice_scores
from erc_core.types import MELD7

ABOUT = {"page": "Corpus", "weights": "abc"}


def test_a_bar_s_values_and_its_interval_are_there():
    (trace,) = figure_traces(slice_scores.example())
    assert (trace["kind"], trace["name"]) == ("bar", "DQ-Former")
    assert trace["y"] == [0.66, 0.6, 0.58]
    assert trace["error_y_array"] == pytest.approx([0.13, 0.08, 0.07])


def test_packed_arrays_of_numbers_are_unpacked_and_gaps_are_null():
    figure = go.Figure(go.Scatter(x=np.arange(3), y=np.array([0.5, np.nan, 1.5]), name="a"))
    (trace,) = figure_traces(figure)
    assert trace["x"] == [0, 1, 2]
    assert trace["y"] == [0.5, None, 1.5]
    json.loads(figures_json({"one": figure}, ABOUT), parse_constant=pytest.fail)


def test_json_says_what_the_figures_are_about():
    found = json.loads(figures_json({"parts": slice_scores.example()}, ABOUT))
    assert found["about"] == ABOUT
    assert found["figures"]["parts"][0]["x"][0] == "up to 6 utterances"


def test_a_heatmap_has_a_row_for_each_cell_and_marks_that_take_clicks_are_left_out():
    counts = tuple(tuple(10 * (r == c) + (r > c) for c in range(7)) for r in range(7))
    figure = confusion.plot_confusion(counts, MELD7, pick=True)
    rows = list(csv.DictReader(io.StringIO(figures_csv({"confusion": figure}, ABOUT))))
    assert len(rows) == 49
    assert {row["weights"] for row in rows} == {"abc"}
    cell = next(row for row in rows if row["x"].endswith("Neutral") and row["y"].endswith("Anger"))
    assert float(cell["z"]) == pytest.approx(1 / 16)


def test_cells_that_a_spreadsheet_would_run_are_guarded():
    figure = go.Figure(go.Bar(x=["=1+1"], y=[2], name="@a"))
    row = next(csv.DictReader(io.StringIO(figures_csv({"bars": figure}, {}))))
    assert (row["x"], row["trace"]) == ("'=1+1", "'@a")
