"""One utterance's probabilities: the fused prediction beside what each modality says alone."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import Mode, label_style, modality_title, styled
from erc_core.types import MELD7, FloatArray, ModelRef, Prediction, UnimodalPrediction, frozen_array


def panels_of(prediction: Prediction, index: int) -> tuple[tuple[str, FloatArray], ...]:
    """Return the title and probabilities ``(C,)`` of each panel: fused first, then every modality alone."""
    alone = tuple((f"{modality_title(u.modality)} alone", u.probabilities[index]) for u in prediction.unimodal)
    return (("Fused", prediction.probabilities[index]), *alone)


def plot_distributions(prediction: Prediction, index: int, mode: Mode = "light") -> go.Figure:
    """Draw a bar per label and a panel per source.

    Args:
        prediction: its ``unimodal`` entries become panels; a row of NaN is shown as missing
        index: position of the utterance on the T axis
        mode: light or dark theme
    """
    panels = panels_of(prediction, index)
    styles = [label_style(label, mode) for label in prediction.model.labels]
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[name for name, _ in panels],
    )
    for column, (name, values) in enumerate(panels, start=1):
        absent = bool(np.isnan(values).any())
        figure.add_trace(
            go.Bar(
                x=[None] * len(styles) if absent else values,
                y=[style.marked for style in styles],
                orientation="h",
                marker={"color": [style.color for style in styles]},
                text=None if absent else [f"{value:.2f}" for value in values],
                textposition="outside",
                cliponaxis=False,
                name=name,
                showlegend=False,
                hovertemplate="%{y}: %{x:.3f}<extra>" + name + "</extra>",
            ),
            row=1,
            col=column,
        )
        if absent:
            figure.add_annotation(
                text="missing here", x=0.5, y=len(styles) // 2, showarrow=False, row=1, col=column, name="missing"
            )
    figure.update_xaxes(range=[0, 1.12], tickvals=[0, 0.5, 1], title_text="probability")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_yaxes(title_text="emotion", col=1)
    return styled(figure, mode, 290)


def example() -> go.Figure:
    """Return the figure of an utterance without sound."""
    row = np.array([[0.5, 0.2, 0.05, 0.05, 0.1, 0.05, 0.05]])
    alone = (
        UnimodalPrediction("t", frozen_array(row)),
        UnimodalPrediction("a", frozen_array(np.full((1, 7), np.nan))),
    )
    return plot_distributions(
        Prediction("d", ModelRef("dq_former", "0" * 64, MELD7), ("u1",), frozen_array(row), True, alone), 0
    )
