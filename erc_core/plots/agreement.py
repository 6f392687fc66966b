"""How far sources agree by pairs: Cohen's kappa as colour and number, the share of equal labels beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, styled


@dataclass(frozen=True, slots=True)
class PairCell:
    """One pair of sources: Cohen's kappa and the share of equal labels; NaN where they are not known."""

    one: str
    other: str
    kappa: float
    share: float
    count: int


def plot_agreement(titles: Sequence[str], cells: Sequence[PairCell], mode: Mode = "light") -> go.Figure:
    """Draw the lower triangle of source x source.

    Args:
        titles: of the sources, in their order on both axes
        cells: a cell a pair, by title
        mode: light or dark theme
    """
    size = len(titles)
    z, text, hover = np.full((size, size), np.nan), [[""] * size for _ in titles], [[""] * size for _ in titles]
    place = {title: index for index, title in enumerate(titles)}
    for cell in cells:
        column, row = sorted((place[cell.one], place[cell.other]))
        z[row, column] = cell.kappa
        kappa = "κ unknown" if np.isnan(cell.kappa) else f"κ {cell.kappa:.2f}"
        share = "nothing in common" if np.isnan(cell.share) else f"{100 * cell.share:.0f} % equal"
        text[row][column] = f"{kappa}<br>{share}"
        hover[row][column] = f"{cell.one} and {cell.other}, {cell.count} utterances"
    figure = go.Figure(
        go.Heatmap(
            z=z[1:, :-1],
            x=list(titles)[:-1],
            y=list(titles)[1:],
            text=[row[:-1] for row in text[1:]],
            texttemplate="%{text}",
            customdata=[row[:-1] for row in hover[1:]],
            colorscale=[list(stop) for stop in TOKENS[mode].scale],
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            hoverongaps=False,
            name="kappa",
            colorbar={"title": {"text": "κ"}, "thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
            hovertemplate="%{customdata}<br>%{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="source", type="category", showgrid=False)
    figure.update_yaxes(title_text="source", type="category", showgrid=False, autorange="reversed")
    figure = styled(figure, mode, 100 + 52 * max(size - 1, 2))
    figure.update_layout(margin={"t": 8})
    return figure


def example() -> go.Figure:
    """Return the figure of three sources."""
    cells = (
        PairCell("A", "B", 0.7, 0.8, 10),
        PairCell("Truth", "A", 0.25, 0.5, 10),
        PairCell("B", "Truth", float("nan"), float("nan"), 0),
    )
    return plot_agreement(("Truth", "A", "B"), cells)
