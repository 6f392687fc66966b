"""Deletion and insertion: how fast a value falls or rises in an explanation's order, against random orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.explanation import Curve
from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import Interval, frozen_array

TITLES = {"deletion": "Deletion: strongest first, removed", "insertion": "Insertion: strongest first, put back"}


def plot_trust_curves(curves: Sequence[Curve], unit: str, mode: Mode = "light") -> go.Figure:
    """Draw a panel a curve: the explanation's order as a full line, the mean of random orders dashed.

    Args:
        curves: at least one
        unit: what the values are in, for the axis
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    figure = make_subplots(
        rows=1, cols=len(curves), shared_yaxes=True, horizontal_spacing=0.06,
        subplot_titles=[TITLES[curve.kind] for curve in curves],
    )  # fmt: skip
    for column, curve in enumerate(curves, start=1):
        own = {"width": 2.5, "color": tokens.accent}
        chance = {"width": 1.5, "color": tokens.muted, "dash": "dash"}
        for values, name, line in ((curve.values, "this order", own), (curve.random_values, "random orders", chance)):
            figure.add_trace(
                go.Scatter(
                    x=curve.shares, y=values, mode="lines+markers", line=line, marker={"size": 4}, name=name,
                    showlegend=column == 1, hovertemplate="%{x:.0%}: %{y:.3f}<extra>" + name + "</extra>",
                ),
                row=1, col=column,
            )  # fmt: skip
    figure.update_xaxes(title_text="share of the units", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text=unit, col=1)
    figure = styled(figure, mode, 250)
    figure.update_layout(legend={"y": -0.32, "yanchor": "top"}, margin={"t": 26})
    return figure


def example() -> go.Figure:
    """Return the figure of one deletion that beats random orders."""
    shares = np.linspace(0, 1, 5)
    curve = Curve(
        "deletion", frozen_array(shares), frozen_array([0.8, 0.3, 0.2, 0.15, 0.1]),
        frozen_array([0.8, 0.6, 0.45, 0.3, 0.1]), 0.28, Interval(0.45, 0.4, 0.5), Interval(0.17, 0.1, 0.24),
    )  # fmt: skip
    return plot_trust_curves((curve,), "probability of joy")
