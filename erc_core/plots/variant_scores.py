"""What variants of a model reach beside the model as it is (DF-ERC's Tables 2 and 3, AMuSE's III to V, and others)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.colors import qualitative

from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import Interval

ROW_PX = 26


@dataclass(frozen=True, slots=True)
class VariantScore:
    """What one variant reaches: its name, the figure with its interval, and how many utterances or trainings it is of.

    ``value`` has no width where only the figure is known.
    """

    name: str
    value: Interval
    count: int


def plot_variant_scores(
    series: Sequence[tuple[str, Sequence[VariantScore]]],
    whole: Sequence[tuple[str, float]],
    figure_name: str,
    counted: str = "utterances",
    mode: Mode = "light",
) -> go.Figure:
    """Draw a row a variant, a dot with its interval a series, and a dashed line at the model as it is.

    Args:
        series: by what the variants were measured on or how, their scores; the first ones give the order
        whole: names of lines and where they are, such as the model as it is
        figure_name: what is measured, for the axis
        counted: what the scores' counts are of
        mode: light or dark theme
    """
    colors = [TOKENS[mode].accent, *qualitative.Safe]
    figure = go.Figure(
        [_dots(name, scores, colors[k % len(colors)], counted) for k, (name, scores) in enumerate(series)]
    )
    for name, value in whole:
        figure.add_vline(
            x=value, line={"dash": "dash", "width": 1.5, "color": TOKENS[mode].muted}, annotation_text=name,
            annotation_position="top left",
        )  # fmt: skip
    rows = list(dict.fromkeys(score.name for _, scores in series for score in scores))
    figure.update_xaxes(title_text=figure_name)
    figure.update_yaxes(title_text="variant", type="category", categoryorder="array", categoryarray=rows[::-1])
    figure.update_layout(scattermode="group", showlegend=len(series) > 1)
    return styled(figure, mode, 110 + ROW_PX * max(1, len(rows)) * max(1, min(len(series), 3)) // 2 + 40)


def _dots(name: str, scores: Sequence[VariantScore], color: str, counted: str) -> go.Scatter:
    return go.Scatter(
        x=[score.value.value for score in scores],
        y=[score.name for score in scores],
        name=name,
        offsetgroup=name,
        mode="markers",
        marker={"color": color, "size": 9},
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.4, "width": 4,
            "array": [max(score.value.high - score.value.value, 0) for score in scores],
            "arrayminus": [max(score.value.value - score.value.low, 0) for score in scores],
        },
        customdata=[[score.count, score.value.low, score.value.high] for score in scores],
        hovertemplate="%{y}: %{x:.4f}<br>%{customdata[1]:.4f} to %{customdata[2]:.4f}<br>%{customdata[0]} "
        + counted + "<extra>" + name + "</extra>",
    )  # fmt: skip


def example() -> go.Figure:
    """Return the figure of two variants, measured in two ways."""
    first = [
        VariantScore("no CFM", Interval(0.71, 0.68, 0.74), 1109),
        VariantScore("no DDM", Interval(0.73, 0.7, 0.76), 1109),
    ]
    second = [VariantScore("no CFM", Interval(0.62, 0.52, 0.71), 101)]
    return plot_variant_scores([("composite dev", first), ("examples", second)], [("as it is", 0.76)], "weighted F1")
