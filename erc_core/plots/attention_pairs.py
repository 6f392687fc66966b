"""Where one utterance looks, for every pair of modalities at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.attention_map import window
from erc_core.plots.theme import TOKENS, Mode, frame_column, modality_title, pick_targets, pickable, styled
from erc_core.types import TraceArray, frozen_array


def pair_title(name: str) -> str:
    """Return the names of a pair such as ``t-a`` in the order in which one looks at the other."""
    parts = name.rsplit("/", maxsplit=1)[-1].split("-")
    if len(parts) == 2 and all(part in ("t", "a", "v") for part in parts):
        return " → ".join(modality_title(part) for part in parts)  # type: ignore[arg-type]
    return name.rsplit("/", maxsplit=1)[-1]


def plot_attention_pairs(arrays: Sequence[TraceArray], selected: str, mode: Mode = "light") -> go.Figure:
    """Draw a row a pair, a column an utterance that is looked at by the chosen one.

    Args:
        arrays: at least one, each ``(utterance, attended)``
        selected: id of the utterance that looks
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    utterances = arrays[0].ticks[0]
    part = window(utterances, selected)
    ids = utterances[part]
    values = np.stack([array.values[utterances.index(selected), part] for array in arrays])
    titles = [pair_title(array.name) for array in arrays]
    heat = go.Heatmap(
        z=values, x=list(ids), y=titles, zmin=0, zmax=max(float(np.nanmax(values, initial=0)), 1e-6), xgap=1, ygap=2,
        colorscale=[list(stop) for stop in tokens.scale], name="attention", hoverinfo="skip",
        colorbar={"title": {"text": "attention"}, "thickness": 10, "outlinewidth": 0, "nticks": 4},
    )  # fmt: skip
    cells = [(i, j) for i in range(len(arrays)) for j in range(len(ids))]
    targets = pick_targets(
        [ids[j] for _, j in cells],
        [titles[i] for i, _ in cells],
        [ids[j] for _, j in cells],
        [f"{titles[i]}: {selected} looks at {ids[j]} with {values[i, j]:.3f}" for i, j in cells],
    )
    figure = go.Figure([heat, targets])
    frame_column(figure, ids, selected, mode, -0.5, len(arrays) - 0.5)
    figure.update_xaxes(title_text=f"utterance that {selected} looks at", type="category", showgrid=False)
    figure.update_yaxes(title_text="looks with → at", type="category", showgrid=False, autorange="reversed")
    return pickable(styled(figure, mode, 100 + 26 * max(3, len(arrays))))


def example() -> go.Figure:
    """Return the figure of three utterances and two pairs."""
    ids = ("u1", "u2", "u3")
    values = frozen_array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.1, 0.8, 0.1]])
    array = TraceArray("attention/t-a", ("utterance", "attended"), (ids, ids), values, "attention")
    return plot_attention_pairs((array, replace(array, name="attention/t-v")), "u2")
