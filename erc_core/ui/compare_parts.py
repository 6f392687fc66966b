"""The pictures of the page Compare: one utterance, A against B, the dialogue, agreement, size and speed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import streamlit as st

from erc_core.comparison import TRUTH, Answers, Disagreement, agreement, disagreements
from erc_core.escape import escape, markdown
from erc_core.modality_weights import weights_of
from erc_core.models.checkpoints import count_parameters
from erc_core.plots.agreement import PairCell, plot_agreement
from erc_core.plots.before_after import plot_before_after
from erc_core.plots.label_grid import GridRow, plot_label_grid
from erc_core.plots.model_panels import Panel, plot_model_panels
from erc_core.plots.own_weights import OwnWeight, plot_own_weights
from erc_core.plots.theme import Mode
from erc_core.types import Utterance, frozen_array
from erc_core.ui.compare import Side, examples_together
from erc_core.ui.desk import Opened
from erc_core.ui.notices import heading
from erc_core.ui.panels import chip_html, draw_figure
from erc_core.ui.pick import draw_clickable
from erc_core.ui.state import current_view, show_view

COLUMNS = 40  # so many utterances of a long dialogue are drawn, around the chosen one
LISTED = 12
SCOPES = ("this conversation", "all examples")


def _utterance(opened: Opened) -> Utterance:
    return opened.dialogue.utterances[opened.dialogue.position(opened.selected)]


def draw_utterance(opened: Opened, sources: Sequence[Answers], mode: Mode) -> None:
    """Draw the chosen utterance by every source."""
    utterance, labels = _utterance(opened), opened.plain.prediction.model.labels
    index = opened.dialogue.position(opened.selected)
    heading(
        f"Utterance {utterance.id} by every model",
        "A panel is a model, on one scale for all; the full bar is its prediction. "
        + ("The dotted frame is the truth." if utterance.label else "The truth is not known here."),
        "Each model's own calibrated probabilities.",
    )
    nothing = frozen_array(np.full(len(labels), np.nan))
    panels = [
        Panel(s.title, nothing if s.probabilities is None else s.probabilities[index], s.labels[index])
        for s in sources
        if s.name != TRUTH
    ]
    if panels:
        draw_figure(plot_model_panels(panels, labels, utterance.label, mode), "model-panels")


def _pinned(key: str) -> None:
    view, name = current_view(), str(st.session_state[key])
    show_view(replace(view, model=name) if key == "pin-a" else replace(view, against=name))


def draw_pair(opened: Opened, sides: Sequence[Side], mode: Mode) -> None:
    """Draw A against B for the chosen utterance, and what each model says of its own modalities."""
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        _draw_against(opened, sides, mode)
    with right:
        _draw_own_weights(opened, sides, mode)


def pair_of(opened: Opened, sides: Sequence[Side]) -> tuple[Side, Side] | None:
    """Return A, the chosen model, and B, that of the address or else the next; None where there are not two."""
    one = next((side for side in sides if side.status.name == opened.model.name), None)
    others = [side for side in sides if side is not one]
    if one is None or not others:
        return None
    return one, next((side for side in others if side.status.name == opened.view.against), others[0])


def _draw_against(opened: Opened, sides: Sequence[Side], mode: Mode) -> None:
    heading("A against B", "A bar is what B says, the line what A says, the number by how much B says more or less.")
    pair = pair_of(opened, sides)
    if pair is None:
        st.html('<p class="note">Two models are needed: choose another above.</p>')
        return
    titles = {side.status.name: side.title for side in sides}
    st.session_state["pin-a"], st.session_state["pin-b"] = pair[0].status.name, pair[1].status.name
    first, second = st.columns(2)
    first.selectbox("A", list(titles), key="pin-a", format_func=titles.__getitem__, on_change=_pinned, args=("pin-a",))
    others = [name for name in titles if name != pair[0].status.name]
    second.selectbox("B", others, key="pin-b", format_func=titles.__getitem__, on_change=_pinned, args=("pin-b",))
    index = opened.dialogue.position(opened.selected)
    rows = [side.analysis.prediction.probabilities[index] for side in pair]
    labels = opened.plain.prediction.model.labels
    names = (f"A {pair[0].title}", f"B {pair[1].title}")
    draw_figure(plot_before_after(labels, rows[0], rows[1], mode, names), "a-against-b")


def own_weights(opened: Opened, sides: Sequence[Side]) -> tuple[OwnWeight, ...]:
    """Return what each model says of its modalities for the chosen utterance."""
    index = opened.dialogue.position(opened.selected)
    found = []
    for side in sides:
        weights = weights_of(side.analysis.trace)
        for lane in weights.lanes if weights else ():
            name = weights.name if weights else ""
            found.append(OwnWeight(side.title, lane.modality, lane.weights[index].share, name))
    return tuple(found)


def _draw_own_weights(opened: Opened, sides: Sequence[Side], mode: Mode) -> None:
    heading(
        "What each model says of itself",
        "The weight that a model gives each modality inside, all from 0 to 1. What a weight means differs from model "
        "to model (below), and none of them is proof: compare with *Evidence*.",
    )
    found = own_weights(opened, sides)
    if not found:
        st.html('<p class="note">None of these models reports weights of its modalities.</p>')
        return
    draw_figure(plot_own_weights(found, mode), "own-weights")
    meanings = {side.title: weights_of(side.analysis.trace) for side in sides}
    items = [f"{title}: {weights.name}, {weights.meaning}" for title, weights in meanings.items() if weights]
    silent = [title for title, weights in meanings.items() if not weights]
    if silent:
        items.append(f"{', '.join(silent)}: reports none")
    st.caption(". ".join(items) + ".")


def _cell_picked(key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata"):
        show_view(replace(current_view(), utterance=str(points[0]["customdata"][0])))


def _choose(utterance: str) -> None:
    show_view(replace(current_view(), utterance=utterance))


def draw_dialogue_grid(opened: Opened, sources: Sequence[Answers], mode: Mode) -> None:
    """Draw every utterance by every source; a click chooses the utterance."""
    differing = disagreements([source for source in sources if source.name != TRUTH])
    heading(
        "Along the dialogue",
        "A row is a source, a column an utterance; a triangle marks where the models differ. Click on a cell to choose "
        "its utterance.",
    )
    position, T = opened.dialogue.position(opened.selected), len(opened.dialogue.utterances)
    first = max(0, min(position - COLUMNS // 2, T - COLUMNS))
    ids = [u.id for u in opened.dialogue.utterances][first : first + COLUMNS]
    rows = [GridRow(s.title, s.labels[first : first + COLUMNS]) for s in sources]
    marked = [opened.dialogue.utterances[d.position].id for d in differing]
    figure = plot_label_grid(rows, ids, opened.selected, [name for name in marked if name in ids], mode)
    draw_clickable(figure, "grid", lambda: _cell_picked("grid"))
    if T > COLUMNS:
        st.caption(f"{len(ids)} of {T} utterances, around the chosen one.")
    with st.expander("All answers as a table"):
        utterances = enumerate(opened.dialogue.utterances)
        table = [{"utterance": u.id, **{s.title: s.labels[i] for s in sources}} for i, u in utterances]
        st.dataframe(table, width="stretch")


def draw_disagreements(opened: Opened, sources: Sequence[Answers], mode: Mode) -> None:
    """List the utterances that the models see differently, the widest apart first; a press chooses one."""
    models = [source for source in sources if source.name != TRUTH]
    found = disagreements(models)
    heading(
        "Where the models differ",
        "The widest apart first: the number is the mean distance of their probabilities, 0 (equal) to 1. Press on an "
        "utterance to choose it.",
    )
    if len(models) < 2:
        st.html('<p class="note">Two models are needed.</p>')
    elif not found:
        st.html('<p class="note">The models agree on every utterance.</p>')
    every = len(found) > LISTED and st.toggle(f"Show all {len(found)}", key="all-disagreements")
    for one in found if every else found[:LISTED]:
        _draw_disagreement(opened, models, one, mode)


def _draw_disagreement(opened: Opened, models: Sequence[Answers], one: Disagreement, mode: Mode) -> None:
    utterance = opened.dialogue.utterances[one.position]
    left, right = st.columns([1, 1.6], vertical_alignment="center")
    words = utterance.text or "no words"
    title = f"{utterance.id} {utterance.speaker}: {words[:46]}{'…' if len(words) > 46 else ''}"
    kind: Literal["secondary", "tertiary"] = "secondary" if utterance.id == opened.selected else "tertiary"
    left.button(markdown(title), key=f"differs-{utterance.id}", on_click=_choose, args=(utterance.id,), type=kind)
    said = []
    for label in one.labels:
        names = ", ".join(model.title for model in models if model.labels[one.position] == label)
        said.append(f"{chip_html(label, mode)} {escape(names)}")
    truth = f"<span>truth {chip_html(utterance.label, mode)}</span>" if utterance.label else ""
    spans = "".join(f"<span>{text}</span>" for text in said)
    right.html(f'<p class="facts"><span><b>{one.spread:.2f}</b></span>{spans}{truth}</p>')


def draw_agreement(sides: Sequence[Side], sources: Sequence[Answers], mode: Mode) -> None:
    """Draw how far the sources agree by pairs, over this dialogue or over all examples."""
    heading(
        "Agreement",
        "Cohen's κ: 1 is perfect, 0 is what chance gives. Over few utterances it is rough; hover for their number.",
    )
    scope = st.segmented_control("Over", SCOPES, default=SCOPES[0], key="agreement-scope", required=True)
    if scope == SCOPES[1]:
        names = tuple(side.status.name for side in sides)
        sources = examples_together(names, tuple(side.analysis.prediction.model.sha256 for side in sides))
    if len(sources) < 2:
        st.html('<p class="note">Two sources are needed.</p>')
        return
    titles = {source.name: source.title for source in sources}
    cells = []
    for one, other in itertools.combinations(sources, 2):
        found = agreement(one, other)
        cells.append(PairCell(titles[found.one], titles[found.other], found.kappa, found.share, found.count))
    draw_figure(plot_agreement([source.title for source in sources], cells, mode), "agreement")
    st.caption(f"{max(cell.count for cell in cells)} utterances.")


def draw_costs(opened: Opened, sides: Sequence[Side]) -> None:
    """Draw size, speed and hits of each model."""
    heading(
        "Size and speed",
        "Seconds are those of the stored analysis: the model's own run over this dialogue, without reading the clip, "
        "and without what a model before it had encoded already, so they tell little of which system is faster.",
    )
    T = max(1, len(opened.dialogue.utterances))
    rows = []
    for side in sides:
        prediction = side.analysis.prediction
        known = [i for i, u in enumerate(opened.dialogue.utterances) if u.label]
        hits = sum(prediction.label_of(i) == opened.dialogue.utterances[i].label for i in known)
        rows.append(
            {
                "model": side.title,
                "reads": "+".join(side.status.card.modalities),
                "parameters": count_parameters(side.status.name),
                "seconds": round(prediction.seconds, 3),
                "ms an utterance": round(1000 * prediction.seconds / T, 1),
                "device": f"{prediction.device}, {prediction.precision}",
                "as in the truth": f"{hits} of {len(known)}" if known else "not known",
                "calibrated": "yes" if prediction.calibrated else "no",
                "sees later utterances": "yes" if side.status.card.sees_future else "no",
                "weights": prediction.model.sha256[:12],
            }
        )
    st.dataframe(rows, width="stretch", hide_index=True)
