"""Means of several values and the F1 over groups of utterances (DF-ERC, Fig. 6, 7 and 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, styled

DASHES = ("solid", "dash", "dot", "dashdot")


def plot_group_curves(
    groups: Sequence[str],
    values: Mapping[str, Sequence[float]],
    f1: Mapping[str, Sequence[float]],
    names: tuple[str, str, str],
    colors: Mapping[str, str] | None = None,
    dashes: Mapping[str, str] | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """Draw the values as lines on the left axis and the F1 as bars on the right one.

    Args:
        groups: the groups' names, in order
        values: by series, the mean in each group
        f1: by model or variant, the weighted F1 in each group
        names: what the groups are, what the values are, what the bars are
        colors: of the series; else the accent with another dash for each
        dashes: of the series, such as those of a variant
        mode: light or dark theme
    """
    token = TOKENS[mode]
    figure = go.Figure()
    for number, (name, bars) in enumerate(f1.items()):
        figure.add_bar(
            x=list(groups), y=list(bars), name=f"{names[2]}: {name}" if len(f1) > 1 else names[2], yaxis="y2",
            marker={"color": token.muted, "opacity": 0.22 + 0.2 * number},
            hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    for number, (name, line) in enumerate(values.items()):
        figure.add_scatter(
            x=list(groups), y=list(line), name=name, mode="lines+markers",
            line={
                "color": (colors or {}).get(name, token.accent), "width": 2.2,
                "dash": (dashes or {}).get(name, "solid" if colors else DASHES[number % len(DASHES)]),
            },
            hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text=names[0], type="category", showgrid=False)
    figure.update_layout(
        yaxis={"title": {"text": names[1]}},
        yaxis2={
            "title": {"text": names[2]}, "overlaying": "y", "side": "right", "range": [0, 1.02], "showgrid": False,
            "tickmode": "linear", "dtick": 0.25,
        },
        barmode="group",
        showlegend=True,
    )  # fmt: skip
    return styled(figure, mode, 340)


def example() -> go.Figure:
    """Return the figure of a similarity that rises with the F1."""
    groups = [f"{low} to {low + 20}%" for low in range(0, 100, 20)]
    return plot_group_curves(
        groups,
        {"mean ψ": [0.1, 0.3, 0.5, 0.6, 0.8]},
        {"DF-ERC": [0.6, 0.66, 0.7, 0.76, 0.85]},
        ("utterances by ψ, lowest first", "ψ", "weighted F1"),
    )
