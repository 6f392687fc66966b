"""Which emotion is taken for which: counts of truth against prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, label_style, styled
from erc_core.types import MELD7, LabelSet


def plot_confusion(confusion: tuple[tuple[int, ...], ...], labels: LabelSet, mode: Mode = "light") -> go.Figure:
    """Draw a cell for each pair of true and predicted label, coloured by its share of the true label.

    Args:
        confusion: counts, truth by prediction, in label order, ``(C, C)``
        labels: the label set
        mode: light or dark theme
    """
    counts = np.array(confusion)
    support = counts.sum(1, keepdims=True)
    share = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    names = [label_style(label, mode).marked for label in labels]
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=share,
            text=counts,
            texttemplate="%{text}",
            colorscale=[list(step) for step in TOKENS[mode].scale],
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            name="utterances",
            colorbar={"title": {"text": "share of<br>the truth"}, "thickness": 10},
            hoverinfo="skip",
        )
    )
    figure.add_trace(_cells(counts, share, names, labels, TOKENS[mode].accent))
    last = len(names) - 0.5
    common = {"showgrid": False, "type": "category"}
    figure.update_xaxes(title_text="predicted emotion", side="bottom", range=[-0.5, last], **common)
    figure.update_yaxes(title_text="true emotion", range=[last, -0.5], **common)
    figure = styled(figure, mode, 400)
    figure.update_layout(clickmode="event+select", showlegend=False)
    return figure


def _cells(counts: np.ndarray, share: np.ndarray, names: Sequence[str], labels: LabelSet, color: str) -> go.Scatter:
    """Return unseen marks on the cells, which say what they hold and can be chosen; a heatmap's own cannot."""
    unseen = {"marker": {"opacity": 0}}
    places = [(row, column) for row in range(len(names)) for column in range(len(names))]
    return go.Scatter(
        x=[names[column] for _, column in places],
        y=[names[row] for row, _ in places],
        customdata=[
            [labels.labels[row], labels.labels[column], int(counts[row, column]), float(share[row, column])]
            for row, column in places
        ],
        mode="markers",
        marker={"size": 40, "symbol": "square", "opacity": 0, "color": color},
        selected=unseen,
        unselected=unseen,
        hovertemplate="truth %{y}<br>predicted %{x}<br>%{customdata[2]} utterances, "
        "%{customdata[3]:.0%} of the truth<extra></extra>",
        name="cells",
    )


def example() -> go.Figure:
    """Return the figure of a model that takes joy for neutral now and then."""
    counts = np.diag([40, 8, 2, 9, 21, 1, 12])
    counts[4, 0], counts[6, 0], counts[2, 3] = 9, 5, 3
    return plot_confusion(tuple(tuple(int(n) for n in row) for row in counts), MELD7)
