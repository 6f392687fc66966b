"""How often each emotion is there, and how often a model names it."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, label_style, styled
from erc_core.types import MELD7, LabelSet


def plot_label_counts(
    truth: Sequence[int], predicted: Sequence[int], labels: LabelSet, mode: Mode = "light"
) -> go.Figure:
    """Draw two bars an emotion: utterances in which it is the truth, in its colour, and in which it is predicted.

    Args:
        truth: counts in label order, ``(C,)``
        predicted: counts in label order, ``(C,)``
        labels: the label set
        mode: light or dark theme
    """
    styles = [label_style(label, mode) for label in labels]
    names = [style.marked for style in styles]
    figure = go.Figure(
        [
            go.Bar(
                x=names, y=list(truth), name="truth", marker={"color": [style.color for style in styles]},
                hovertemplate="%{x}: the truth in %{y} utterances<extra></extra>",
            ),
            go.Bar(
                x=names, y=list(predicted), name="predicted",
                marker={
                    "color": "rgba(0,0,0,0)", "line": {"color": TOKENS[mode].text, "width": 1.5},
                    "pattern": {"shape": "/", "fgcolor": TOKENS[mode].muted},
                },
                hovertemplate="%{x}: predicted in %{y} utterances<extra></extra>",
            ),
        ]
    )  # fmt: skip
    figure.update_xaxes(title_text="emotion", showgrid=False, type="category")
    figure.update_yaxes(title_text="utterances")
    figure.update_layout(barmode="group", showlegend=True)
    return styled(figure, mode, 300)


def example() -> go.Figure:
    """Return the figure of a model that names the rare emotions too seldom."""
    return plot_label_counts([470, 120, 27, 68, 174, 27, 109], [520, 118, 9, 60, 180, 8, 100], MELD7)
