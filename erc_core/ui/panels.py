"""Parts of pages: facts of an analysis, summaries, the way from utterance to utterance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from erc_core.escape import escape
from erc_core.models.base import ModelCard
from erc_core.plots.summary import plot_summary
from erc_core.plots.theme import Mode, label_style, modality_title
from erc_core.plots.trajectory import plot_trajectory
from erc_core.types import Analysis, Dialogue, Summary
from erc_core.ui.figure_files import note_figure, plot_config
from erc_core.ui.notices import PERCEIVED, heading

CALIBRATED = "Of the answers with a probability of 0.7, about 7 in 10 were right on data like the training's."
UNCALIBRATED = "A probability says only which emotion comes first, not how often such an answer is right."
MADE_BY = (
    "Which weights answered (the start of their checksum), in how many seconds beyond what another system had encoded "
    "already, on what, at which precision."
)
MEAN = "Mean of the calibrated probabilities, each utterance weighted by its duration; bootstrap over utterances, 95 %."


def draw_figure(figure: Any, key: str) -> None:
    """Draw a figure as this package styled it, with one button that saves it as SVG or PNG."""
    note_figure(figure, key)
    st.plotly_chart(figure, width="stretch", theme=None, key=key, config=plot_config())


@st.cache_resource(show_spinner=False, max_entries=600)
def _made(what: tuple[str, ...], _make: Callable[[], Any]) -> Any:
    return _make()


def draw_answer_figure(analysis: Analysis, key: str, about: Sequence[str], make: Callable[[], Any]) -> None:
    """Draw a figure that an analysis and a few words determine; sessions that see the same share it.

    Args:
        analysis: what is drawn
        key: names the figure on its page
        about: everything else that the figure depends on, such as the chosen utterance and the theme
        make: makes it, where nobody needed it before
    """
    asked = analysis.prediction
    knobs = (f"{knob.name}={knob.value}" for knob in asked.knobs)
    what = (key, analysis.dialogue.id, asked.model.sha256, "".join(asked.switched_off), *knobs, "", *about)
    draw_figure(_made(what, make), key)


def chip_html(label: str, mode: Mode, text: str = "") -> str:
    """Return a label's coloured chip as HTML."""
    style = label_style(label, mode)
    inside = escape(text or style.title)
    return f'<span class="chip" style="background:{style.color};color:{style.ink}">{style.glyph} {inside}</span>'


def finding_html(card: ModelCard) -> str:
    """Return what was measured of a system's own mechanism, as a note."""
    return f'<p class="note"><b>Measured:</b> {escape(card.finding)}</p>'


def facts_html(analysis: Analysis, card: ModelCard) -> str:
    """Return one line of what was analysed, by what, and where; what a figure means shows on hovering."""
    dialogue, prediction = analysis.dialogue, analysis.prediction
    known = [
        f"<b>{len(dialogue.utterances)}</b> utterances",
        f"<b>{len(dialogue.speakers)}</b> speakers",
        f"{_minutes(dialogue)}",
        f"<b>{escape(card.title)}</b> reads {_and([modality_title(m).lower() for m in card.modalities])}",
        f'<span title="{CALIBRATED if prediction.calibrated else UNCALIBRATED}">'
        f"{'calibrated probabilities' if prediction.calibrated else 'probabilities are <b>not</b> calibrated'}</span>",
        f'<span title="{MADE_BY}">weights {escape(prediction.model.sha256[:8])}, {_seconds(prediction.seconds)} on '
        f"{escape(prediction.device)}, {escape(prediction.precision)}</span>",
    ]
    return f'<p class="facts">{"".join(f"<span>{item}</span>" for item in known)}</p>'


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else "under 0.1 s"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _minutes(dialogue: Dialogue) -> str:
    last_s = max((u.end_s for u in dialogue.utterances), default=0.0)
    seconds = dialogue.media.duration_s if dialogue.media else last_s
    minutes, tenths = divmod(round(10 * seconds), 600)  # rounded first, so that 59.96 s is 1:00.0
    return f"<b>{minutes}:{tenths / 10:04.1f}</b> min"


def draw_notes(analysis: Analysis) -> None:
    """Say once what is missing in the whole clip and what the core noted; an utterance's own gaps are on the stage."""
    everywhere = [
        f"{modality_title(modality)} is missing in every utterance: {reasons[0]}."
        for modality, reasons in _missing_everywhere(analysis).items()
    ]
    notes = dict.fromkeys((*analysis.dialogue.notes, *analysis.notes, *everywhere))
    if notes:
        st.html(f'<p class="note">{"<br>".join(escape(note) for note in notes)}</p>')


def _missing_everywhere(analysis: Analysis) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for item in analysis.prediction.missing:
        if item.modality not in analysis.prediction.switched_off:
            found.setdefault(item.modality, []).append(item.reason)
    return {
        modality: reasons for modality, reasons in found.items() if len(reasons) == len(analysis.dialogue.utterances)
    }


def _who(summary: Summary) -> str:
    name = summary.who or "Whole dialogue"
    return f"{name}: {summary.utterances} utterances, {summary.speech_s:.1f} s"


def _draw_summary(analysis: Analysis, summary: Summary, mode: Mode) -> None:
    st.html(f'<p class="who">{escape(_who(summary))}</p>')
    labels = analysis.prediction.model.labels
    draw_answer_figure(analysis, f"summary-{summary.who}", (mode,), lambda: plot_summary(summary, labels, mode))


def draw_summaries(analysis: Analysis, selected: str, mode: Mode) -> None:
    """Draw the whole dialogue, its speakers, the trajectory and the shifts."""
    heading("On the whole", f"A bar is the mean probability of an emotion, the line its interval. {MEAN}")
    summaries = ([analysis.whole] if analysis.whole else []) + list(analysis.speakers)
    across = min(4, max(2, len(summaries)))
    for first in range(0, len(summaries), across):
        for column, summary in zip(st.columns(across), summaries[first : first + across], strict=False):
            with column:
                _draw_summary(analysis, summary, mode)
    heading(
        "From utterance to utterance",
        "A column is an utterance, as wide as it is long, filled by its probabilities; a triangle is a shift: the "
        "speaker's predicted emotion differs from that of the speaker's utterance before.",
    )
    draw_answer_figure(
        analysis,
        "trajectory",
        (selected, mode),
        lambda: plot_trajectory(analysis.dialogue, analysis.prediction, analysis.shifts, selected, mode),
    )
    if analysis.shifts:
        items = "".join(
            f"<li><b>{escape(s.utterance)}</b> {escape(s.speaker)}: "
            f"{chip_html(s.before, mode)} → {chip_html(s.after, mode)}</li>"
            for s in analysis.shifts
        )
        st.html(f'<ul class="shifts">{items}</ul>')
    st.caption(PERCEIVED)
