"""One utterance's probabilities before and after a change."""

from __future__ import annotations

import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, label_style, signed_color, styled
from erc_core.types import MELD7, FloatArray, LabelSet, frozen_array

LEAST = 0.005  # a smaller difference is not written out


def plot_before_after(
    labels: LabelSet,
    before: FloatArray,
    after: FloatArray,
    mode: Mode = "light",
    names: tuple[str, str] = ("before", "after"),
) -> go.Figure:
    """Draw a bar a label for what is now, with a line where it was and the difference beside it.

    Args:
        labels: of the two distributions
        before: probabilities as it was, ``(C,)``
        after: probabilities as it is, ``(C,)``
        mode: light or dark theme
        names: what the two are called, for instance two models
    """
    tokens = TOKENS[mode]
    styles = [label_style(label, mode) for label in labels]
    ticks = [style.marked for style in styles]
    delta = after - before
    figure = go.Figure(
        go.Bar(
            x=after,
            y=ticks,
            orientation="h",
            marker={"color": [style.color for style in styles]},
            width=0.62,
            customdata=before,
            name=names[1],
            hovertemplate=f"%{{y}}: {names[0]} %{{customdata:.3f}}, {names[1]} %{{x:.3f}}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=before,
            y=ticks,
            mode="markers",
            marker={"symbol": "line-ns", "size": 20, "line": {"width": 3, "color": tokens.text}},
            name=names[0],
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[max(b, a) + 0.03 for b, a in zip(before, after, strict=True)],
            y=ticks,
            mode="text",
            text=[f"{value:+.2f}".replace("-", "−") if abs(value) >= LEAST else "" for value in delta],
            textposition="middle right",
            textfont={"color": [signed_color(float(value), mode) for value in delta], "size": 12},
            name="difference",
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.update_xaxes(title_text="probability", range=[0, 1.16], tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(title_text="emotion", autorange="reversed", showgrid=False, type="category")
    figure = styled(figure, mode, 300)
    figure.update_layout(legend={"itemclick": False, "itemdoubleclick": False})
    return figure


def example() -> go.Figure:
    """Return the figure of a fear that turned to sadness."""
    before = frozen_array([0.04, 0.02, 0.68, 0.04, 0.03, 0.02, 0.17])
    after = frozen_array([0.04, 0.02, 0.2, 0.52, 0.03, 0.02, 0.17])
    return plot_before_after(MELD7, before, after)
