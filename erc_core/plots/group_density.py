"""How one value is spread in two groups of utterances, with a threshold (DQ-Former, Fig. 4)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from scipy.stats import gaussian_kde

from erc_core.plots.theme import TOKENS, Mode, modality_color, styled
from erc_core.types import FloatArray, Modality

BINS = 20
FEW = 5  # a density of fewer values says nothing


def plot_group_density(
    groups: Mapping[str, tuple[Modality, FloatArray]],
    value_name: str,
    threshold: float | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """Draw a histogram and its kernel density estimate for each group.

    Args:
        groups: by name, the modality whose colour the group has and its values in [0, 1]
        value_name: what the values are
        threshold: where a line is drawn
        mode: light or dark theme
    """
    figure = go.Figure()
    at = np.linspace(0, 1, 201)
    for name, (modality, values) in groups.items():
        color = modality_color(modality, mode)
        figure.add_histogram(
            x=values, name=name, marker={"color": color}, opacity=0.4,
            xbins={"start": 0, "end": 1, "size": 1 / BINS}, hovertemplate="%{x}: %{y}<extra>" + name + "</extra>",
        )  # fmt: skip
        if len(values) >= FEW and np.ptp(values) > 0:
            density = gaussian_kde(values)(at) * len(values) / BINS
            figure.add_scatter(
                x=at, y=density, mode="lines", name=f"{name}, density", line={"color": color, "width": 2},
                showlegend=False, hoverinfo="skip",
            )  # fmt: skip
    if threshold is not None:
        line = {"dash": "dash", "width": 1.5, "color": TOKENS[mode].muted}
        figure.add_vline(x=threshold, line=line, annotation_text=f"τ = {threshold:g}")
    figure.update_xaxes(title_text=value_name, range=[0, 1])
    figure.update_yaxes(title_text="utterances")
    figure.update_layout(barmode="overlay", showlegend=True)
    return styled(figure, mode, 320)


def example() -> go.Figure:
    """Return the figure of two groups that a value tells apart."""
    rng = np.random.default_rng(0)
    text, sound = np.clip(rng.normal(0.35, 0.1, 60), 0, 1), np.clip(rng.normal(0.6, 0.1, 25), 0, 1)
    groups: dict[str, tuple[Modality, FloatArray]] = {"text-dominated": ("t", text), "audio-dominated": ("a", sound)}
    return plot_group_density(groups, "acoustic confidence", 0.1)
