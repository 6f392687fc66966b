"""How far each fusion layer trusts each modality, for one utterance (DQ-Former, eq. 6 to 8)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import MELD7, FloatArray, ModelRef, Trace, TraceArray, frozen_array

BOTH_MASKED = "both masked: this layer passes nothing on"


def row_of(array: TraceArray, utterance: str) -> FloatArray:
    """Return one utterance's slice of a trace array whose first axis is the utterance."""
    values: FloatArray = array.values[array.ticks[0].index(utterance)]
    return values


def silent_layers(masked: FloatArray, confidence: FloatArray) -> tuple[int, ...]:
    """Return the layers, ``masked`` being ``(layer, modality)``, in which every present modality is masked."""
    present = ~np.isnan(confidence)
    dead = (np.nan_to_num(masked) > 0) | ~present
    return tuple(int(layer) for layer in np.flatnonzero(dead.all(axis=1) & present.any(axis=1)))


def _cell(confidence: float, masked: bool) -> str:
    if np.isnan(confidence):
        return "missing"
    return f"{confidence:.2f}  ✕ masked" if masked else f"{confidence:.2f}"


def plot_layer_confidence(trace: Trace, utterance: str, tau: float, mode: Mode = "light") -> go.Figure:
    """Draw the layer x modality heatmap of one utterance, masked cells marked.

    Args:
        trace: holds ``confidence``, ``raw_confidence`` and ``masked``, each ``(utterance, layer, modality)``
        utterance: id of the utterance that is shown
        tau: the masking threshold that was used, named in the title
        mode: light or dark theme
    """
    array = trace.array("confidence")
    values = row_of(array, utterance)
    raw, masked = row_of(trace.array("raw_confidence"), utterance), row_of(trace.array("masked"), utterance)
    layers, modalities = list(array.ticks[1]), [name.capitalize() for name in array.ticks[2]]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=modalities,
            y=layers,
            customdata=np.stack([raw, masked], axis=-1),
            text=[
                [_cell(float(c), bool(m)) for c, m in zip(*row, strict=True)]
                for row in zip(values, masked, strict=True)
            ],
            texttemplate="%{text}",
            colorscale=[list(stop) for stop in TOKENS[mode].scale],
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            name="confidence",
            colorbar={"title": {"text": "confidence"}, "thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
            hovertemplate="layer %{y}, %{x}<br>normalised %{z:.3f}<br>raw %{customdata[0]:.3f}<extra></extra>",
        )
    )
    for layer in silent_layers(masked, values):
        figure.add_annotation(
            x=0.5, xref="paper", y=layers[layer], yshift=-15, showarrow=False, text=BOTH_MASKED, name="both masked"
        )
    figure.update_xaxes(title_text="modality", type="category", showgrid=False)
    figure.update_yaxes(title_text="fusion layer", type="category", showgrid=False)
    figure = styled(figure, mode, 120 + 52 * max(len(layers), 2))
    figure.update_layout(title={"text": f"τ = {tau:.2f}", "font": {"size": 12}, "x": 0, "xref": "paper"})
    figure.update_annotations(font={"size": 11, "color": TOKENS[mode].text})
    return figure


def example() -> go.Figure:
    """Return the figure of one utterance with a masked and a silent layer."""
    ticks = (("u1",), ("4", "5", "6"), ("text", "acoustic"))
    values = [[[0.94, 0.06], [0.71, 0.29], [0.5, 0.5]]]
    names = {"confidence": values, "raw_confidence": values, "masked": [[[0, 1], [0, 0], [1, 1]]]}
    arrays = tuple(
        TraceArray(name, ("utterance", "layer", "modality"), ticks, frozen_array(array), name)
        for name, array in names.items()
    )
    return plot_layer_confidence(Trace("d", ModelRef("dq_former", "0" * 64, MELD7), arrays), "u1", 0.1)
