"""How each modality's confidence is spread over the utterances, layer by layer (DQ-Former, Fig. 3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, modality_color, modality_title, styled
from erc_core.types import FloatArray, Modality


def plot_layer_spread(
    shares: FloatArray, layers: Sequence[str], modalities: Sequence[Modality], tau: float, mode: Mode = "light"
) -> go.Figure:
    """Draw a violin for each layer and modality, and the threshold.

    Args:
        shares: confidences, ``(N, I, M)``; NaN where a modality is absent
        layers: names of the I layers
        modalities: the M modalities
        tau: the mask threshold
        mode: light or dark theme
    """
    figure = go.Figure()
    for k, modality in enumerate(modalities):
        values = shares[:, :, k]
        figure.add_violin(
            x=np.repeat([f"layer {name}" for name in layers], len(values)),
            y=values.T.ravel(),
            name=modality_title(modality),
            line={"color": modality_color(modality, mode), "width": 1.4},
            box={"visible": True},
            points=False,
            spanmode="hard",
            scalegroup="one",
        )
    figure.add_hline(
        y=tau, line={"dash": "dash", "width": 1.5, "color": TOKENS[mode].muted}, annotation_text=f"τ = {tau:g}"
    )
    figure.update_xaxes(title_text="fusion layer", type="category", showgrid=False)
    figure.update_yaxes(title_text="confidence, normalised", range=[-0.02, 1.02])
    figure.update_layout(violinmode="group", showlegend=True)
    return styled(figure, mode, 340)


def example() -> go.Figure:
    """Return the figure of a model that trusts words more in its last layer."""
    rng = np.random.default_rng(0)
    text = np.clip(rng.normal([0.45, 0.5, 0.7], 0.1, (60, 3)), 0, 1)
    return plot_layer_spread(np.stack([text, 1 - text], 2), ("4", "5", "6"), ("t", "a"), 0.1)
