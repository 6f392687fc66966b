"""How the predicted emotions follow each other in time."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from erc_core.escape import escape
from erc_core.plots.theme import TOKENS, Mode, label_style, styled
from erc_core.types import MELD7, Dialogue, ModelRef, Prediction, Shift, Utterance, frozen_array

STEPS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
MOST_TICKS = 10


def plot_trajectory(
    dialogue: Dialogue, prediction: Prediction, shifts: tuple[Shift, ...], selected: str, mode: Mode = "light"
) -> go.Figure:
    """Draw each utterance as a column as wide as it is long, filled by its probabilities; shifts stand above.

    Args:
        dialogue: gives the times
        prediction: gives the probabilities, ``(T, C)``, in the dialogue's order
        shifts: where a speaker's predicted emotion changes
        selected: id of the utterance that is framed
        mode: light or dark theme
    """
    tokens, spans = TOKENS[mode], dialogue.utterances
    middles = [(u.start_s + u.end_s) / 2 for u in spans]
    figure = go.Figure()
    for column, label in enumerate(prediction.model.labels):
        style = label_style(label, mode)
        figure.add_trace(
            go.Bar(
                x=middles,
                y=prediction.probabilities[:, column],
                width=[u.duration_s for u in spans],
                marker={"color": style.color, "line": {"width": 0}},
                name=style.marked,
                customdata=[(u.id, u.speaker) for u in spans],
                hovertemplate="%{customdata[0]} %{customdata[1]}<br>%{y:.3f}<extra>" + style.title + "</extra>",
            )
        )
    where = {u.id: u.start_s for u in spans}
    figure.add_trace(
        go.Scatter(
            x=[where[shift.utterance] for shift in shifts],
            y=[1.05] * len(shifts),
            mode="markers",
            marker={"symbol": "triangle-down", "size": 9, "color": tokens.text},
            text=[f"{escape(shift.speaker)}: {shift.before} → {shift.after}" for shift in shifts],
            name="shift",
            hovertemplate="%{text}<extra>shift</extra>",
        )
    )
    if selected in where:
        chosen = spans[dialogue.position(selected)]
        figure.add_shape(
            type="rect", x0=chosen.start_s, x1=chosen.end_s, y0=0, y1=1,
            line={"color": tokens.text, "width": 2}, name="selected",
        )  # fmt: skip
    # Of a few columns Plotly would number the middles, such as 2.1 and 5.55.
    step_s = _time_step_s(max((u.end_s for u in spans), default=0.0))
    figure.update_xaxes(title_text="time (s)", rangemode="tozero", showgrid=False, tick0=0, dtick=step_s)
    figure.update_yaxes(title_text="probability", range=[0, 1.12], tickvals=[0, 0.5, 1])
    figure = styled(figure, mode, 250)
    figure.update_layout(barmode="stack", bargap=0, legend={"traceorder": "normal"})
    return figure


def _time_step_s(end_s: float) -> float:
    """Return how far the axis's numbers are apart: a round step that gives at most ``MOST_TICKS``."""
    return next((step for step in STEPS_S if end_s <= MOST_TICKS * step), STEPS_S[-1])


def example() -> go.Figure:
    """Return the figure of three utterances with one shift."""
    spans = tuple(Utterance(f"u{i}", "Ada", "words", 2.0 * i, 2.0 * i + 1.5) for i in range(3))
    dialogue = Dialogue.of("example", "test", spans)
    rows = frozen_array(np.full((3, 7), 1 / 7))
    prediction = Prediction(dialogue.id, ModelRef("dq_former", "0" * 64, MELD7), ("u0", "u1", "u2"), rows, True)
    return plot_trajectory(dialogue, prediction, (Shift("u1", "Ada", "joy", "anger"),), "u1")
