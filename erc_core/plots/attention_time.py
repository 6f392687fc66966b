"""Where in the sound the fusion queries look: attention over the waveform."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.plots.theme import TOKENS, Mode, faded, modality_color, styled
from erc_core.types import FloatArray, Span


def plot_attention_time(envelope: FloatArray, attention: FloatArray, span: Span, mode: Mode = "light") -> go.Figure:
    """Draw the waveform of an utterance with the attention of its frames above it.

    Args:
        envelope: lowest and highest sample of each stretch, ``(points, 2)``; no rows where the sound is not at hand
        attention: weight of each acoustic frame, ``(L,)``; sums to one
        span: the stretch of the clip that the frames cover
        mode: light or dark theme
    """
    figure = go.Figure()
    if len(envelope):
        at = np.linspace(span.start_s, span.end_s, len(envelope))
        figure.add_trace(
            go.Scatter(
                x=np.concatenate([at, at[::-1]]),
                y=np.concatenate([envelope[:, 1], envelope[::-1, 0]]),
                fill="toself",
                mode="lines",
                line={"width": 0.5, "color": TOKENS[mode].muted},
                fillcolor=faded(TOKENS[mode].muted, 0.35),
                name="waveform",
                hoverinfo="skip",
                yaxis="y2",
            )
        )
    frames = np.linspace(span.start_s, span.end_s, len(attention) + 1)
    figure.add_trace(
        go.Scatter(
            x=(frames[:-1] + frames[1:]) / 2,
            y=attention,
            mode="lines",
            line={"width": 2, "color": modality_color("a", mode)},
            fill="tozeroy",
            fillcolor=faded(modality_color("a", mode), 0.22),
            name="attention",
            hovertemplate="%{x:.2f} s: %{y:.4f}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="time (s)", range=[span.start_s, span.end_s], showgrid=False)
    figure = styled(figure, mode, 220)
    figure.update_layout(
        yaxis={"title": {"text": "attention"}, "rangemode": "tozero"},
        yaxis2={"overlaying": "y", "side": "right", "range": [-1.05, 1.05], "visible": False},
    )
    return figure


def example() -> go.Figure:
    """Return the figure of a second of noise with one peak of attention."""
    noise = np.abs(np.random.default_rng(0).normal(0, 0.2, 80))
    attention = np.exp(-(np.linspace(-3, 3, 50) ** 2))
    return plot_attention_time(np.stack([-noise, noise], axis=1), attention / attention.sum(), Span(2.0, 3.0))
