"""The parts of the page Evidence: the question, one time axis, modalities, words, sound, face, context, change."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from erc_core.escape import escape
from erc_core.evidence import RECOMMENDED
from erc_core.explanation import Attribution, Explanation, Region
from erc_core.modality_weights import weights_of
from erc_core.plots.attribution_map import plot_attribution_map
from erc_core.plots.evidence_time import EvidenceLane, EvidenceMark, plot_evidence_time
from erc_core.plots.modality_evidence import ModalityBar, ModalityPanel, plot_modality_evidence
from erc_core.plots.regions_on_picture import DrawnRegion, plot_regions_on_picture
from erc_core.plots.signed_bars import SignedItem, plot_signed_bars
from erc_core.plots.theme import Mode, label_style, modality_title
from erc_core.types import MODALITY_NAMES, Span, Utterance
from erc_core.ui.clips import envelope_of, still
from erc_core.ui.desk import Opened
from erc_core.ui.evidence import PREDICTED, Evidence, label_chosen, open_requests, start
from erc_core.ui.evidence_answer import answer_sentences
from erc_core.ui.evidence_trust import draw_trust, unit_of
from erc_core.ui.evidence_words import words_html
from erc_core.ui.notices import heading
from erc_core.ui.panels import chip_html, draw_figure

MODALITY_METHODS = ("modality_shapley", "modality_ablation", "modality_interaction")
CONTEXT_METHODS = ("context_removal", "context_gradients")


def utterance_of(opened: Opened) -> Utterance:
    """Return the chosen utterance."""
    return opened.dialogue.utterances[opened.dialogue.position(opened.selected)]


def draw_question(evidence: Evidence, mode: Mode) -> None:
    """Draw what is asked, another class to ask about, and the button that asks everything."""
    opened = evidence.opened
    prediction = opened.plain.prediction
    predicted = prediction.label_of(opened.dialogue.position(opened.selected))
    heading(
        f"Why {opened.view.label or predicted}?",
        "Green and + speak for the emotion that is asked about, red and − against it. Each picture below is one "
        "method's answer, with how far to trust it; where two disagree, believe neither without looking closer.",
    )
    if answer := answer_sentences(evidence.found):
        st.html(f'<p class="answered" role="status">{escape(" ".join(answer))}</p>')
    left, middle, right = st.columns([1.3, 2.2, 1.2], vertical_alignment="bottom", gap="medium")
    labels = (PREDICTED, *prediction.model.labels)
    st.session_state["why-label"] = opened.view.label if opened.view.label in labels else PREDICTED
    left.selectbox(
        "Emotion to explain", labels, key="why-label", on_change=label_chosen,
        format_func=lambda label: label_style(label).marked if label else f"as predicted ({predicted})",
    )  # fmt: skip
    requests = open_requests(evidence)
    count = len(evidence.found)
    text = f"{count} explanations are at hand." if count else "Nothing is explained yet for this utterance and class."
    more = f" {len(requests)} more can be computed: seconds each, in the background." if requests else ""
    middle.html(f'<p class="facts">{text}{more}</p>')
    right.button(
        f"Explain {opened.selected}", type="primary", key="explain", disabled=not requests, on_click=start,
        args=(opened, requests), width="stretch",
    )  # fmt: skip


def _spans(explanation: Explanation, utterance: Utterance) -> tuple[EvidenceMark, ...]:
    """Return the units that have a time within the utterance."""
    return tuple(
        EvidenceMark(a.title, max(a.span.start_s, utterance.start_s), min(a.span.end_s, utterance.end_s), a.value)
        for a in explanation.attributions
        if a.utterance == utterance.id and a.span is not None and a.span.start_s < utterance.end_s
    )


def _words(explanation: Explanation, utterance: Utterance) -> tuple[EvidenceMark, ...]:
    """Return words on the time axis: by their own times, else spread over the utterance by their length."""
    timed = _spans(explanation, utterance)
    if timed:
        return timed
    step_s = utterance.duration_s / max(1, len(utterance.text or ""))
    return tuple(
        EvidenceMark(
            a.name, utterance.start_s + step_s * place.start, utterance.start_s + step_s * place.end, a.value
        )
        for a in explanation.attributions
        if a.utterance == utterance.id and (place := a.characters) is not None
    )  # fmt: skip


def _whole(explanation: Explanation, utterance: Utterance, count: int = 3) -> tuple[EvidenceMark, ...]:
    """Return the strongest units without a time side by side over the whole utterance."""
    units = [a for a in explanation.ranked() if a.utterance == utterance.id][:count]
    step_s = utterance.duration_s / max(1, len(units))
    return tuple(
        EvidenceMark(a.name, utterance.start_s + i * step_s, utterance.start_s + (i + 1) * step_s, a.value)
        for i, a in enumerate(units)
    )


def lanes_of(evidence: Evidence) -> tuple[EvidenceLane, ...]:
    """Return the lanes of the time axis: what is explained, and why the rest is not."""
    utterance = utterance_of(evidence.opened)
    kinds = (
        ("Words", ("lime_words", "gradients_words"), _words),
        ("Sound", ("lime_sound", "gradients_sound"), _spans),
        ("Action units", ("lime_action_units",), _whole),
        ("Face", ("lime_face", "gradients_face"), _whole),
        ("Frame", ("lime_frame",), _whole),
    )
    lanes = []
    for title, methods, marks in kinds:
        found = evidence.first(*methods)
        known = [method for method in methods if any(s.card.name == method for s in evidence.methods)]
        if not known:
            continue
        note = evidence.reason(known[0]) or "not explained yet"
        lanes.append(EvidenceLane(title, marks(found, utterance) if found else (), note, title == "Sound"))
    return tuple(lanes)


def draw_time(evidence: Evidence, mode: Mode) -> None:
    """Draw all evidence on one time axis."""
    utterance = utterance_of(evidence.opened)
    span = Span(utterance.start_s, utterance.end_s)
    heading(
        "All evidence on one time axis",
        "A box is a unit, the stronger its colour the more it moves the emotion that is asked about. Units of action "
        "units, face and frame hold for the whole utterance: the strongest three are shown.",
        "LIME where it is there, else integrated gradients; every lane is a method of its own, each with the others "
        "left as they are.",
    )
    draw_figure(plot_evidence_time(span, lanes_of(evidence), envelope_of(evidence.opened.dialogue, span), mode), "time")


def modality_panels(evidence: Evidence) -> tuple[ModalityPanel, ...]:
    """Return what the methods say of the modalities, and what the model says of itself."""
    titles = {status.card.name: status.card.title for status in evidence.methods}
    panels = [
        ModalityPanel(titles[name], tuple(ModalityBar(_name(a), a.modality, a.value) for a in found.attributions))
        for name in MODALITY_METHODS
        if (found := evidence.found.get(name))
    ]
    opened = evidence.opened
    weights = weights_of(opened.plain.trace)
    if weights:
        index = opened.dialogue.position(opened.selected)
        own = [(lane.modality, lane.weights[index].share) for lane in weights.lanes]
        bars = tuple(ModalityBar(modality_title(m), m, share) for m, share in own if not np.isnan(share))
        panels.append(ModalityPanel(f"{opened.model.card.title} itself: {weights.name}", bars, own=True))
    return tuple(panels)


def _name(attribution: Attribution) -> str:
    if (
        attribution.unit == "modality"
        and attribution.modality
        and attribution.name == MODALITY_NAMES[attribution.modality]
    ):
        return modality_title(attribution.modality)
    return attribution.name[:1].upper() + attribution.name[1:]


def draw_modalities(evidence: Evidence, mode: Mode) -> None:
    """Draw Shapley values, ablation, alone and interaction beside the model's own weights, and whether they agree."""
    heading(
        "Which modality",
        "Shapley values share the whole fairly, ablation takes one away, alone and together separates what each gives "
        "from what only their interaction gives. Beside them what the model reports of itself, on a scale of its own.",
    )
    panels = modality_panels(evidence)
    if not panels:
        _draw_absent(evidence, MODALITY_METHODS)
        return
    found = [evidence.found[name] for name in MODALITY_METHODS if name in evidence.found]
    unit = unit_of(found[0]) if found else "value"
    draw_figure(plot_modality_evidence(panels, unit, mode), "modalities")
    if sentence := conflict_sentence(panels):
        st.html(f'<p class="note">{escape(sentence)}</p>')
    for one in found[:1]:
        draw_trust(one, mode, f"modalities-{one.method}")


