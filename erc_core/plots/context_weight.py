"""How alike an utterance's modalities are, and how much context that lets in (DF-ERC, eq. 20 to 22)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, faded, frame_column, modality_title, pickable, styled
from erc_core.types import TraceArray, frozen_array

DASHES = ("dot", "dash", "dashdot")
LOW, HIGH = -1.08, 2.08


def _pair_title(pair: str) -> str:
    """Return the names of a pair such as ``t-a``; a pair of other letters stays as it is."""
    parts = pair.split("-")
    if all(part in ("t", "a", "v") for part in parts):
        return " and ".join(modality_title(part) for part in parts).capitalize()  # type: ignore[arg-type]
    return pair


def plot_context_weight(similarity: TraceArray, psi: TraceArray, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw the cosines and their mean psi above, the context's weight 1 - psi below; a negative psi has its own mark.

    Args:
        similarity: cosine of each pair of modalities, ``(utterance, pair)``, NaN where a modality is absent
        psi: their mean, ``(utterance, value)`` with one value, in [-1, 1]
        selected: id of the utterance that is framed
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    utterances, pairs = similarity.ticks
    mean, names = psi.values[:, 0], list(utterances)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.14, row_heights=[0.58, 0.42],
        subplot_titles=["How alike the modalities are", "How much context comes in"],
    )  # fmt: skip
    for column, pair in enumerate(pairs):
        line = go.Scatter(
            x=names, y=similarity.values[:, column], mode="lines+markers", name=_pair_title(pair),
            customdata=[[u] for u in names], marker={"size": 5, "color": tokens.muted},
            line={"color": tokens.muted, "width": 1.2, "dash": DASHES[column % len(DASHES)]},
            hovertemplate="%{x}<br>cosine %{y:.3f}<extra>" + _pair_title(pair) + "</extra>",
        )  # fmt: skip
        figure.add_trace(line, row=1, col=1)
    signs = ["diamond-open" if value < 0 else "circle" for value in mean]
    psi_line = go.Scatter(
        x=names, y=mean, mode="lines+markers", name="ψ, their mean", customdata=[[u] for u in names],
        line={"color": tokens.accent, "width": 2.5},
        marker={"size": [12 if value < 0 else 7 for value in mean], "symbol": signs, "color": tokens.accent},
        hovertemplate="%{x}<br>ψ %{y:.3f}<extra></extra>",
    )  # fmt: skip
    weight = go.Bar(
        x=names, y=1 - mean, name="1 - ψ", customdata=[[u] for u in names],
        marker={"color": faded(tokens.accent, 0.75), "line": {"width": 0}},
        hovertemplate="%{x}<br>1 - ψ %{y:.3f}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(psi_line, row=1, col=1)
    figure.add_trace(weight, row=2, col=1)
    figure.add_hline(y=0, line={"color": tokens.text, "width": 1}, row=1, col=1)
    figure.add_hline(y=1, line={"color": tokens.text, "width": 1, "dash": "dot"}, row=2, col=1)
    frame_column(figure, utterances, selected, mode, LOW, HIGH)
    figure.update_yaxes(title_text="cosine", range=[LOW, 1.08], tickvals=[-1, 0, 1], row=1, col=1)
    figure.update_yaxes(title_text="1 - ψ", range=[0, HIGH], tickvals=[0, 1, 2], row=2, col=1)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title_text="utterance", row=2, col=1)
    figure = pickable(styled(figure, mode, 380))
    figure.update_layout(bargap=0.35, legend={"y": 1.09}, margin={"t": 48})
    return figure


def example() -> go.Figure:
    """Return the figure of three utterances, the second with a negative psi."""
    ids, pairs = ("u1", "u2", "u3"), ("t-a", "t-v", "a-v")
    cosines = np.array([[0.8, 0.6, 0.7], [-0.5, -0.3, 0.2], [0.1, 0.4, np.nan]])
    similarity = TraceArray("similarity", ("utterance", "pair"), (ids, pairs), frozen_array(cosines), "cosines")
    mean = np.nanmean(cosines, axis=1, keepdims=True)
    psi = TraceArray("psi", ("utterance", "value"), (ids, ("psi",)), frozen_array(mean), "psi")
    return plot_context_weight(similarity, psi, "u2")
