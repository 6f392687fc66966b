"""One figure of merit over the parts of a corpus, for one model or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.colors import qualitative

from erc_core.plots.theme import TOKENS, Mode, styled
from erc_core.types import Interval


@dataclass(frozen=True, slots=True)
class SliceScore:
    """What a model reaches on one part: the part's name, how many utterances, and the figure with its interval."""

    part: str
    count: int
    value: Interval


def plot_slice_scores(
    models: Sequence[tuple[str, Sequence[SliceScore]]], figure_name: str, mode: Mode = "light"
) -> go.Figure:
    """Draw a bar with its interval for each part, side by side where there are several models.

    Args:
        models: title of each model with its scores; the parts of the first one give the order
        figure_name: what is measured, for the axis
        mode: light or dark theme
    """
    colors = [TOKENS[mode].accent, *qualitative.Safe]
    figure = go.Figure(
        [
            go.Bar(
                x=[score.part for score in scores],
                y=[score.value.value for score in scores],
                name=title,
                marker={"color": colors[number % len(colors)]},
                error_y={
                    "type": "data", "symmetric": False, "thickness": 1.2, "width": 3, "color": TOKENS[mode].text,
                    "array": [max(score.value.high - score.value.value, 0) for score in scores],
                    "arrayminus": [max(score.value.value - score.value.low, 0) for score in scores],
                },
                customdata=[[score.count, score.value.low, score.value.high] for score in scores],
                hovertemplate="%{x}: %{y:.3f}<br>%{customdata[1]:.3f} to %{customdata[2]:.3f}<br>"
                "%{customdata[0]} utterances<extra>" + title + "</extra>",
            )
            for number, (title, scores) in enumerate(models)
        ]
    )  # fmt: skip
    figure.update_xaxes(title_text="part of the corpus", showgrid=False, type="category")
    figure.update_yaxes(title_text=figure_name, range=[0, 1.02])
    figure.update_layout(barmode="group", showlegend=len(models) > 1)
    return styled(figure, mode, 320)


def example() -> go.Figure:
    """Return the figure of one model that is best on short dialogues."""
    scores = [
        SliceScore("up to 6 utterances", 40, Interval(0.66, 0.5, 0.79)),
        SliceScore("7 to 10", 120, Interval(0.6, 0.51, 0.68)),
        SliceScore("11 to 16", 200, Interval(0.58, 0.52, 0.65)),
    ]
    return plot_slice_scores([("DQ-Former", scores)], "weighted F1")
