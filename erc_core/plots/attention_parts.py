"""Where inside an utterance a mode looks: at which part of the words, of the sound, of the keyframes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, modality_title, styled
from erc_core.types import MODALITIES, TraceArray, frozen_array

PARTS = {"t": "piece of the words", "a": "stretch of the sound", "v": "keyframe"}


def _part_names(modality: str, count: int) -> list[str]:
    """Return what stands under the columns; a face and a background a keyframe, as AMuSE reads them."""
    if modality == "v" and count % 2 == 0:
        return [f"{what} {i + 1}" for what in ("face", "back") for i in range(count // 2)]
    return [str(i + 1) for i in range(count)]


def plot_attention_parts(arrays: Sequence[TraceArray], selected: str, mode: Mode = "light") -> go.Figure:
    """Draw a panel a mode that is looked at: a row a mode that looks, a column a part of the utterance.

    A cell is the part's share of the attention to its mode, as a multiple of what an even spread would give.

    Args:
        arrays: named ``NAME/LOOKS-LOOKED_AT``, each ``(utterance, position)``; the number of positions differs
        selected: id of the utterance
        mode: light or dark theme
    """
    pairs = {tuple(array.name.rsplit("/", 1)[-1].split("-")): array for array in arrays}
    shown = [m for m in MODALITIES if any(target == m for _, target in pairs)]
    figure = make_subplots(rows=len(shown), cols=1, subplot_titles=[f"at: {modality_title(m)}" for m in shown],
                           vertical_spacing=0.21)  # fmt: skip
    for row, target in enumerate(shown, start=1):
        looking = [m for m in MODALITIES if (m, target) in pairs]
        values = [pairs[m, target].values[pairs[m, target].ticks[0].index(selected)] for m in looking]
        count = int(np.max([np.flatnonzero(v)[-1] + 1 if v.any() else 1 for v in values]))
        names, titles = _part_names(target, len(values[0])), [modality_title(m) for m in looking]
        keep = len(names) if target == "v" else count  # what no utterance of this length has is left out
        parts = np.stack(values)[:, :keep]
        even = parts / np.maximum(parts.sum(1, keepdims=True), 1e-9) * keep
        heat = go.Heatmap(
            z=even, x=names[:keep], y=titles, coloraxis="coloraxis", xgap=1, ygap=2,
            hovertemplate="%{y} looks at " + PARTS[target] + " %{x}: %{z:.2f} times an even share<extra></extra>",
            name=target,
        )  # fmt: skip
        figure.add_trace(heat, row=row, col=1)
        figure.update_xaxes(title_text=PARTS[target], type="category", showgrid=False, row=row, col=1)
        figure.update_yaxes(title_text="looks", type="category", showgrid=False, autorange="reversed", row=row, col=1)
    bar = {"title": {"text": "times<br>even"}, "thickness": 10, "outlinewidth": 0, "nticks": 4}
    scale = [list(stop) for stop in TOKENS[mode].scale]
    figure.update_layout(coloraxis={"colorscale": scale, "cmin": 0, "cmax": 2, "colorbar": bar})
    return styled(figure, mode, 60 + 130 * max(1, len(shown)))


def example() -> go.Figure:
    """Return the figure of an utterance with four pieces of words and two keyframes."""
    ticks = (("u1",), ("1", "2", "3", "4"))
    arrays = tuple(
        TraceArray(f"man_attention/{pair}", ("utterance", "position"), ticks, frozen_array([values]), "attention")
        for pair, values in (("a-t", (0.1, 0.6, 0.2, 0.1)), ("t-v", (0.4, 0.1, 0.3, 0.2)))
    )
    return plot_attention_parts(arrays, "u1")
