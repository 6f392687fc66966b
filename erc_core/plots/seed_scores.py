"""What several trainings reach, seed by seed, with weights and time (the LMAM paper's Tables V, VI and IX to XII)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, styled

ROW_PX = 30


@dataclass(frozen=True, slots=True)
class SeedScores:
    """One trained entry: its name, what each seed reached, and whether it holds the module that the table is about."""

    name: str
    values: tuple[float, ...]
    marked: bool = False


def plot_seed_scores(entries: Sequence[SeedScores], figure_name: str, mode: Mode = "light") -> go.Figure:
    """Draw a row an entry: a ring for each seed, a filled mark at their mean.

    Args:
        entries: from top to bottom
        figure_name: what is measured, for the axis
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    names = [entry.name for entry in entries]
    each = go.Scatter(
        x=[value for entry in entries for value in entry.values],
        y=[entry.name for entry in entries for _ in entry.values],
        mode="markers",
        marker={"color": tokens.muted, "size": 7, "symbol": "circle-open"},
        name="one seed",
        hovertemplate="%{y}: %{x:.4f}<extra>one seed</extra>",
    )
    means = [
        go.Scatter(
            x=[float(np.mean(entry.values)) for entry in entries if entry.marked == marked],
            y=[entry.name for entry in entries if entry.marked == marked],
            mode="markers",
            marker={"color": color, "size": 11, "symbol": symbol},
            name=name,
            hovertemplate="%{y}: %{x:.4f}<extra>mean over seeds</extra>",
        )
        for marked, name, color, symbol in (
            (True, "mean, with the module", tokens.accent, "diamond"), (False, "mean", tokens.text, "circle"),
        )
    ]  # fmt: skip
    figure = go.Figure([each, *means])
    figure.update_xaxes(title_text=figure_name)
    figure.update_yaxes(title_text="trained entry", type="category", categoryorder="array", categoryarray=names[::-1])
    figure.update_layout(showlegend=True)
    return styled(figure, mode, 110 + ROW_PX * max(1, len(entries)))


def example() -> go.Figure:
    """Return the figure of a backbone without the module and with it, three seeds each."""
    return plot_seed_scores(
        [SeedScores("bc-LSTM", (0.70, 0.71, 0.69)), SeedScores("bc-LSTM + LMAM", (0.72, 0.73, 0.71), True)],
        "weighted F1",
    )
