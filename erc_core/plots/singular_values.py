"""The singular values of learned weights: how many directions a low-rank layer really uses (LMAM, eq. 8 and 9)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, modality_color, modality_title, styled
from erc_core.types import FloatArray, TraceArray, frozen_array

DASHES = ("solid", "dash", "dot", "dashdot")
CARRIED = 0.99


def effective_rank(values: FloatArray) -> int:
    """Return how many of the largest singular values carry 99 % of the sum of their squares."""
    ordered = np.sort(np.abs(values))[::-1]
    squares = ordered.astype(float) ** 2
    if not squares.sum():
        return 0
    return int(np.searchsorted(np.cumsum(squares) / squares.sum(), CARRIED) + 1)


def plot_singular_values(arrays: Sequence[TraceArray], mode: Mode = "light") -> go.Figure:
    """Draw the values in falling order on a logarithmic axis, a line a weight; a mark shows what carries 99 %.

    Args:
        arrays: each ``(index,)``; a value of zero is not drawn
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    figure = go.Figure()
    for number, array in enumerate(arrays):
        name = array.name.rsplit("/", maxsplit=1)[-1]
        known = name in ("t", "a", "v")
        color = modality_color(name, mode) if known else tokens.accent  # type: ignore[arg-type]
        title = modality_title(name) if known else name  # type: ignore[arg-type]
        values = np.sort(np.abs(array.values))[::-1]
        drawn, rank = np.where(values > 0, values, np.nan), effective_rank(array.values)
        figure.add_trace(
            go.Scatter(
                x=list(range(1, len(values) + 1)), y=drawn, mode="lines", name=f"{title}: {rank} carry 99 %",
                line={"color": color, "width": 2, "dash": "solid" if known else DASHES[number % len(DASHES)]},
                hovertemplate="value %{x}: %{y:.3g}<extra>" + title + "</extra>",
            )
        )  # fmt: skip
        if rank:
            figure.add_trace(
                go.Scatter(
                    x=[rank], y=[drawn[rank - 1]], mode="markers", name=f"{title} 99 %", showlegend=False,
                    marker={"size": 10, "color": color, "symbol": "diamond"},
                    hovertemplate="%{x} values carry 99 % of the energy<extra>" + title + "</extra>",
                )
            )  # fmt: skip
    figure.update_xaxes(title_text="singular value, largest first", showgrid=False, rangemode="tozero")
    figure.update_yaxes(title_text="size (log)", type="log", exponentformat="power", dtick=1)
    return styled(figure, mode, 280)


def example() -> go.Figure:
    """Return the figure of a weight of rank five."""
    values = frozen_array([4.0, 2.0, 1.0, 0.5, 0.1, 0.0])
    return plot_singular_values([TraceArray("singular_values/t", ("index",), (tuple("012345"),), values, "weights")])
