"""How near each utterance lies to the prototype of each emotion (DF-ERC, eq. 18 and 19)."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, frame_column, label_style, pick_targets, pickable, styled
from erc_core.types import MELD7, TraceArray, frozen_array


def plot_prototype_map(similarity: TraceArray, selected: str, mode: Mode = "light") -> go.Figure:
    """Draw emotion x utterance; a ring marks the nearest prototype of each utterance.

    Args:
        similarity: cosine to each emotion's prototype, ``(utterance, label)``
        selected: id of the utterance that is framed
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    utterances, labels = similarity.ticks
    values = similarity.values
    marked = [label_style(label, mode).marked for label in labels]
    nearest = values.argmax(axis=1)
    bound = max(float(np.abs(values).max(initial=0)), 1e-3)
    low = 0.0 if float(values.min(initial=0)) >= 0 else -bound
    heat = go.Heatmap(
        z=values.T, x=list(utterances), y=marked, zmin=low, zmax=bound, xgap=1, ygap=1, name="similarity",
        colorscale=[list(stop) for stop in tokens.scale], hoverinfo="skip",
        colorbar={"title": {"text": "cosine"}, "thickness": 10, "outlinewidth": 0, "nticks": 4},
    )  # fmt: skip
    rings = go.Scatter(
        x=list(utterances), y=[marked[i] for i in nearest], mode="markers", name="nearest prototype",
        customdata=[[u] for u in utterances], hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 13, "color": tokens.text, "line": {"width": 2}},
    )  # fmt: skip
    cells = [(i, j) for i in range(len(utterances)) for j in range(len(labels))]
    targets = pick_targets(
        [utterances[i] for i, _ in cells],
        [marked[j] for _, j in cells],
        [utterances[i] for i, _ in cells],
        [f"{utterances[i]}, {labels[j]}: {values[i, j]:.3f}" for i, j in cells],
    )
    figure = go.Figure([heat, rings, targets])
    frame_column(figure, utterances, selected, mode, -0.5, len(labels) - 0.5)
    figure.update_xaxes(title_text="utterance", type="category", showgrid=False)
    figure.update_yaxes(title_text="emotion", type="category", showgrid=False, autorange="reversed")
    return pickable(styled(figure, mode, 90 + 26 * len(labels)))


def example() -> go.Figure:
    """Return the figure of three utterances."""
    values = np.linspace(-0.4, 0.9, 21).reshape(3, 7)
    ticks = (("u1", "u2", "u3"), MELD7.labels)
    return plot_prototype_map(
        TraceArray("prototype_similarity", ("utterance", "label"), ticks, frozen_array(values), "cosine"), "u3"
    )
