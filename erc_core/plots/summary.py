"""The emotion of a speaker or a whole dialogue: mean probabilities with their intervals."""

from __future__ import annotations

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, label_style, styled
from erc_core.types import MELD7, Interval, LabelSet, Summary


def plot_summary(summary: Summary, labels: LabelSet, mode: Mode = "light") -> go.Figure:
    """Draw a bar per label with its bootstrap interval.

    Args:
        summary: one interval per label, in the order of ``labels``
        labels: the label set of the model
        mode: light or dark theme
    """
    styles = [label_style(label, mode) for label in labels]
    bounds = summary.intervals
    figure = go.Figure(
        go.Bar(
            x=[bound.value for bound in bounds],
            y=[style.marked for style in styles],
            orientation="h",
            marker={"color": [style.color for style in styles]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(bound.high - bound.value, 0) for bound in bounds],
                "arrayminus": [max(bound.value - bound.low, 0) for bound in bounds],
                "color": TOKENS[mode].text,
                "thickness": 1.2,
                "width": 3,
            },
            customdata=[(bound.low, bound.high) for bound in bounds],
            name=summary.who or "whole dialogue",
            hovertemplate="%{y}: %{x:.3f}<br>%{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="mean probability", range=[0, 1], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(title_text="emotion", autorange="reversed", showgrid=False, type="category")
    figure = styled(figure, mode, 250)
    figure.update_layout(margin={"t": 6})
    return figure


def example() -> go.Figure:
    """Return the figure of a mostly joyful dialogue."""
    means = (0.2, 0.1, 0.02, 0.03, 0.5, 0.05, 0.1)
    intervals = tuple(Interval(mean, mean * 0.7, min(1.0, mean * 1.3)) for mean in means)
    return plot_summary(Summary("", 8, 31.5, intervals), MELD7)
