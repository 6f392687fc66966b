"""All evidence for one utterance on one time axis: words, sound, face and frame; green (+) for, red (−) against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.escape import escape
from erc_core.plots.theme import TOKENS, Mode, faded, signed_color, styled
from erc_core.types import FloatArray, Span

FAINTEST, STRONGEST = 0.08, 0.9
HALF = 0.36
ROW_PX = 58
MARGIN = 0.02  # of the utterance at both ends, so that the value of a short first word is seen


@dataclass(frozen=True, slots=True)
class EvidenceMark:
    """A unit on the time axis: what it is, when, and how much it speaks for (positive) or against the label."""

    text: str
    start_s: float
    end_s: float
    value: float


@dataclass(frozen=True, slots=True)
class EvidenceLane:
    """One kind of evidence: its marks, and what stands there where there are none."""

    title: str
    marks: tuple[EvidenceMark, ...]
    note: str = ""
    sound: bool = False


def signed_text(value: float) -> str:
    """Return a value with its sign, in two digits."""
    return f"{value:+.2f}".replace("-", "−")


def plot_evidence_time(
    span: Span, lanes: Sequence[EvidenceLane], envelope: FloatArray, mode: Mode = "light"
) -> go.Figure:
    """Draw a lane a kind of evidence, a box a unit, as strong as its value and coloured by its sign.

    Args:
        span: the utterance's time in the clip
        lanes: from top to bottom; the waveform lies under those with ``sound``
        envelope: lowest and highest sample of each stretch, ``(points, 2)``; no rows without sound
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    peak = max((abs(mark.value) for lane in lanes for mark in lane.marks), default=0.0) or 1.0
    figure = go.Figure()
    for row, lane in enumerate(lanes):
        if lane.sound and len(envelope):
            figure.add_trace(_waveform(span, envelope, row, mode))
        figure.add_trace(_boxes(lane, span, row, peak, mode))
        if not lane.marks:
            figure.add_annotation(
                text=lane.note or "not explained yet", x=(span.start_s + span.end_s) / 2, y=row, showarrow=False,
                name="note", font={"color": tokens.muted},
            )  # fmt: skip
    margin = MARGIN * (span.end_s - span.start_s)
    figure.update_xaxes(
        title_text="time in the clip (s)", range=[span.start_s - margin, span.end_s + margin], showgrid=False
    )
    figure.update_yaxes(
        title_text="evidence", tickvals=list(range(len(lanes))), ticktext=[lane.title for lane in lanes],
        range=[len(lanes) - 0.5, -0.5], showgrid=False,
    )  # fmt: skip
    figure = styled(figure, mode, 70 + ROW_PX * max(len(lanes), 1))
    for note in figure.layout.annotations:
        note.font.color = tokens.muted
    figure.update_layout(barmode="overlay", bargap=0, showlegend=False, margin={"t": 6})
    return figure


def _waveform(span: Span, envelope: FloatArray, row: int, mode: Mode) -> go.Scatter:
    at = np.linspace(span.start_s, span.end_s, len(envelope))
    height = HALF / max(1e-6, float(np.abs(envelope).max()))
    return go.Scatter(
        x=np.concatenate([at, at[::-1]]),
        y=np.concatenate([row - envelope[:, 1] * height, row - envelope[::-1, 0] * height]),
        fill="toself",
        mode="lines",
        line={"width": 0.5, "color": TOKENS[mode].muted},
        fillcolor=faded(TOKENS[mode].muted, 0.4),
        name="waveform",
        hoverinfo="skip",
    )


def _boxes(lane: EvidenceLane, span: Span, row: int, peak: float, mode: Mode) -> go.Bar:
    strength = [FAINTEST + (STRONGEST - FAINTEST) * abs(mark.value) / peak for mark in lane.marks]
    colors = [faded(signed_color(mark.value, mode), alpha) for mark, alpha in zip(lane.marks, strength, strict=True)]
    starts = [max(mark.start_s, span.start_s) for mark in lane.marks]
    return go.Bar(
        x=[min(mark.end_s, span.end_s) - start_s for mark, start_s in zip(lane.marks, starts, strict=True)],
        base=starts,
        y=[row] * len(lane.marks),
        width=2 * HALF,
        orientation="h",
        marker={"color": colors, "line": {"width": 1, "color": [signed_color(m.value, mode) for m in lane.marks]}},
        # A stretch of sound stands where its name says that it is.
        text=[
            signed_text(m.value) if lane.sound else f"{escape(m.text)}<br>{signed_text(m.value)}" for m in lane.marks
        ],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": TOKENS[mode].text, "size": 11},
        constraintext="none",
        customdata=[(escape(mark.text), signed_text(mark.value), mark.start_s, mark.end_s) for mark in lane.marks],
        hovertemplate="%{customdata[0]} %{customdata[1]}<br>%{customdata[2]:.2f} to %{customdata[3]:.2f} s<extra>"
        + lane.title
        + "</extra>",
        name=lane.title,
    )


def example() -> go.Figure:
    """Return the figure of an utterance of two words whose face is not explained."""
    noise = np.abs(np.random.default_rng(0).normal(0, 0.2, 60))
    words = (EvidenceMark("wonderful", 1.0, 1.8, -0.1), EvidenceMark("news", 1.8, 2.4, 0.02))
    sound = (EvidenceMark("1.0 s", 1.0, 1.7, 0.4), EvidenceMark("1.7 s", 1.7, 2.4, 0.1))
    lanes = (EvidenceLane("Words", words), EvidenceLane("Sound", sound, sound=True), EvidenceLane("Face", ()))
    return plot_evidence_time(Span(1.0, 2.4), lanes, np.stack([-noise, noise], axis=1))
