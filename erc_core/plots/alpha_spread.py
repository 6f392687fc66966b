"""How a modality's interpolation coefficient spreads over the dimensions of an utterance (AMuSE, eq. 2 and 6)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, faded, modality_color, modality_title, styled
from erc_core.types import TraceArray, frozen_array

BINS = 20


def plot_alpha_spread(vector: TraceArray, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw, a modality, how many dimensions have which coefficient; the dotted line is the mean, which the lanes show.

    Args:
        vector: ``(utterance, modality, dimension)``, in [0, 1]
        selected: id of the utterance that is shown
        mode: light or dark theme
    """
    utterances, modalities, _ = vector.ticks
    edges = np.linspace(0, 1, BINS + 1)
    figure = go.Figure()
    for column, modality in enumerate(modalities):
        values = vector.values[utterances.index(selected), column]
        color, title = modality_color(modality, mode), modality_title(modality)  # type: ignore[arg-type]
        counts, _ = np.histogram(values[~np.isnan(values)], bins=edges)
        figure.add_trace(
            go.Scatter(
                x=(edges[:-1] + edges[1:]) / 2, y=counts, mode="lines", name=title, line={"color": color, "width": 2,
                "shape": "hvh"}, fill="tozeroy", fillcolor=faded(color, 0.14),
                hovertemplate="coefficient %{x:.2f}: %{y} dimensions<extra>" + title + "</extra>",
            )
        )  # fmt: skip
        if counts.sum():
            figure.add_vline(x=float(np.nanmean(values)), line={"color": color, "width": 2, "dash": "dot"})
    figure.update_xaxes(title_text="coefficient of a dimension", range=[0, 1], showgrid=False)
    figure.update_yaxes(title_text="dimensions", gridcolor=TOKENS[mode].grid)
    return styled(figure, mode, 240)


def example() -> go.Figure:
    """Return the figure of one utterance of four dimensions."""
    ticks = (("u1",), ("t", "a", "v"), ("0", "1", "2", "3"))
    values = frozen_array([[[0.5, 0.6, 0.5, 0.7], [0.3, 0.3, 0.4, 0.2], [0.2, 0.1, 0.1, 0.1]]])
    array = TraceArray("alpha_vector", ("utterance", "modality", "dimension"), ticks, values, "coefficients")
    return plot_alpha_spread(array, "u1")
