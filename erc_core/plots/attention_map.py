"""Which utterances an utterance looks at: all utterances against all, for one pair of modalities."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, pick_targets, pickable, styled
from erc_core.types import TraceArray, frozen_array

MOST = 60  # utterances on a side; of a longer dialogue those around the chosen one are drawn


def window(utterances: tuple[str, ...], selected: str, most: int = MOST) -> slice:
    """Return which utterances are drawn: all, or ``most`` of them around the chosen one."""
    place = utterances.index(selected) if selected in utterances else 0
    start = max(0, min(place - most // 2, len(utterances) - most))
    return slice(start, min(start + most, len(utterances)))


def plot_attention_map(attention: TraceArray, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw a row an utterance that looks, a column one that is looked at; the chosen utterance's row is framed.

    Args:
        attention: ``(utterance, attended)``, each row summing to one
        selected: id of the utterance whose row is framed
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    part = window(attention.ticks[0], selected)
    ids, values = attention.ticks[0][part], attention.values[part, part]
    heat = go.Heatmap(
        z=values, x=list(ids), y=list(ids), zmin=0, zmax=max(float(np.nanmax(values, initial=0)), 1e-6), xgap=1, ygap=1,
        colorscale=[list(stop) for stop in tokens.scale], name="attention", hoverinfo="skip",
        colorbar={"title": {"text": "attention"}, "thickness": 10, "outlinewidth": 0, "nticks": 4},
    )  # fmt: skip
    cells = [(i, j) for i in range(len(ids)) for j in range(len(ids))]
    targets = pick_targets(
        [ids[j] for _, j in cells],
        [ids[i] for i, _ in cells],
        [ids[i] for i, _ in cells],
        [f"{ids[i]} looks at {ids[j]}: {values[i, j]:.3f}" for i, j in cells],
    )
    figure = go.Figure([heat, targets])
    if selected in ids:
        row = ids.index(selected)
        figure.add_shape(
            type="rect", x0=-0.5, x1=len(ids) - 0.5, y0=row - 0.5, y1=row + 0.5, name="selected",
            line={"color": tokens.accent, "width": 2},
        )  # fmt: skip
    figure.update_xaxes(title_text="utterance that is looked at", type="category", showgrid=False)
    figure.update_yaxes(title_text="utterance that looks", type="category", showgrid=False, autorange="reversed")
    return pickable(styled(figure, mode, 110 + max(180, min(560, 22 * len(ids)))))


def example() -> go.Figure:
    """Return the figure of three utterances."""
    ids = ("u1", "u2", "u3")
    values = frozen_array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.1, 0.8, 0.1]])
    return plot_attention_map(
        TraceArray("attention/t-a", ("utterance", "attended"), (ids, ids), values, "attention"), "u3"
    )
