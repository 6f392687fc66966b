"""Which emotion is taken for which: counts of truth against prediction."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, label_style, pick_targets, pickable, styled
from erc_core.types import MELD7, LabelSet


def plot_confusion(
    confusion: tuple[tuple[int, ...], ...], labels: LabelSet, mode: Mode = "light", pick: bool = False
) -> go.Figure:
    """Draw a cell for each pair of true and predicted label, coloured by its share of the true label.

    Args:
        confusion: counts, truth by prediction, in label order, ``(C, C)``
        labels: the label set
        mode: light or dark theme
        pick: whether cells take clicks; the ``customdata`` of a click is the true and the predicted label
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
            hovertemplate="truth %{y}<br>predicted %{x}<br>%{text} utterances, %{z:.0%} of the truth<extra></extra>",
        )
    )
    last = len(names) - 0.5
    common = {"showgrid": False, "type": "category"}
    figure.update_xaxes(title_text="predicted emotion", side="bottom", range=[-0.5, last], **common)
    figure.update_yaxes(title_text="true emotion", range=[last, -0.5], **common)
    figure = styled(figure, mode, 400)
    if not pick:
        return figure
    cells = [(row, column) for row in range(len(names)) for column in range(len(names))]
    hints = [
        f"truth {names[r]}<br>predicted {names[c]}<br>{counts[r, c]} utterances, {share[r, c]:.0%} of the truth"
        for r, c in cells
    ]
    targets = pick_targets([names[c] for _, c in cells], [names[r] for r, _ in cells], [""] * len(cells), hints)
    targets.update(
        customdata=[[labels.labels[r], labels.labels[c]] for r, c in cells], marker={"size": 30, "symbol": "square"}
    )
    figure.add_trace(targets)
    return pickable(figure)


def example() -> go.Figure:
    """Return the figure of a model that takes joy for neutral now and then."""
    counts = np.diag([40, 8, 2, 9, 21, 1, 12])
    counts[4, 0], counts[6, 0], counts[2, 3] = 9, 5, 3
    return plot_confusion(tuple(tuple(int(n) for n in row) for row in counts), MELD7)
