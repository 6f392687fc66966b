"""Labels of several sources along a dialogue: who predicts what, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, label_style, styled

WIDE, GLYPH = 14, 60  # so many utterances show title and glyph, or the glyph alone
GAP = 0.08
ROW_PX = 34


@dataclass(frozen=True, slots=True)
class GridRow:
    """One source's labels, an entry an utterance.

    Attributes:
        name: what the source is called
        labels: its labels; None where it has none
        notes: what hovering adds; empty, or one an utterance
    """

    name: str
    labels: tuple[str | None, ...]
    notes: tuple[str, ...] = ()


def plot_label_grid(
    rows: Sequence[GridRow],
    utterances: Sequence[str],
    selected: str,
    marked: Sequence[str] = (),
    mode: Mode = "light",
) -> go.Figure:
    """Draw a row a source and a column an utterance, each cell in its label's colour with its glyph.

    Args:
        rows: the sources from top to bottom
        utterances: ids of the columns
        selected: id of the column that is framed
        marked: ids of columns with a triangle above them, such as those where the sources differ
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    figure = go.Figure()
    for place, row in enumerate(rows):
        figure.add_trace(_cells(row, place, utterances, mode))
    where = [i for i, utterance in enumerate(utterances) if utterance in set(marked)]
    if where:
        figure.add_trace(
            go.Scatter(
                x=where,
                y=[-0.62] * len(where),
                mode="markers",
                marker={"symbol": "triangle-down", "size": 9, "color": tokens.text},
                name="differs",
                hoverinfo="skip",
            )
        )
    if selected in utterances:
        at = list(utterances).index(selected)
        figure.add_shape(
            type="rect", x0=at - 0.5, x1=at + 0.5, y0=-0.5, y1=len(rows) - 0.5,
            line={"color": tokens.accent, "width": 2}, name="selected",
        )  # fmt: skip
    every = max(1, len(utterances) // 24)
    ticks = list(range(0, len(utterances), every))
    figure.update_xaxes(
        title_text="utterance", tickvals=ticks, ticktext=[utterances[i] for i in ticks], showgrid=False,
        range=[-0.55, len(utterances) - 0.45],
    )  # fmt: skip
    figure.update_yaxes(
        title_text="source", tickvals=list(range(len(rows))), ticktext=[row.name for row in rows],
        range=[len(rows) - 0.45, -0.8 if where else -0.55], showgrid=False,
    )  # fmt: skip
    figure = styled(figure, mode, 70 + ROW_PX * len(rows))
    figure.update_layout(barmode="overlay", bargap=0, showlegend=False, margin={"t": 6}, clickmode="event+select")
    return figure


def _cells(row: GridRow, place: int, utterances: Sequence[str], mode: Mode) -> go.Bar:
    styles = [None if label is None else label_style(label, mode) for label in row.labels]
    notes = row.notes or ("",) * len(row.labels)
    few = len(utterances) <= WIDE
    text = ["" if s is None else (s.marked if few else s.glyph) for s in styles]
    titles = ["no answer" if s is None else s.title for s in styles]
    colors = ["rgba(0,0,0,0)" if s is None else s.color for s in styles]
    return go.Bar(
        x=list(range(len(utterances))),
        y=[1 - 2 * GAP] * len(utterances),
        base=[place - 0.5 + GAP] * len(utterances),
        width=1 - GAP,
        marker={"color": colors, "line": {"width": 0}},
        text=text if len(utterances) <= GLYPH else None,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": [TOKENS[mode].text if s is None else s.ink for s in styles], "size": 12},
        customdata=list(zip(utterances, titles, notes, strict=True)),
        hovertemplate="%{customdata[0]}: %{customdata[1]}%{customdata[2]}<extra>" + row.name + "</extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        name=row.name,
    )


def example() -> go.Figure:
    """Return the figure of two sources that differ once, one of which has an answer less."""
    rows = (GridRow("truth", ("joy", "joy", "fear")), GridRow("DQ-Former", ("joy", "anger", None)))
    return plot_label_grid(rows, ("u1", "u2", "u3"), "u2", ("u2",))
