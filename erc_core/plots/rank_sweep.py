"""How LMAM's rank changes what is reached, the paper's Fig. 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, styled


@dataclass(frozen=True, slots=True)
class RankPoint:
    """What one rank reached: the weighted F1 of each seed."""

    rank: int
    weighted_f1: tuple[float, ...]


def plot_rank_sweep(points: Sequence[RankPoint], mode: Mode = "light") -> go.Figure:
    """Draw each seed as a dot, the mean as a line.

    Args:
        points: one for each rank, in rising order
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    ranks = [point.rank for point in points]
    mean = go.Scatter(
        x=ranks,
        y=[float(np.mean(point.weighted_f1)) for point in points],
        mode="lines+markers",
        line={"color": tokens.accent, "width": 2},
        marker={"size": 8},
        name="mean over seeds",
        hovertemplate="rank %{x}<br>mean weighted F1 %{y:.4f}<extra></extra>",
    )
    each = go.Scatter(
        x=[point.rank for point in points for _ in point.weighted_f1],
        y=[value for point in points for value in point.weighted_f1],
        mode="markers",
        marker={"color": tokens.muted, "size": 6, "symbol": "circle-open"},
        name="one seed",
        hovertemplate="rank %{x}<br>weighted F1 %{y:.4f}<extra></extra>",
    )
    figure = styled(go.Figure([mean, each]), mode, 300)
    figure.update_xaxes(title_text="rank of the query weights", tickvals=ranks)
    figure.update_yaxes(title_text="weighted F1 (share)")
    return figure


def example() -> go.Figure:
    """Return the figure of three ranks and two seeds."""
    return plot_rank_sweep([RankPoint(5, (0.58, 0.6)), RankPoint(25, (0.62, 0.62)), RankPoint(45, (0.61, 0.65))])
