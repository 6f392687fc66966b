"""How much each modality weighed along a dialogue, with the value that it was trained to where that is known."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, frame_column, modality_color, modality_title, pickable, styled
from erc_core.types import FloatArray, Modality, TraceArray, frozen_array

PANEL_PX = 92


def plot_weights_along(
    weights: TraceArray, selected: str, word: str, wanted: FloatArray | None = None, mode: Mode = "light"
) -> go.Figure:
    """Draw a bar an utterance, a panel a modality; a diamond is the wanted weight, the line to it the error.

    Args:
        weights: ``(utterance, modality)``, NaN where the system gives none
        selected: id of the utterance that is framed
        word: what the system calls a weight; the axis title
        wanted: what the weight was trained to, ``(utterance, modality)``, NaN where it is not known
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    utterances, modalities = weights.ticks
    titles = [modality_title(m) for m in modalities]  # type: ignore[arg-type]
    figure = make_subplots(
        rows=len(modalities), cols=1, shared_xaxes=True, vertical_spacing=0.14, subplot_titles=titles
    )
    for row, title in enumerate(titles, start=1):
        modality: Modality = modalities[row - 1]  # type: ignore[assignment]
        bars = go.Bar(
            x=list(utterances),
            y=weights.values[:, row - 1],
            customdata=[[utterance] for utterance in utterances],
            marker={"color": modality_color(modality, mode), "line": {"width": 0}},
            name=title,
            showlegend=False,
            hovertemplate="%{x}<br>" + f"{title} {word} " + "%{y:.3f}<extra></extra>",
        )
        figure.add_trace(bars, row=row, col=1)
        if wanted is not None:
            marks = _wanted(utterances, weights.values[:, row - 1], wanted[:, row - 1], title, tokens.text)
            marks.showlegend = row == 1
            figure.add_trace(marks, row=row, col=1)
        figure.update_yaxes(title_text=word, range=[0, 1.05], tickvals=[0, 0.5, 1], row=row, col=1)
    frame_column(figure, utterances, selected, mode, 0, 1.05)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title_text="utterance", row=len(modalities), col=1)
    figure = pickable(styled(figure, mode, 70 + PANEL_PX * len(modalities)))
    figure.update_layout(bargap=0.35, legend={"y": 1.06})
    return figure


def _wanted(utterances: tuple[str, ...], weights: FloatArray, wanted: FloatArray, title: str, color: str) -> go.Scatter:
    return go.Scatter(
        x=list(utterances),
        y=wanted,
        error_y={
            "type": "data", "symmetric": False, "array": np.maximum(0, weights - wanted),
            "arrayminus": np.maximum(0, wanted - weights), "width": 0, "thickness": 1.5, "color": color,
        },
        customdata=[[utterance, w] for utterance, w in zip(utterances, np.abs(weights - wanted), strict=True)],
        mode="markers",
        marker={"symbol": "diamond", "size": 8, "color": color},
        name="true class probability",
        hovertemplate="%{x}<br>true class probability %{y:.3f}<br>error %{customdata[1]:.3f}<extra>" + title,
    )  # fmt: skip


def example() -> go.Figure:
    """Return the figure of three utterances, one of them without a known truth and one without a picture."""
    ticks = (("u1", "u2", "u3"), ("t", "a", "v"))
    values = frozen_array([[0.8, 0.3, 0.5], [0.4, 0.9, 0.2], [0.6, 0.6, np.nan]])
    wanted = frozen_array([[0.9, 0.1, 0.5], [np.nan] * 3, [0.5, 0.7, np.nan]])
    array = TraceArray("contribution", ("utterance", "modality"), ticks, values, "contribution")
    return plot_weights_along(array, "u2", "contribution", wanted)
