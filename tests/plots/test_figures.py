"""Every figure draws itself from its example, names its traces and labels its axes."""

from __future__ import annotations

import importlib
import pkgutil

import plotly.graph_objects as go
import pytest

import erc_core.plots

FIGURES = sorted(m.name for m in pkgutil.iter_modules(erc_core.plots.__path__) if m.name != "theme")


def figure_of(name: str) -> go.Figure:
    figure = importlib.import_module(f"erc_core.plots.{name}").example()
    assert isinstance(figure, go.Figure)
    return figure


@pytest.mark.parametrize("name", FIGURES)
def test_every_trace_of_a_figure_has_a_name(name: str) -> None:
    traces = figure_of(name).data
    assert traces
    assert all(trace.name for trace in traces)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_its_axes_are(name: str) -> None:
    figure = figure_of(name)
    assert any(axis.title.text for axis in figure.select_xaxes())
    assert any(axis.title.text for axis in figure.select_yaxes())


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_no_ground_of_its_own_so_both_themes_show_through(name: str) -> None:
    layout = figure_of(name).layout
    common = layout.template.layout
    for ground in ("paper_bgcolor", "plot_bgcolor"):
        assert layout[ground] is None  # what a figure sets itself would win over the common look
        assert common[ground] == "rgba(0,0,0,0)"
