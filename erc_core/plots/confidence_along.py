"""The confidence of every fusion layer along a dialogue, one panel a modality."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import MELD7, ModelRef, Trace, TraceArray, frozen_array


def plot_confidence_along(trace: Trace, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw fusion layer x utterance, a panel a modality; masked cells carry a cross, the chosen utterance a frame.

    Args:
        trace: holds ``confidence`` and ``masked``, each ``(utterance, layer, modality)``
        selected: id of the utterance that is framed
        mode: light or dark theme
    """
    array, masked = trace.array("confidence"), trace.array("masked").values
    utterances, layers, modalities = array.ticks
    tokens = TOKENS[mode]
    figure = make_subplots(
        rows=len(modalities), cols=1, shared_xaxes=True, vertical_spacing=0.14,
        subplot_titles=[name.capitalize() for name in modalities],
    )  # fmt: skip
    for row, modality in enumerate(modalities, start=1):
        figure.add_trace(
            go.Heatmap(
                z=array.values[:, :, row - 1].T,
                x=list(utterances),
                y=list(layers),
                coloraxis="coloraxis",
                xgap=1,
                ygap=1,
                name=modality,
                hovertemplate="%{x}, layer %{y}<br>" + modality + " %{z:.3f}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        hits = np.argwhere(np.nan_to_num(masked[:, :, row - 1]) > 0)
        figure.add_trace(
            go.Scatter(
                x=[utterances[i] for i, _ in hits],
                y=[layers[j] for _, j in hits],
                mode="markers",
                marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": tokens.text}},
                name=f"{modality} masked",
                showlegend=False,
                hoverinfo="skip",
            ),
            row=row,
            col=1,
        )
        place = utterances.index(selected)
        figure.add_shape(
            type="rect", x0=place - 0.5, x1=place + 0.5, y0=-0.5, y1=len(layers) - 0.5,
            line={"color": tokens.accent, "width": 2}, row=row, col=1, name="selected",
        )  # fmt: skip
        figure.update_yaxes(title_text="fusion layer", type="category", showgrid=False, row=row, col=1)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title_text="utterance", row=len(modalities), col=1)
    figure = styled(figure, mode, 90 + 130 * len(modalities))
    figure.update_layout(
        coloraxis={
            "colorscale": [list(stop) for stop in tokens.scale], "cmin": 0, "cmax": 1,
            "colorbar": {"title": {"text": "confidence"}, "thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
        }
    )  # fmt: skip
    return figure


def example() -> go.Figure:
    """Return the figure of a dialogue of four utterances."""
    ticks = (("u1", "u2", "u3", "u4"), ("4", "5", "6"), ("text", "acoustic"))
    text = np.linspace(0.05, 0.9, 12).reshape(4, 3)
    values = np.stack([text, 1 - text], axis=-1)
    arrays = tuple(
        TraceArray(name, ("utterance", "layer", "modality"), ticks, frozen_array(array), name)
        for name, array in {"confidence": values, "masked": (values < 0.1)}.items()
    )
    return plot_confidence_along(Trace("d", ModelRef("dq_former", "0" * 64, MELD7), arrays), "u2")
