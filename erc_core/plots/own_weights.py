"""How much each model says that it used each modality, for one utterance, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import Mode, modality_color, modality_title, styled
from erc_core.types import MODALITIES, Modality


@dataclass(frozen=True, slots=True)
class OwnWeight:
    """One modality's weight in one model, NaN where it gives none; ``name`` is what the model calls it."""

    model: str
    modality: Modality
    value: float
    name: str


def plot_own_weights(weights: Sequence[OwnWeight], mode: Mode = "light") -> go.Figure:
    """Draw a group of bars a model, a bar a modality; weights are shown as the model gives them, 0 to 1.

    Args:
        weights: an entry a model and modality
        mode: light or dark theme
    """
    models = list(dict.fromkeys(weight.model for weight in weights))
    figure = go.Figure()
    for modality in MODALITIES:
        own = {weight.model: weight for weight in weights if weight.modality == modality}
        if not own:
            continue
        values = [own[model].value if model in own else np.nan for model in models]
        names = [own[model].name if model in own else "not read" for model in models]
        figure.add_trace(
            go.Bar(
                x=models,
                y=values,
                marker={"color": modality_color(modality, mode)},
                name=modality_title(modality),
                text=["" if np.isnan(value) else f"{value:.2f}" for value in values],
                textposition="outside",
                cliponaxis=False,
                textangle=0,
                constraintext="none",
                customdata=names,
                hovertemplate="%{x}: %{customdata} %{y:.3f}<extra>" + modality_title(modality) + "</extra>",
            )
        )
    figure.update_xaxes(title_text="model", type="category", showgrid=False)
    figure.update_yaxes(title_text="own weight", range=[0, 1.12], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure = styled(figure, mode, 260)
    figure.update_layout(barmode="group", bargap=0.35, bargroupgap=0.06)
    return figure


def example() -> go.Figure:
    """Return the figure of two models, of which the first reads no pictures."""
    return plot_own_weights(
        (
            OwnWeight("DQ-Former", "t", 0.65, "share"),
            OwnWeight("DQ-Former", "a", 0.35, "share"),
            OwnWeight("DF-ERC", "t", 0.8, "contribution"),
            OwnWeight("DF-ERC", "a", 0.4, "contribution"),
            OwnWeight("DF-ERC", "v", 0.3, "contribution"),
        )
    )