def conflict_sentence(panels: Sequence[ModalityPanel]) -> str:
    """Return whether the model's own weights and the first method put the same modality first; empty if unknown."""
    own = next((panel for panel in panels if panel.own and len(panel.bars) > 1), None)
    method = next((panel for panel in panels if not panel.own and len(panel.bars) > 1), None)
    if own is None or method is None:
        return ""
    says = max(own.bars, key=lambda bar: bar.value).name
    does = max((bar for bar in method.bars if bar.modality), key=lambda bar: abs(bar.value)).name
    if says == does:
        return f"The model's own weights and the {method.title.lower()} both put {says} first."
    return f"They disagree: the model itself puts {says} first, the {method.title.lower()} {does}."


def _draw_absent(evidence: Evidence, methods: Sequence[str]) -> None:
    """Say why there is nothing to see: the reason, or that nobody asked yet."""
    reasons = [reason for method in methods if (reason := evidence.reason(method))]
    asked = any(method in RECOMMENDED for method in methods)
    open_text = f"Not explained yet: {'press Explain above' if asked else 'choose it under One method in full'}."
    text = reasons[0] if reasons and len(reasons) == len(methods) else open_text
    st.html(f'<p class="note">{escape(text)}</p>')


def draw_words(evidence: Evidence, mode: Mode) -> None:
    """Draw words by LIME beside integrated gradients."""
    heading(
        "Words",
        "The larger and the stronger coloured, the more a word moves the answer; green + for, red − against. Two "
        "methods side by side, each on its own scale.",
    )
    for column, method in zip(st.columns(2, gap="large"), ("lime_words", "gradients_words"), strict=True):
        with column:
            _draw_one(evidence, method, mode)


