"""Which source each central modality let in, along a dialogue (CMATH, eq. 12)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import Mode, frame_column, modality_color, modality_title, pickable, styled
from erc_core.types import TraceArray, frozen_array

PANEL_PX = 92


def plot_gate_shares(gate: TraceArray, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw stacked shares, a panel a central modality, a colour a source.

    Args:
        gate: ``(utterance, central, source)``, shares of a source, summing to one over those that are there
        selected: id of the utterance that is framed
        mode: light or dark theme
    """
    utterances, centrals, sources = gate.ticks
    titles = [f"{modality_title(m)} at the centre" for m in centrals]  # type: ignore[arg-type]
    figure = make_subplots(rows=len(centrals), cols=1, shared_xaxes=True, vertical_spacing=0.14, subplot_titles=titles)
    for row in range(len(centrals)):
        for column, source in enumerate(sources):
            title = modality_title(source)  # type: ignore[arg-type]
            figure.add_trace(
                go.Bar(
                    x=list(utterances), y=gate.values[:, row, column], customdata=[[u] for u in utterances], name=title,
                    marker={"color": modality_color(source, mode), "line": {"width": 0}},  # type: ignore[arg-type]
                    legendgroup=source, showlegend=row == 0,
                    hovertemplate="%{x}<br>from " + title + " %{y:.3f}<extra></extra>",
                ),
                row=row + 1,
                col=1,
            )  # fmt: skip
        figure.update_yaxes(title_text="gate share", range=[0, 1.02], tickvals=[0, 0.5, 1], row=row + 1, col=1)
    frame_column(figure, utterances, selected, mode, 0, 1.02)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title_text="utterance", row=len(centrals), col=1)
    figure = pickable(styled(figure, mode, 80 + PANEL_PX * len(centrals)))
    figure.update_layout(barmode="stack", bargap=0.25, legend={"y": 1.06, "traceorder": "normal"}, margin={"t": 44})
    return figure


def example() -> go.Figure:
    """Return the figure of two utterances."""
    values = np.array([[[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.2, 0.7]], [[1, 0, 0], [0.4, 0.6, 0], [0.5, 0.5, 0]]])
    modalities = ("t", "a", "v")
    ticks = (("u1", "u2"), modalities, modalities)
    return plot_gate_shares(
        TraceArray("gate", ("utterance", "central", "source"), ticks, frozen_array(values), "gate share"), "u1"
    )
