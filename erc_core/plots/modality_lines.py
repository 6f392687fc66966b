"""One figure a modality along a dialogue: the spread sigma, or how far a student is from its teacher (CMATH)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, frame_column, modality_color, modality_title, pickable, styled
from erc_core.types import TraceArray, frozen_array

SYMBOLS = ("circle", "square", "diamond")


def plot_modality_lines(
    values: TraceArray, selected: str, word: str, wrong: tuple[str, ...] = (), mode: Mode = "light"
) -> go.Figure:
    """Draw a line a modality; a cross on top marks an utterance whose prediction differs from the truth.

    Args:
        values: ``(utterance, modality)``, not negative, NaN where a modality is absent
        selected: id of the utterance that is framed
        word: what is drawn; the axis title
        wrong: ids of utterances that were predicted wrongly, where the truth is known
        mode: light or dark theme
    """
    utterances, modalities = values.ticks
    top = float(np.nanmax(values.values, initial=0)) * 1.15 or 1.0
    figure = go.Figure()
    for column, modality in enumerate(modalities):
        title, color = modality_title(modality), modality_color(modality, mode)  # type: ignore[arg-type]
        figure.add_trace(
            go.Scatter(
                x=list(utterances), y=values.values[:, column], mode="lines+markers", name=title,
                customdata=[[u] for u in utterances], line={"color": color, "width": 2},
                marker={"size": 8, "symbol": SYMBOLS[column % len(SYMBOLS)], "color": color},
                hovertemplate="%{x}<br>" + f"{title} {word} " + "%{y:.3f}<extra></extra>",
            )
        )  # fmt: skip
    if wrong:
        figure.add_trace(
            go.Scatter(
                x=list(wrong), y=[top * 0.97] * len(wrong), mode="markers", name="predicted wrongly",
                customdata=[[u] for u in wrong], hovertemplate="%{x} was predicted wrongly<extra></extra>",
                marker={"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": TOKENS[mode].text}},
            )
        )  # fmt: skip
    frame_column(figure, utterances, selected, mode, 0, top)
    figure.update_xaxes(
        title_text="utterance", type="category", showgrid=False, categoryorder="array", categoryarray=list(utterances)
    )
    figure.update_yaxes(title_text=word, range=[0, top])
    return pickable(styled(figure, mode, 260))


def example() -> go.Figure:
    """Return the figure of three utterances, the last one predicted wrongly and without a picture."""
    ticks = (("u1", "u2", "u3"), ("t", "a", "v"))
    values = frozen_array([[0.4, 0.7, 0.9], [0.5, 0.6, 1.1], [0.9, 0.8, np.nan]])
    array = TraceArray("sigma", ("utterance", "modality"), ticks, values, "spread")
    return plot_modality_lines(array, "u2", "mean σ", ("u3",))
