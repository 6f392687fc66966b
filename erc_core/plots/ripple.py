"""How far a change reaches: each utterance's label before and after, and how far its probabilities moved."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.label_grid import GridRow, plot_label_grid
from erc_core.plots.theme import TOKENS, Mode, faded
from erc_core.types import FloatArray, frozen_array


def plot_ripple(
    utterances: tuple[str, ...],
    before: tuple[str | None, ...],
    after: tuple[str | None, ...],
    moved: FloatArray,
    edited: tuple[str, ...],
    selected: str,
    mode: Mode = "light",
) -> go.Figure:
    """Draw the labels before and after above a bar of how far the probabilities moved; a triangle marks the edited.

    Args:
        utterances: ids of the columns
        before: predicted labels as it was
        after: predicted labels as it is; None where an utterance was left out
        moved: total variation distance of the two distributions, ``(T,)``; NaN where an utterance was left out
        edited: ids of the utterances that were changed
        selected: id of the column that is framed
        mode: light or dark theme
    """
    gone = tuple("" if label is not None else " (left out)" for label in after)
    rows = (GridRow("before", before), GridRow("after", after, gone))
    figure = plot_label_grid(rows, utterances, selected, edited, mode)
    tokens = TOKENS[mode]
    height = np.nan_to_num(np.asarray(moved, dtype=float))
    figure.add_trace(
        go.Bar(
            x=list(range(len(utterances))),
            y=height,
            width=0.6,
            yaxis="y2",
            marker={"color": faded(tokens.accent, 0.75)},
            text=[f"{value:.2f}" if value >= 0.005 else "" for value in height],
            textposition="outside",
            cliponaxis=False,
            customdata=list(utterances),
            hovertemplate="%{customdata}: %{y:.3f} of the probability moved<extra></extra>",
            name="moved",
        )
    )
    figure.update_layout(
        height=300,
        yaxis={"domain": [0.5, 1.0]},
        yaxis2={
            "domain": [0.0, 0.38],
            "range": [0, 1.1 * max(0.5, float(height.max(initial=0.0)))],
            "title": {"text": "moved", "font": {"size": 12, "color": tokens.muted}},
            "anchor": "x",
            "gridcolor": tokens.grid,
            "zeroline": False,
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
        },
    )
    figure.update_xaxes(anchor="y2")
    return figure


def example() -> go.Figure:
    """Return the figure of three utterances, of which the second is edited and the third follows."""
    labels = ("joy", "fear", "fear")
    moved = frozen_array([0.0, 0.55, 0.31])
    return plot_ripple(("u1", "u2", "u3"), labels, ("joy", "sadness", "sadness"), moved, ("u2",), "u2")
