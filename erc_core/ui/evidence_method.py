"""One method in full: a form drawn from its parameters, its button, its answer and its trust."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from erc_core.escape import escape
from erc_core.explainers.base import EXPLAINERS, ParamSpec, specs
from erc_core.explaining import MethodStatus
from erc_core.plots.theme import Mode
from erc_core.ui.evidence import Evidence, Value, kept, request_of, start
from erc_core.ui.evidence_parts import draw_answer
from erc_core.ui.evidence_trust import draw_trust
from erc_core.ui.notices import heading
from erc_core.ui.state import current_view, show_view

FIRST = "counterfactual"


def _method_chosen() -> None:
    show_view(replace(current_view(), method=str(st.session_state["method"])))


def chosen_method(evidence: Evidence) -> MethodStatus | None:
    """Return the method of the address, else the first that is shown in full."""
    names = {status.card.name: status for status in evidence.methods}
    return names.get(evidence.opened.view.method) or names.get(FIRST) or next(iter(names.values()), None)


def draw_method(evidence: Evidence, mode: Mode) -> None:
    """Draw the choice of a method, its form and its answer; one that does not apply says why."""
    heading(
        "One method in full",
        "Every method with all its parameters. Slow ones run in the background and can be stopped; what was computed "
        "once is shown at once.",
    )
    chosen = chosen_method(evidence)
    if chosen is None:
        st.html('<p class="note">No method is there.</p>')
        return
    titles = {s.card.name: s.card.title + (" (does not apply)" if s.reason else "") for s in evidence.methods}
    form, answer = st.columns([1, 1.8], gap="large")
    with form:
        st.session_state["method"] = chosen.card.name
        st.selectbox("Method", list(titles), key="method", format_func=titles.__getitem__, on_change=_method_chosen)
        st.caption(f"{chosen.card.meaning} {chosen.card.reading} *{chosen.card.paper}*")
        if chosen.reason:
            st.html(f'<p class="note">{escape(chosen.reason)}</p>')
            return
        params = _draw_form(chosen.card.name)
        request = request_of(evidence.opened, chosen.card.name, params)
        found = kept(evidence.opened.dialogue, request)
        st.button(
            "Explain by this method", key="explain-one", disabled=found is not None, on_click=start,
            args=(evidence.opened, (request,)),
        )  # fmt: skip
    with answer:
        if found is None:
            st.html('<p class="note">Not computed with these parameters yet: press the button.</p>')
            return
        draw_answer(evidence.opened, found, mode, "full")
        draw_trust(found, mode, "full")


def _draw_form(method: str) -> dict[str, Value]:
    """Draw a control a parameter and return those that differ from their default."""
    values: dict[str, Value] = {}
    for spec in specs(EXPLAINERS.get(method).params):
        value = _draw_control(spec, f"param-{method}-{spec.name}")
        if value != spec.default:
            values[spec.name] = value
    return values


def _draw_control(spec: ParamSpec, key: str) -> Value:
    if spec.kind == "choice":
        return str(
            st.selectbox(spec.label, spec.choices, spec.choices.index(str(spec.default)), key=key, help=spec.help)
        )
    if spec.kind == "bool":
        return bool(st.toggle(spec.label, bool(spec.default), key=key, help=spec.help))
    if spec.kind == "int":
        low, high = None if spec.low is None else int(spec.low), None if spec.high is None else int(spec.high)
        return int(st.number_input(spec.label, low, high, int(spec.default), key=key, help=spec.help))
    return float(st.number_input(spec.label, spec.low, spec.high, float(spec.default), key=key, help=spec.help))
