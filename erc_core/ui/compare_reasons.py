"""Why A and why B: one method's explanations of two models side by side, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from erc_core.escape import escape
from erc_core.explaining import MethodStatus, Request
from erc_core.explanation import Explanation
from erc_core.plots.signed_bars import SignedItem, plot_signed_bars
from erc_core.plots.theme import Mode
from erc_core.ui.compare import Side
from erc_core.ui.compare_parts import pair_of
from erc_core.ui.desk import Opened
from erc_core.ui.evidence import draw_jobs, kept, methods_of, request_of, start
from erc_core.ui.evidence_trust import trust_html, unit_of
from erc_core.ui.evidence_words import words_html
from erc_core.ui.notices import heading
from erc_core.ui.panels import chip_html, draw_figure

METHODS = ("modality_shapley", "lime_words", "lime_sound", "lime_face", "gradients_words", "context_removal")
METHOD = "reason-method"


@dataclass(frozen=True, slots=True)
class Reason:
    """One model's side: what is asked of the method, the answer where it is there, or why there can be none."""

    side: Side
    opened: Opened
    request: Request
    found: Explanation | None
    refused: str


def reasons_of(opened: Opened, pair: Sequence[Side], method: str) -> tuple[Reason, ...]:
    """Ask both models about the same emotion: that of the address, else what A predicts."""
    index = opened.dialogue.position(opened.selected)
    said = [side.analysis.prediction.label_of(index) for side in pair]
    label = opened.view.label or ("" if len(set(said)) == 1 else said[0])
    reasons = []
    for side in pair:
        own = replace(
            opened,
            view=replace(opened.view, label=label),
            model=side.status,
            plain=side.analysis,
            analysis=side.analysis,
        )
        request = request_of(own, method)
        refused = next((status.reason for status in _methods(side) if status.card.name == method), "")
        reasons.append(Reason(side, own, request, None if refused else kept(opened.dialogue, request), refused))
    return tuple(reasons)


def _methods(side: Side) -> tuple[MethodStatus, ...]:
    checkpoint = side.status.checkpoint
    return methods_of(side.status.name, checkpoint.sha256 if checkpoint else "")


def draw_reasons(opened: Opened, sides: Sequence[Side], mode: Mode) -> None:
    """Draw why A and why B answer as they do, by one method; what is not computed yet can be asked for."""
    pair = pair_of(opened, sides)
    if pair is None:
        return
    heading(
        "Why A, why B",
        "The same method asks both models about the same emotion, on one scale: green + for it, red − against it. A "
        "difference between the models counts only where both explanations can be trusted.",
    )
    titles = {status.card.name: status.card.title for status in _methods(pair[0]) if status.card.name in METHODS}
    names = [name for name in METHODS if name in titles]
    picked = st.pills("Method", names, default=names[0], format_func=titles.__getitem__, key=METHOD)
    reasons = reasons_of(opened, pair, picked or names[0])
    missing = [one for one in reasons if one.found is None and not one.refused]
    if missing and st.button(f"Explain {' and '.join(one.side.title for one in missing)}", key="explain-both"):
        for one in missing:
            start(one.opened, [one.request])
    draw_jobs()
    reach = max((abs(a.value) for one in reasons if one.found for a in one.found.attributions), default=0.0)
    for name, column, one in zip("AB", st.columns(2, gap="large"), reasons, strict=True):
        with column:
            _draw_reason(name, one, reach, mode)


def _draw_reason(name: str, reason: Reason, reach: float, mode: Mode) -> None:
    found = reason.found
    if found is None:
        text = reason.refused or f"Not explained yet: press Explain {reason.side.title}."
        st.html(f'<p class="who">{name} {escape(reason.side.title)}</p><p class="note">{escape(text)}</p>')
        return
    about = chip_html(found.target.label, mode)
    st.html(f'<p class="who">{name} {escape(reason.side.title)}: {about}</p>')
    if any(a.unit == "word" for a in found.attributions):
        st.html(words_html(found, reason.opened.dialogue, mode, peak=reach or None))
    others = [a for a in found.attributions if a.unit != "word"]
    if others:
        items = [SignedItem(a.title, a.value) for a in others]
        draw_figure(plot_signed_bars(items, unit_of(found), mode, reach=reach), f"reason-{name}")
    st.html(trust_html(found))
