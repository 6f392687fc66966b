"""One utterance by several models side by side: a panel a model, a bar a label, the same scale for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, label_style, styled
from erc_core.types import MELD7, FloatArray, LabelSet, frozen_array


@dataclass(frozen=True, slots=True)
class Panel:
    """What one model says: probabilities ``(C,)``, NaN where it says nothing; and its label."""

    title: str
    probabilities: FloatArray
    label: str | None


def plot_model_panels(panels: Sequence[Panel], labels: LabelSet, truth: str | None, mode: Mode = "light") -> go.Figure:
    """Draw a panel a model; the predicted label's bar is full, the others are faint, and a frame marks the truth.

    Args:
        panels: the models from left to right; at least one
        labels: of all of them
        truth: the label that is known to be right, if any
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    styles = [label_style(label, mode) for label in labels]
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        shared_yaxes=True,
        horizontal_spacing=0.025,
        subplot_titles=[panel.title for panel in panels],
    )
    for column, panel in enumerate(panels, start=1):
        known = not np.isnan(panel.probabilities).any()
        figure.add_trace(
            go.Bar(
                x=panel.probabilities if known else [None] * len(labels),
                y=[style.marked for style in styles],
                orientation="h",
                marker={
                    "color": [style.color for style in styles],
                    "opacity": [1.0 if label == panel.label else 0.55 for label in labels],
                },
                text=[f"{value:.2f}" for value in panel.probabilities] if known else None,
                textposition="outside",
                cliponaxis=False,
                name=panel.title,
                showlegend=False,
                hovertemplate="%{y}: %{x:.3f}<extra>" + panel.title + "</extra>",
            ),
            row=1,
            col=column,
        )
        if not known:
            said = f"says {panel.label}, no probabilities" if panel.label else "no answer here"
            figure.add_annotation(
                text=said, x=0.55, y=len(labels) // 2, showarrow=False, row=1, col=column, name="bare"
            )
    if truth in labels.labels:
        at = labels.index(str(truth))
        figure.add_shape(
            type="rect", x0=0, x1=1.14, y0=at - 0.45, y1=at + 0.45, row="all", col="all", name="truth",
            line={"color": tokens.text, "width": 1.5, "dash": "dot"},
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1.16], tickvals=[0, 0.5, 1], title_text="probability")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_yaxes(title_text="emotion", col=1)
    return styled(figure, mode, 300)


def example() -> go.Figure:
    """Return the figure of two models, one of which gives its label only."""
    row = frozen_array([0.5, 0.2, 0.05, 0.05, 0.1, 0.05, 0.05])
    return plot_model_panels(
        (Panel("DQ-Former", row, "neutral"), Panel("mine.csv", frozen_array(np.full(7, np.nan)), "joy")), MELD7, "joy"
    )
