"""Shares of utterances by the error of their contribution, and how often each modality is right (DF-ERC, Fig. 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import Mode, modality_color, modality_title, styled
from erc_core.types import Modality


@dataclass(frozen=True, slots=True)
class ErrorShare:
    """A range of errors: the share of utterances in it, and how often the modality alone is right there."""

    low: float
    high: float
    share: float
    accuracy: float


def plot_error_bins(bins: Mapping[Modality, Sequence[ErrorShare]], mode: Mode = "light") -> go.Figure:
    """Draw the shares above and the accuracies below, a colour for each modality."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for modality, own in bins.items():
        names = [f"{one.low:.2f} to {one.high:.2f}" for one in own]
        color, title = modality_color(modality, mode), modality_title(modality)
        figure.add_bar(x=names, y=[one.share for one in own], name=title, marker={"color": color}, row=1, col=1)
        figure.add_scatter(
            x=names, y=[one.accuracy for one in own], name=f"{title}, accuracy", mode="lines+markers",
            line={"color": color, "width": 2}, showlegend=False, row=2, col=1,
        )  # fmt: skip
    figure.update_xaxes(title_text="squared error of the contribution", row=2, col=1, type="category")
    figure.update_yaxes(title_text="share of utterances", row=1, col=1, rangemode="tozero")
    figure.update_yaxes(title_text="accuracy alone", row=2, col=1, range=[0, 1.02])
    figure.update_layout(barmode="group", showlegend=True)
    return styled(figure, mode, 420)


def example() -> go.Figure:
    """Return the figure of two modalities whose small errors go with right answers."""
    text = [ErrorShare(0.0, 0.1, 0.7, 0.8), ErrorShare(0.1, 0.2, 0.2, 0.6), ErrorShare(0.2, 0.3, 0.1, 0.4)]
    sound = [ErrorShare(0.0, 0.1, 0.6, 0.7), ErrorShare(0.1, 0.2, 0.3, 0.5), ErrorShare(0.2, 0.3, 0.1, 0.5)]
    return plot_error_bins({"t": text, "a": sound})