def _draw_one(evidence: Evidence, method: str, mode: Mode) -> None:
    """Draw one method's answer with its title and its trust, or why there is none."""
    status = next((s for s in evidence.methods if s.card.name == method), None)
    if status is None:
        return
    st.html(f'<p class="who">{escape(status.card.title)}</p>')
    found = evidence.found.get(method)
    if found is None:
        _draw_absent(evidence, (method,))
        return
    draw_answer(evidence.opened, found, mode, method)
    draw_trust(found, mode, method)


def draw_answer(opened: Opened, found: Explanation, mode: Mode, key: str) -> None:
    """Draw an explanation as its units ask for: on words, on the picture, as bars, as a map."""
    kinds = {attribution.unit for attribution in found.attributions}
    if "word" in kinds:
        st.html(words_html(found, opened.dialogue, mode))
    for number, one in enumerate(found.maps[:3]):
        draw_figure(plot_attribution_map(one, mode, face=one.modality == "v"), f"map-{key}-{number}")
    pictured = {"face_region", "image_region"} & kinds
    if pictured:
        _draw_picture(opened, found, mode, key)
    if kinds - {"word"}:
        items = [SignedItem(a.title, a.value) for a in found.attributions if a.unit != "word"]
        draw_figure(plot_signed_bars(items, unit_of(found), mode, ranked="utterance" not in kinds), f"bars-{key}")
    for change in found.changes:
        st.html(
            f'<div class="whatif"><p>Without {escape(", ".join(change.removed))}: '
            f"{chip_html(change.before, mode)} → {chip_html(change.after, mode)}</p></div>"
        )


def _draw_picture(opened: Opened, found: Explanation, mode: Mode, key: str) -> None:
    """Draw regions on the clip's own frame, where they lie on one; else on an empty face."""
    placed = [(a, region) for a in found.attributions for region in a.regions]
    times = sorted({region.time_s for _, region in placed if region.space == "frame" and region.time_s is not None})
    if times and opened.dialogue.media is not None:
        at = times[len(times) // 2]
        jpeg = still(opened.dialogue.media.sha256, at)
        if jpeg is not None:
            picture = np.asarray(Image.open(io.BytesIO(jpeg)))
            _draw_regions(picture, [(a, r) for a, r in placed if r.time_s == at], mode, key, 460)
            return
    ground = np.full((96, 96), 150 if mode == "light" else 90, dtype=np.uint8)
    first: dict[str, tuple[Attribution, Region]] = {}
    for attribution, region in placed:
        first.setdefault(attribution.name, (attribution, region))
    _draw_regions(ground, list(first.values()), mode, key, 300)


def _draw_regions(
    picture: np.ndarray, placed: Sequence[tuple[Attribution, Region]], mode: Mode, key: str, width: int
) -> None:
    regions = [DrawnRegion(a.name, a.value, region.outline) for a, region in placed]
    figure = plot_regions_on_picture(picture, regions, mode, width=width)
    draw_figure(figure, f"picture-{key}")


def draw_sound(evidence: Evidence, mode: Mode) -> None:
    """Draw sound by LIME beside integrated gradients."""
    heading("Sound", "Bars are stretches of the utterance; the map shows when, and how high in the spectrum.")
    for column, method in zip(st.columns(2, gap="large"), ("lime_sound", "gradients_sound"), strict=True):
        with column:
            _draw_one(evidence, method, mode)


def draw_face(evidence: Evidence, mode: Mode) -> None:
    """Draw action units, face regions, frame regions and Grad-CAM; one line where the model reads no picture."""
    heading(
        "Face and frame",
        "Regions on the picture in green (for) and red (against); action units by their names. What a unit does for "
        "the model is no statement about what it means on a face.",
    )
    methods = ("lime_face", "lime_action_units", "gradients_face", "gradcam_face", "lime_frame")
    there = [m for m in methods if any(s.card.name == m and not s.reason for s in evidence.methods)]
    if not there:
        _draw_absent(evidence, [m for m in methods if evidence.reason(m)])
        return
    for first in range(0, len(there), 2):
        for column, method in zip(st.columns(2, gap="large"), there[first : first + 2], strict=False):
            with column:
                _draw_one(evidence, method, mode)


def draw_context(evidence: Evidence, mode: Mode) -> None:
    """Draw which other utterance moved this one."""
    heading(
        "What was said before",
        "A bar is an utterance: how much the value falls when it was never said. Later ones appear where the model "
        "sees them.",
    )
    for column, method in zip(st.columns(2, gap="large"), CONTEXT_METHODS, strict=True):
        with column:
            _draw_one(evidence, method, mode)
