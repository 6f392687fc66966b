"""The answering side of the page What if: what the edits did to this utterance and to those that follow."""

from __future__ import annotations

import numpy as np
import streamlit as st

from erc_core.escape import escape, markdown
from erc_core.plots.before_after import plot_before_after
from erc_core.plots.ripple import plot_ripple
from erc_core.plots.theme import Mode, shortened
from erc_core.types import Analysis, frozen_array
from erc_core.ui.desk import Opened
from erc_core.ui.notices import heading
from erc_core.ui.panels import chip_html, draw_figure
from erc_core.ui.whatif import chosen_utterance, forget, put, take_all_back, take_back
from erc_core.whatif.changes import Change, changes
from erc_core.whatif.edits import MuteSound, WordsEdit, describe

COLUMNS = 40  # so many utterances of a long dialogue are drawn, around the chosen one
CHIP = 72  # characters of an edit on its button; all of it is shown at the pointer
SLIGHT = 0.01  # a smaller movement is none to people


def draw_answers(opened: Opened, after: Analysis, mode: Mode) -> None:
    """Draw the edits in place and the chosen utterance before and after."""
    heading(
        "Before and after",
        "A bar is the probability now, the line where it was before your changes, the number the difference.",
        "Both from the same weights; only what you changed was read again.",
    )
    if not opened.view.edits:
        _draw_invitation(opened)
        return
    found = changes(opened.plain.prediction, after.prediction)
    one = found[opened.dialogue.position(opened.selected)]
    st.html(f'<div class="whatif">{verdict_html(opened, after, one, mode)}</div>')
    _draw_edits(opened)
    if one.after is None:
        return
    before = opened.plain.prediction.probabilities[opened.dialogue.position(opened.selected)]
    labels = opened.plain.prediction.model.labels
    draw_figure(plot_before_after(labels, before, frozen_array(before + one.delta), mode), "before-after")


def verdict_html(opened: Opened, after: Analysis, one: Change, mode: Mode) -> str:
    """Return in two sentences what the edits did to the chosen utterance and to the others."""
    plain = opened.plain.prediction
    index = opened.dialogue.position(opened.selected)

    def chip(label: str, share: float) -> str:
        return chip_html(label, mode, f"{label.capitalize()} {100 * share:.0f} %")

    was = chip(one.before, float(plain.probabilities[index].max()))
    if one.after is None:
        first = f"{escape(opened.selected)} was {was} and is left out."
    else:
        at = after.prediction.utterances.index(opened.selected)
        now = chip(one.after, float(after.prediction.probabilities[at].max()))
        verb = "turns from" if one.turned else "stays"
        first = f"{escape(opened.selected)} {verb} {was} → {now}."
    return f"<p>{first}</p><p>{escape(reach_sentence(opened, changes(plain, after.prediction)))}</p>"


def reach_sentence(opened: Opened, found: tuple[Change, ...]) -> str:
    """Return how far the edits reach beyond the edited utterances."""
    edited = {edit.utterance for edit in opened.view.edits}
    others = [change for change in found if change.utterance not in edited and change.after is not None]
    turned = [change.utterance for change in others if change.turned]
    touched = [change for change in others if change.moved >= SLIGHT]
    if not touched:
        return "No other utterance is touched."
    most = max(touched, key=lambda change: change.moved)
    reach = f"{len(touched)} of {len(others)} other utterances move, most of all {most.utterance} by {most.moved:.2f}"
    names = ", ".join(turned)
    return f"{reach}; {'another emotion is predicted for ' + names if turned else 'no other prediction turns'}."


def _draw_invitation(opened: Opened) -> None:
    """Offer three changes that can be made with one press."""
    utterance = chosen_utterance(opened)
    position = opened.dialogue.position(opened.selected)
    earlier = tuple(u.id for u in opened.dialogue.utterances[max(0, position - 5) : position])
    st.html(
        '<div class="whatif"><p>Nothing is changed yet. Change something in the form, or begin with one of these.</p>'
        "</div>"
    )
    with st.container(horizontal=True, key="invitation"):
        st.button("Take its words away", on_click=put, args=(WordsEdit(utterance.id, ""),), disabled=not utterance.text)
        st.button(
            "Make it silent", on_click=put, args=(MuteSound(utterance.id),),
            disabled="a" not in opened.model.card.modalities or clipless(opened),
        )  # fmt: skip
        st.button("Forget what was said before", on_click=forget, args=(earlier,), disabled=not earlier)


def clipless(opened: Opened) -> bool:
    """Tell whether the dialogue has no sound that could be edited."""
    return opened.dialogue.media is None or not opened.dialogue.media.has_audio


def _draw_edits(opened: Opened) -> None:
    """Draw the edits in place, each with a button that takes it back."""
    with st.container(horizontal=True, key="edits", gap="small"):
        for edit in opened.view.edits:
            st.button(
                markdown(f"✕ {shortened(f'{edit.utterance} {describe(edit)}', CHIP)}"),
                key=f"undo-{edit.kind}-{edit.utterance}", on_click=take_back, args=(edit,),
                help=markdown(f"Take this back: {edit.utterance} {describe(edit)}"),
            )  # fmt: skip
        if len(opened.view.edits) > 1:
            st.button("Take all back", key="undo-all", on_click=take_all_back, type="tertiary")


def draw_reach(opened: Opened, after: Analysis, mode: Mode) -> None:
    """Draw every utterance before and after, and how far each moved."""
    card = opened.model.card
    sight = "sees what comes later too" if card.sees_future else "sees nothing that comes later"
    heading(
        "Along the dialogue",
        "A triangle marks what you changed. The bars say how much of the probability went to other emotions: 0 is "
        f"none, 1 is all (total variation distance). {card.title} {sight}.",
    )
    found = changes(opened.plain.prediction, after.prediction)
    position = opened.dialogue.position(opened.selected)
    first = max(0, min(position - COLUMNS // 2, len(found) - COLUMNS))
    shown = found[first : first + COLUMNS]
    figure = plot_ripple(
        tuple(change.utterance for change in shown),
        tuple(change.before for change in shown),
        tuple(change.after for change in shown),
        frozen_array(np.array([change.moved for change in shown])),
        tuple({edit.utterance for edit in opened.view.edits}),
        opened.selected,
        mode,
    )
    draw_figure(figure, "ripple")
    if len(shown) < len(found):
        st.caption(f"{len(shown)} of {len(found)} utterances, around the chosen one.")
    with st.expander("Before and after as a table"):
        st.dataframe([_row(opened, change) for change in found], width="stretch")


def _row(opened: Opened, change: Change) -> dict[str, object]:
    utterance = opened.dialogue.utterances[opened.dialogue.position(change.utterance)]
    own = [edit for edit in opened.view.edits if edit.utterance == change.utterance]
    return {
        "utterance": change.utterance,
        "speaker": utterance.speaker,
        "changed": "; ".join(describe(edit) for edit in own),
        "before": change.before,
        "after": change.after or "left out",
        "moved": None if np.isnan(change.moved) else round(change.moved, 4),
        "truth": utterance.label or "",
    }
