"""Vectors laid out in a plane, coloured by what they are of (DF-ERC, Fig. 10; CMATH, Fig. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from erc_core.escape import escape
from erc_core.plots.theme import Mode, label_style, styled
from erc_core.types import FloatArray


def plot_embedding(
    places: FloatArray,
    groups: Sequence[str],
    names: Sequence[str],
    looks: Mapping[str, tuple[str, str]],
    mode: Mode = "light",
) -> go.Figure:
    """Draw a point for each vector.

    Args:
        places: where each is, ``(K, 2)``; distances between far groups mean nothing
        groups: what each is of
        names: what is said when one points at it
        looks: by group, its title and its colour
        mode: light or dark theme
    """
    own = np.asarray(groups)
    figure = go.Figure()
    for group, (title, color) in looks.items():
        which = own == group
        if which.any():
            figure.add_scatter(
                x=places[which, 0], y=places[which, 1], mode="markers", name=title,
                text=[escape(name) for name, shown in zip(names, which, strict=True) if shown],
                marker={"size": 7, "color": color, "opacity": 0.8},
                hovertemplate="%{text}<extra>" + title + "</extra>",
            )  # fmt: skip
    figure.update_xaxes(title_text="t-SNE, first axis", showticklabels=False, zeroline=False)
    figure.update_yaxes(title_text="t-SNE, second axis", showticklabels=False, zeroline=False)
    figure.update_layout(showlegend=True)
    return styled(figure, mode, 380)


def label_looks(labels: Sequence[str], mode: Mode) -> dict[str, tuple[str, str]]:
    """Return title and colour of each label."""
    styles = {label: label_style(label, mode) for label in labels}
    return {label: (style.marked, style.color) for label, style in styles.items()}


def example() -> go.Figure:
    """Return the figure of two emotions that lie apart."""
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(-3, 1, (20, 2)), rng.normal(3, 1, (20, 2))])
    groups = ["joy"] * 20 + ["anger"] * 20
    return plot_embedding(places, groups, [f"u{i}" for i in range(40)], label_looks(("joy", "anger"), "light"))
