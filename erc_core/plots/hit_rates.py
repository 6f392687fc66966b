"""How often the known truth was named, with the interval, beside what chance would name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import Interval

ROW = 30
FRAME = 110


@dataclass(frozen=True, slots=True)
class HitRate:
    """One line: its name, how many cases, how often the truth was named, and how often chance would name it."""

    name: str
    cases: int
    share: Interval
    chance: float


def plot_hit_rates(rates: Sequence[HitRate], aim: float | None = None, mode: Mode = "light") -> go.Figure:
    """Draw a point with its interval a line, hollow where chance lies inside the interval, and a bar at chance.

    Args:
        rates: from top to bottom
        aim: the share that is aimed at, where there is one
        mode: light or dark theme
    """
    token = TOKENS[mode]
    names = [rate.name for rate in rates]
    above = [rate.share.low > rate.chance for rate in rates]
    figure = go.Figure(
        [
            go.Scatter(
                x=[rate.chance for rate in rates],
                y=names,
                mode="markers",
                name="chance",
                marker={"symbol": "line-ns", "size": 16, "line": {"width": 2, "color": token.muted}},
                hovertemplate="%{y}: chance %{x:.1%}<extra></extra>",
            ),
            go.Scatter(
                x=[rate.share.value for rate in rates],
                y=names,
                mode="markers",
                name="named",
                marker={
                    "size": 11, "symbol": ["circle" if one else "circle-open" for one in above],
                    "color": token.accent, "line": {"width": 2, "color": token.accent},
                },
                error_x={
                    "type": "data", "symmetric": False, "thickness": 1.4, "width": 4, "color": token.accent,
                    "array": [rate.share.high - rate.share.value for rate in rates],
                    "arrayminus": [rate.share.value - rate.share.low for rate in rates],
                },
                customdata=[[rate.cases, rate.share.low, rate.share.high] for rate in rates],
                hovertemplate="%{y}: %{x:.1%}<br>%{customdata[1]:.1%} to %{customdata[2]:.1%}<br>"
                "%{customdata[0]} cases<extra></extra>",
            ),
        ]
    )  # fmt: skip
    if aim is not None:
        figure.add_vline(x=aim, line={"dash": "dot", "width": 1.5, "color": token.muted}, annotation_text="aim")
    figure.update_xaxes(title_text="share of cases in which the truth was named", range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(title_text="model and method", autorange="reversed", type="category", automargin=True)
    figure.update_layout(showlegend=True)
    return styled(figure, mode, FRAME + ROW * max(2, len(rates)))


def example() -> go.Figure:
    """Return the figure of a method that tells and of one that does not."""
    rates = [
        HitRate("DF-ERC: Shapley values", 120, Interval(0.88, 0.81, 0.93), 1 / 3),
        HitRate("CMATH: its own gates", 120, Interval(0.35, 0.27, 0.44), 1 / 3),
    ]
    return plot_hit_rates(rates, 0.85)
