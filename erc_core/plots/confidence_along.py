"""The confidence of every fusion layer along a dialogue, one panel a modality."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.layer_confidence import absent_modalities
from erc_core.plots.theme import TOKENS, Mode, modality_title, styled
from erc_core.types import MELD7, FloatArray, ModelRef, Prediction, Trace, TraceArray, frozen_array


def _shares(array: TraceArray, prediction: Prediction, modality: int) -> FloatArray:
    """Return one modality's shares ``(layer, utterance)``, NaN where an utterance does not have it."""
    name = array.ticks[2][modality]
    gone = np.array([name in absent_modalities(prediction, utterance) for utterance in array.ticks[0]])
    shares: FloatArray = np.where(gone[:, None], np.nan, array.values[:, :, modality]).T
    return shares


def plot_confidence_along(trace: Trace, prediction: Prediction, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw fusion layer x utterance, a panel a modality; masked cells carry a cross, the chosen utterance a frame.

    Args:
        trace: holds ``confidence`` and ``masked``, each ``(utterance, layer, modality)``
        prediction: of the same forward pass; where a modality is absent the panel has a gap
        selected: id of the utterance that is framed
        mode: light or dark theme
    """
    array, masked, tokens = trace.array("confidence"), trace.array("masked").values, TOKENS[mode]
    utterances, layers, modalities = array.ticks
    titles = [modality_title(m) for m in modalities]  # type: ignore[arg-type]
    figure = make_subplots(
        rows=len(modalities), cols=1, shared_xaxes=True, vertical_spacing=0.16, subplot_titles=titles
    )
    place = utterances.index(selected)
    frame = {"color": tokens.accent, "width": 2}
    for row, title in enumerate(titles, start=1):
        hits = np.argwhere(masked[:, :, row - 1] > 0)
        heat = go.Heatmap(
            z=_shares(array, prediction, row - 1),
            x=list(utterances),
            y=list(layers),
            coloraxis="coloraxis",
            xgap=1,
            ygap=1,
            hoverongaps=False,
            name=title,
            hovertemplate="%{x}, layer %{y}<br>" + title + " %{z:.3f}<extra></extra>",
        )
        crosses = go.Scatter(
            x=[utterances[i] for i, _ in hits],
            y=[layers[j] for _, j in hits],
            mode="markers",
            marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": tokens.text}},
            name=f"{title} masked",
            showlegend=False,
            hoverinfo="skip",
        )
        figure.add_trace(heat, row=row, col=1)
        figure.add_trace(crosses, row=row, col=1)
        corners = {"x0": place - 0.5, "x1": place + 0.5, "y0": -0.5, "y1": len(layers) - 0.5}
        figure.add_shape(type="rect", line=frame, name="selected", row=row, col=1, **corners)
        figure.update_yaxes(title_text="fusion layer", type="category", showgrid=False, row=row, col=1)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title_text="utterance", row=len(modalities), col=1)
    figure = styled(figure, mode, 70 + 110 * len(modalities))
    bar = {"title": {"text": "share"}, "thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1]}
    scale = [list(stop) for stop in tokens.scale]
    figure.update_layout(coloraxis={"colorscale": scale, "cmin": 0, "cmax": 1, "colorbar": bar})
    return figure


def example() -> go.Figure:
    """Return the figure of a dialogue of four utterances."""
    ticks = (("u1", "u2", "u3", "u4"), ("4", "5", "6"), ("t", "a"))
    text = np.linspace(0.05, 0.85, 12).reshape(4, 3)
    shares = np.stack([text, 1 - text], axis=-1)
    arrays = tuple(
        TraceArray(name, ("utterance", "layer", "modality"), ticks, frozen_array(values), name)
        for name, values in (("confidence", shares), ("masked", shares < 0.1))
    )
    model = ModelRef("dq_former", "0" * 64, MELD7)
    prediction = Prediction("d", model, ticks[0], frozen_array(np.full((4, 7), 1 / 7)), True)
    return plot_confidence_along(Trace("d", model, arrays), prediction, "u2")
