"""Units that speak for or against a label, one bar each, the strongest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from erc_core.escape import escape
from erc_core.plots.theme import TOKENS, Mode, shortened, signed_color, styled

MOST = 12
ROW_PX = 24
LONGEST = 36  # characters of a name at the axis; all of it is shown at the pointer
ROOM = 1.6  # the axis ends so much beyond the longest bar, for its value


@dataclass(frozen=True, slots=True)
class SignedItem:
    """A unit and how much it speaks for (positive) or against the label."""

    name: str
    value: float


def plot_signed_bars(
    items: Sequence[SignedItem],
    unit: str,
    mode: Mode = "light",
    reach: float | None = None,
    ranked: bool = True,
) -> go.Figure:
    """Draw a bar a unit to both sides of zero.

    Args:
        items: the units; only the strongest are drawn where there are many
        unit: what the values are in, for the axis
        mode: light or dark theme
        reach: where the axis ends to both sides, so that two figures share one scale; None for the largest value
        ranked: whether the strongest stands on top, else the given order is kept
    """
    shown = sorted(items, key=lambda item: -abs(item.value))[:MOST] if ranked else list(items)
    end = reach if reach is not None else max((abs(item.value) for item in shown), default=0.0)
    end = ROOM * (end or 0.01)
    figure = go.Figure(
        go.Bar(
            x=[item.value for item in shown],
            y=list(range(len(shown))),
            orientation="h",
            marker={"color": [signed_color(item.value, mode) for item in shown]},
            text=[f"{item.value:+.3f}".replace("-", "−") for item in shown],
            textposition="outside",
            cliponaxis=False,
            customdata=[escape(item.name) for item in shown],
            hovertemplate="%{customdata}: %{x:+.4f}<extra></extra>",
            name="units",
        )
    )
    figure.add_vline(x=0, line={"color": TOKENS[mode].muted, "width": 1})
    figure.update_xaxes(title_text=f"against ◂ {unit} ▸ for", range=[-end, end], nticks=5)
    figure.update_yaxes(
        title_text="unit", tickvals=list(range(len(shown))),
        ticktext=[escape(shortened(item.name, LONGEST)) for item in shown],
        autorange="reversed", showgrid=False,
    )  # fmt: skip
    figure = styled(figure, mode, 80 + ROW_PX * max(len(shown), 2))
    figure.update_layout(margin={"t": 6}, showlegend=False)
    return figure


def example() -> go.Figure:
    """Return the figure of three action units."""
    items = (
        SignedItem("AU 4 brow lowerer", 0.21),
        SignedItem("AU 12 lip corner puller", -0.34),
        SignedItem("AU 1", 0.0),
    )
    return plot_signed_bars(items, "probability of anger")
