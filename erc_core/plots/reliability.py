"""Whether probabilities mean what they say: how many are right among those of alike confidence."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, faded, styled


def plot_reliability(
    confidence: Sequence[float], accuracy: Sequence[float], counts: Sequence[int], mode: Mode = "light"
) -> go.Figure:
    """Draw a dot for each bin of predictions beside the line of perfect calibration.

    Args:
        confidence: mean probability of the predicted label in each bin
        accuracy: share of right predictions in each bin
        counts: predictions in each bin; a dot's area follows it
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    most = max(counts, default=1)
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", name="perfectly calibrated", hoverinfo="skip",
                line={"color": tokens.muted, "dash": "dot", "width": 1.5},
            ),
            go.Scatter(
                x=list(confidence), y=list(accuracy), mode="markers+lines", name="this model", customdata=list(counts),
                line={"color": tokens.accent, "width": 1.5},
                marker={
                    "color": faded(tokens.accent, 0.75), "line": {"color": tokens.accent, "width": 1},
                    "size": [8 + 20 * (count / most) ** 0.5 for count in counts],
                },
                hovertemplate="said %{x:.2f}, right %{y:.2f}<br>%{customdata} utterances<extra></extra>",
            ),
        ]
    )  # fmt: skip
    figure.update_xaxes(title_text="mean probability of the predicted emotion", range=[0, 1.06])
    figure.update_yaxes(title_text="share of right predictions", range=[0, 1.06])
    return styled(figure, mode, 400)


def example() -> go.Figure:
    """Return the figure of a model that is a little too sure."""
    return plot_reliability([0.35, 0.55, 0.75, 0.93], [0.33, 0.5, 0.66, 0.85], [40, 60, 80, 120])
