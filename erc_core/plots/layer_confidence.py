"""How far each fusion layer trusts each modality, for one utterance (DQ-Former, eq. 6 to 8)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, modality_title, styled
from erc_core.types import MELD7, FloatArray, Missing, ModelRef, Prediction, Trace, TraceArray, frozen_array

BOTH_MASKED = "both masked: this layer passes nothing on"
ONE_MASKED = "masked: this layer passes nothing on"


def row_of(array: TraceArray, utterance: str) -> FloatArray:
    """Return one utterance's slice of a trace array whose first axis is the utterance."""
    values: FloatArray = array.values[array.ticks[0].index(utterance)]
    return values


def absent_modalities(prediction: Prediction, utterance: str) -> frozenset[str]:
    """Return the modalities that an utterance does not have, or that were switched off."""
    missing = {item.modality for item in prediction.missing if item.utterance == utterance}
    return frozenset(missing | set(prediction.switched_off))


def silent_layers(masked: FloatArray, present: tuple[bool, ...]) -> tuple[int, ...]:
    """Return the layers, ``masked`` being ``(layer, modality)``, in which every present modality is masked."""
    here = np.array(present, dtype=bool)
    if not here.any():
        return ()
    return tuple(int(layer) for layer in np.flatnonzero((masked[:, here] > 0).all(axis=1)))


def _cell(share: float, masked: bool, present: bool) -> str:
    if not present:
        return "missing"
    return f"{share:.2f}  ✕ masked" if masked else f"{share:.2f}"


def plot_layer_confidence(trace: Trace, prediction: Prediction, utterance: str, mode: Mode = "light") -> go.Figure:
    """Draw the layer x modality heatmap of one utterance; masked cells and silent layers are named.

    Args:
        trace: holds ``confidence``, ``raw_confidence`` and ``masked``, each ``(utterance, layer, modality)``
        prediction: of the same forward pass; tells which modalities are absent
        utterance: id of the utterance that is shown
        mode: light or dark theme
    """
    array = trace.array("confidence")
    shares, masked = row_of(array, utterance), row_of(trace.array("masked"), utterance)
    absent = absent_modalities(prediction, utterance)
    present = tuple(modality not in absent for modality in array.ticks[2])
    layers = list(array.ticks[1])
    text = [
        [_cell(float(s), m > 0, p) for s, m, p in zip(*row, present, strict=True)]
        for row in zip(shares, masked, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.where(np.array(present), shares, np.nan),
            x=[modality_title(m) for m in array.ticks[2]],  # type: ignore[arg-type]
            y=layers,
            customdata=np.stack([row_of(trace.array("raw_confidence"), utterance), masked], axis=-1),
            text=text,
            texttemplate="%{text}",
            textfont={"size": 13},
            colorscale=[list(stop) for stop in TOKENS[mode].scale],
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            hoverongaps=False,
            name="confidence",
            colorbar={"title": {"text": "share"}, "thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
            hovertemplate="layer %{y}, %{x}<br>share %{z:.3f}<br>raw %{customdata[0]:.3f}<extra></extra>",
        )
    )
    passes_nothing = BOTH_MASKED if all(present) else ONE_MASKED
    for layer in silent_layers(masked, present):
        figure.add_annotation(x=0.5, xref="paper", y=layer, yshift=-16, text=passes_nothing, showarrow=False)
    figure.update_xaxes(title_text="modality", type="category", showgrid=False)
    figure.update_yaxes(title_text="fusion layer", type="category", showgrid=False)
    figure = styled(figure, mode, 90 + 60 * max(len(layers), 2))
    figure.update_layout(margin={"t": 8})
    return figure


def example() -> go.Figure:
    """Return the figure of one utterance with a masked and a silent layer."""
    ticks = (("u1",), ("4", "5", "6"), ("t", "a"))
    shares = [[[0.94, 0.06], [0.71, 0.29], [0.5, 0.5]]]
    arrays = tuple(
        TraceArray(name, ("utterance", "layer", "modality"), ticks, frozen_array(values), name)
        for name, values in (
            ("confidence", shares),
            ("raw_confidence", shares),
            ("masked", [[[0, 1], [0, 0], [1, 1]]]),
        )
    )
    model = ModelRef("dq_former", "0" * 64, MELD7)
    prediction = Prediction("d", model, ("u1",), frozen_array(np.full((1, 7), 1 / 7)), True, missing=())
    return plot_layer_confidence(Trace("d", model, arrays), prediction, "u1")


def missing_example() -> go.Figure:
    """Return the figure of one utterance without sound."""
    ticks = (("u1",), ("4", "5", "6"), ("t", "a"))
    arrays = tuple(
        TraceArray(name, ("utterance", "layer", "modality"), ticks, frozen_array(values), name)
        for name, values in (
            ("confidence", [[[1, 0]] * 3]),
            ("raw_confidence", [[[0.8, 0.5]] * 3]),
            ("masked", [[[0, 0]] * 3]),
        )
    )
    model, gone = ModelRef("dq_former", "0" * 64, MELD7), (Missing("u1", "a", "no audio track"),)
    prediction = Prediction("d", model, ("u1",), frozen_array(np.full((1, 7), 1 / 7)), True, missing=gone)
    return plot_layer_confidence(Trace("d", model, arrays), prediction, "u1")
