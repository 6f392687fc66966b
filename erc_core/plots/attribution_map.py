"""Attributions to the points of a spectrogram or a face: green for, red against, on a scale even around zero."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.explanation import Map
from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import frozen_array


def plot_attribution_map(found: Map, mode: Mode = "light", face: bool = False) -> go.Figure:
    """Draw a map; rows of a face go down, those of a spectrogram up.

    Args:
        found: the map
        mode: light or dark theme
        face: whether it lies on a picture
    """
    tokens = TOKENS[mode]
    # The 99th percentile: a single bright point does not make all others pale.
    peak = float(np.percentile(np.abs(found.values), 99)) or 1e-9
    middle = "#F4F5F8" if mode == "light" else "#1B2029"
    figure = go.Figure(
        go.Heatmap(
            z=found.values,
            colorscale=[[0, tokens.against], [0.5, middle], [1, tokens.favour]],
            zmin=-peak,
            zmax=peak,
            name=found.name,
            colorbar={"title": {"text": "− against, + for"}, "thickness": 10, "outlinewidth": 0, "nticks": 5},
            hovertemplate="%{z:+.5f}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=found.columns, showgrid=False)
    figure.update_yaxes(title_text=found.rows, showgrid=False, autorange="reversed" if face else None)
    if face:
        figure.update_yaxes(scaleanchor="x", constrain="domain")
        figure.update_xaxes(constrain="domain")
    return styled(figure, mode, 300 if face else 240)


def example() -> go.Figure:
    """Return the figure of a small map of a face."""
    values = frozen_array(np.outer(np.linspace(-1, 1, 12), np.ones(12)))
    return plot_attribution_map(Map("face", values, "row", "column", "u1", "v"), face=True)
