"""Utterances one below the other: waveform and words beside each layer's confidences (DQ-Former, Fig. 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, faded, modality_color, modality_title, styled
from erc_core.types import FloatArray, Modality, Span

CASE_PX = 168
WORDS_A_LINE = 96


@dataclass(frozen=True, slots=True)
class Case:
    """One utterance.

    Attributes:
        kind: which modality leads
        words: the transcript, escaped; empty where it is not known
        answers: what the truth is and what each modality alone and both say, as one line, escaped
        span: its time in the clip
        envelope: lowest and highest sample of each stretch, ``(points, 2)``; no rows without sound
        shares: normalised confidence of each layer and modality, ``(I, M)``; NaN where a modality is absent
    """

    kind: str
    words: str
    answers: str
    span: Span
    envelope: FloatArray
    shares: FloatArray


def plot_case_study(
    cases: Sequence[Case], layers: Sequence[str], modalities: Sequence[Modality], tau: float, mode: Mode = "light"
) -> go.Figure:
    """Draw a row a case: on the left its waveform, on the right the confidences layer by layer with the threshold.

    Args:
        cases: at least one
        layers: names of the I layers
        modalities: the M modalities
        tau: the mask threshold
        mode: light or dark theme
    """
    titles = [text for case in cases for text in (_title(case), "")]
    figure = make_subplots(
        len(cases), 2, column_widths=[0.62, 0.38], subplot_titles=titles, horizontal_spacing=0.09,
        vertical_spacing=0.42 / max(len(cases), 1),
    )  # fmt: skip
    loudest = max((float(np.abs(case.envelope).max()) for case in cases if len(case.envelope)), default=1.0) or 1.0
    for row, case in enumerate(cases, 1):
        figure.add_trace(_waveform(case, loudest, mode), row, 1)
        if not len(case.envelope):
            middle = (case.span.start_s + case.span.end_s) / 2
            figure.add_annotation(text="no recording here", x=middle, y=0, showarrow=False, row=row, col=1)
        for k, modality in enumerate(modalities):
            figure.add_trace(_bars(case, k, modality, layers, row == 1, mode), row, 2)
        line = {"dash": "dash", "width": 1.5, "color": TOKENS[mode].muted}
        figure.add_hline(y=tau, line=line, annotation_text=f"τ = {tau:g}" if row == 1 else "", row=row, col=2)
        figure.update_xaxes(range=[case.span.start_s, case.span.end_s], showgrid=False, row=row, col=1)
    figure.update_xaxes(title_text="time in the clip (s)", row=len(cases), col=1)
    figure.update_xaxes(title_text="fusion layer", row=len(cases), col=2)
    figure.update_xaxes(type="category", showgrid=False, col=2)
    figure.update_yaxes(title_text="loudness", range=[-1.05, 1.05], showticklabels=False, showgrid=False, col=1)
    figure.update_yaxes(title_text="confidence", range=[0, 1.02], col=2)
    figure.update_layout(barmode="group", showlegend=True, legend={"y": 1 + 0.3 / len(cases)}, margin={"t": 84})
    figure = styled(figure, mode, 90 + CASE_PX * len(cases))
    for note in figure.layout.annotations:
        if note.text in titles and note.text:
            note.update(x=0, xanchor="left", align="left")
    return figure


def _title(case: Case) -> str:
    words = case.words if len(case.words) <= WORDS_A_LINE else f"{case.words[: WORDS_A_LINE - 1].rsplit(' ', 1)[0]} …"
    said = f"“{words}”" if words else "no words known"
    return f"<b>{case.kind}</b>: {said}<br>{case.answers}"


def _waveform(case: Case, loudest: float, mode: Mode) -> go.Scatter:
    at = np.linspace(case.span.start_s, case.span.end_s, len(case.envelope))
    heights = np.asarray(case.envelope) / loudest
    return go.Scatter(
        x=np.concatenate([at, at[::-1]]),
        y=np.concatenate([heights[:, 1], heights[::-1, 0]]) if len(heights) else np.zeros(0),
        fill="toself",
        mode="lines",
        line={"width": 0.6, "color": modality_color("a", mode)},
        fillcolor=faded(modality_color("a", mode), 0.45),
        name="waveform",
        showlegend=False,
        hoverinfo="skip",
    )


def _bars(case: Case, k: int, modality: Modality, layers: Sequence[str], legend: bool, mode: Mode) -> go.Bar:
    title = modality_title(modality)
    return go.Bar(
        x=list(layers),
        y=case.shares[:, k],
        name=title,
        legendgroup=title,
        showlegend=legend,
        marker={"color": modality_color(modality, mode)},
        hovertemplate="layer %{x}: %{y:.2f}<extra>" + title + "</extra>",
    )


def example() -> go.Figure:
    """Return the figure of an audio-dominated utterance with a waveform and a text-dominated one without."""
    rng = np.random.default_rng(0)
    wave = np.abs(rng.normal(0, 0.2, 80)) * np.hanning(80)
    loud = Case(
        "audio-dominated", "What did you say?", "truth anger · words neutral · voice anger · both anger",
        Span(1.0, 2.6), np.stack([-wave, wave], 1), np.array([[0.2, 0.8], [0.3, 0.7], [0.35, 0.65]]),
    )  # fmt: skip
    told = Case(
        "text-dominated", "That is wonderful news!", "truth joy · words joy · voice neutral · both joy",
        Span(4.0, 5.5), np.zeros((0, 2)), np.array([[0.8, 0.2], [0.9, 0.1], [0.95, 0.05]]),
    )  # fmt: skip
    return plot_case_study([loud, told], ("4", "5", "6"), ("t", "a"), 0.1)
