"""The parts of the page Layer confidence: knobs, heatmaps, distributions and attention of DQ-Former."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from erc_core.escape import escape
from erc_core.plots.attention_time import plot_attention_time
from erc_core.plots.confidence_along import plot_confidence_along
from erc_core.plots.distributions import plot_distributions
from erc_core.plots.layer_confidence import absent_modalities, plot_layer_confidence, row_of, silent_layers
from erc_core.plots.theme import Mode, modality_title
from erc_core.types import Analysis, Modality, Span, TraceArray
from erc_core.ui.attention import join_pieces, pooled, words_html
from erc_core.ui.clips import envelope_of
from erc_core.ui.desk import Opened
from erc_core.ui.notices import ATTENTION, heading
from erc_core.ui.panels import chip_html, draw_answer_figure, finding_html
from erc_core.ui.places import link_to
from erc_core.ui.results import tokens_of
from erc_core.ui.state import TAU_HIGH, TAU_LOW, current_view, show_view

ALL_QUERIES = "mean of all"
LAYERED = "dq_former"  # the system that this page is about


def _tau_moved(own: float) -> None:
    tau = round(float(st.session_state["tau"]), 2)
    show_view(replace(current_view(), model=LAYERED, tau=None if tau == own else tau))


def _switched(modalities: tuple[Modality, ...]) -> None:
    on = st.session_state["on"]
    show_view(replace(current_view(), model=LAYERED, off=tuple(m for m in modalities if m not in on)))


def draw_other_system(opened: Opened) -> None:
    """End the page with where to go, where the chosen system has no confidences of layers."""
    if opened.analysis.trace.has("confidence"):
        return
    st.info(f"{opened.model.card.title} has no confidences of layers: only DQ-Former reports them.")
    link_to("contributions", f"See what {opened.model.card.title} reports instead", opened.view)
    view = replace(opened.view, model=LAYERED, tau=None, off=())
    link_to("layers", "See the layers of DQ-Former on this conversation", view)
    st.stop()


def draw_controls(opened: Opened, mode: Mode) -> None:
    """Draw the threshold and the modality switches, and say what differs from the model's normal way."""
    heading(
        "What if the model trusted otherwise?",
        "A modality whose share of confidence in a layer is under τ is masked there (eq. 8); the other does not get "
        "its share. Both shares sum to one, so above some τ a layer can lose both. Switching a modality off takes it "
        "away altogether.",
    )
    own = next((knob.default for knob in opened.model.card.knobs if knob.name == "tau"), TAU_LOW)
    modalities = opened.model.card.modalities
    st.session_state["tau"] = own if opened.view.tau is None else opened.view.tau
    st.session_state["on"] = [m for m in modalities if m not in opened.view.off]
    left, middle, right = st.columns([2, 1.1, 2.4], vertical_alignment="center", gap="large")
    left.slider(
        f"Masking threshold τ (the model's own: {own:.2f})", TAU_LOW, TAU_HIGH, step=0.01, key="tau",
        on_change=_tau_moved, args=(own,),
    )  # fmt: skip
    middle.pills(
        "Modalities the model gets", modalities, selection_mode="multi", key="on", format_func=modality_title,
        on_change=_switched, args=(modalities,),
    )  # fmt: skip
    with right:
        st.html(what_if_html(opened.plain, opened.analysis, opened.selected, mode))


def what_if_html(plain: Analysis, asked: Analysis, selected: str, mode: Mode) -> str:
    """Return what the knobs changed, for the chosen utterance and for the dialogue."""
    before, after = plain.prediction, asked.prediction
    if not after.switched_off and not after.knobs:
        return '<div class="whatif"><p>The model as it is: nothing is switched off, τ is its own.</p></div>'
    parts = [f"{knob.name.replace('tau', 'τ')} = {knob.value:.2f}" for knob in after.knobs]
    parts += [f"{modality_title(m).lower()} switched off" for m in after.switched_off]
    index = asked.dialogue.position(selected)
    one, other = before.label_of(index), after.label_of(index)
    count = len(after.utterances)
    changed = sum(before.label_of(i) != after.label_of(i) for i in range(count))
    arrow = f"{chip_html(one, mode)} → {chip_html(other, mode)}" if one != other else f"stays {chip_html(one, mode)}"
    alone = "<p>Shares are normalised over what is left.</p>" if after.switched_off else ""
    return (
        f'<div class="whatif"><p><b>What if:</b> {escape(", ".join(parts))}.</p>'
        f"<p>{escape(selected)} {arrow}; the prediction of {changed} of {count} utterances changes.</p>{alone}</div>"
    )


def silent_sentence(opened: Opened) -> str:
    """Return which layers of the chosen utterance pass nothing on, as a sentence; empty where all do."""
    masked = opened.analysis.trace.array("masked")
    gone = absent_modalities(opened.analysis.prediction, opened.selected)
    present = tuple(modality not in gone for modality in masked.ticks[2])
    layers = [masked.ticks[1][i] for i in silent_layers(row_of(masked, opened.selected), present)]
    if not layers:
        return ""
    named = f"layer {layers[0]}" if len(layers) == 1 else f"layers {', '.join(layers)}"
    what = "both modalities are" if all(present) else "the only modality is"
    return f"In {named} {what} under τ and masked: the fused sum is zero there, the layer passes nothing on."


def draw_confidence(opened: Opened, mode: Mode) -> None:
    """Draw the heatmap of the chosen utterance beside the one along the dialogue."""
    trace, prediction = opened.analysis.trace, opened.analysis.prediction
    left, right = st.columns([1, 1.7], gap="large")
    with left:
        heading(
            f"Utterance {opened.selected}",
            "A row is a fusion layer, a column a modality: how much of the layer's trust it gets (eq. 7). "
            "✕ is masked, its share does not count.",
            "From the same forward pass as the prediction.",
        )
        draw_answer_figure(
            opened.analysis,
            "layer-confidence",
            (opened.selected, mode),
            lambda: plot_layer_confidence(trace, prediction, opened.selected, mode),
        )
        if opened.model.card.finding:
            st.html(finding_html(opened.model.card))
        if sentence := silent_sentence(opened):
            st.html(f'<p class="note">{escape(sentence)}</p>')
    with right:
        heading(
            "Along the dialogue",
            "The same for every utterance, a panel a modality. A cross is masked, a gap is a missing modality, the "
            "frame is the chosen utterance.",
        )
        draw_answer_figure(
            opened.analysis,
            "confidence-along",
            (opened.selected, mode),
            lambda: plot_confidence_along(trace, prediction, opened.selected, mode),
        )


def draw_distributions(opened: Opened, mode: Mode) -> None:
    """Draw the fused distribution beside what each modality says alone."""
    heading(
        "Fused and alone",
        "Left what the model answers, then what its text head and its acoustic head answer without the other. Where "
        "they differ, the fusion decided.",
        "All heads run in one forward pass.",
    )
    index = opened.analysis.dialogue.position(opened.selected)
    draw_answer_figure(
        opened.analysis,
        "distributions",
        (opened.selected, mode),
        lambda: plot_distributions(opened.analysis.prediction, index, mode),
    )


def _choose(array: TraceArray) -> tuple[str, str | None]:
    left, right = st.columns([1, 2])
    layer = left.segmented_control("Fusion layer", array.ticks[0], default=array.ticks[0][-1], key="attention-layer")
    query = right.selectbox("Query token", (ALL_QUERIES, *array.ticks[1]), key="attention-query")
    return layer or array.ticks[0][-1], None if query == ALL_QUERIES else query


def draw_attention(opened: Opened, mode: Mode) -> None:
    """Draw where the fusion queries look: on the words and over the waveform."""
    trace, name = opened.analysis.trace, opened.selected
    heading(
        "Where the queries look",
        f"Stronger ground, more attention, relative to the strongest word. The letters before a colon are speakers: "
        f"a is the one who speaks. {ATTENTION}",
        "Averaged over heads.",
    )
    kinds = [kind for kind in ("attention_t", "attention_a") if trace.has(f"{kind}/{name}")]
    if not kinds:
        st.html(
            '<p class="note">No modality of this utterance reached the model, so there is nothing to attend to.</p>'
        )
        return
    layer, query = _choose(trace.array(f"{kinds[0]}/{name}"))
    if "attention_t" in kinds:
        array = trace.array(f"attention_t/{name}")
        words = join_pieces(tokens_of(opened.analysis.dialogue, name), pooled(array, layer, query))
        st.html(words_html(words, mode))
        with st.expander("The attention on words as a table"):
            st.dataframe([{"word": word.text, "attention": word.weight} for word in words], height=240)
    if "attention_a" in kinds:
        attention = pooled(trace.array(f"attention_a/{name}"), layer, query)
        draw_answer_figure(
            opened.analysis,
            "attention-time",
            (name, layer, query or "", mode),
            lambda: sound_figure(opened, attention, mode),
        )


def sound_figure(opened: Opened, attention: np.ndarray, mode: Mode) -> Any:
    """Return the attention over the stretch that the acoustic encoder read: at most its first ten seconds."""
    utterance = opened.analysis.dialogue.utterances[opened.analysis.dialogue.position(opened.selected)]
    starts = opened.analysis.trace.array(f"attention_a/{opened.selected}").ticks[2]
    step_s = float(starts[1]) - float(starts[0]) if len(starts) > 1 else utterance.duration_s
    span = Span(utterance.start_s, utterance.start_s + step_s * len(starts))
    return plot_attention_time(envelope_of(opened.dialogue, span), attention, span, mode)
