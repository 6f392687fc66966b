"""What stands on top of each page about a dialogue: title, facts, model and the stage."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from erc_core.escape import escape, markdown
from erc_core.plots.theme import Mode
from erc_core.stage_data import FaceRegion, stage_data
from erc_core.ui.clips import envelope_of, stage_media, why_not_played
from erc_core.ui.desk import Opened, models, owner, store, usable_models
from erc_core.ui.faces import draw_faces_state, stage_faces
from erc_core.ui.figure_files import note_about
from erc_core.ui.guard import message_html
from erc_core.ui.panels import draw_notes, facts_html
from erc_core.ui.places import link_to
from erc_core.ui.sharing import draw_shared, is_own
from erc_core.ui.stage import draw_stage
from erc_core.ui.state import current_view, show_view


def _model_chosen() -> None:
    show_view(replace(current_view(), model=st.session_state["model"], tau=None, off=()))


def _draw_models(opened: Opened) -> None:
    """Draw the choice of models; those that cannot be used are named with the reason."""
    titles = {status.name: status.card.title for status in usable_models()}
    idle = [status for status in models() if status.name not in titles]
    help_text = "\n\n".join(f"{status.card.title}: {status.reason}" for status in idle)
    st.session_state["model"] = opened.model.name
    st.selectbox(
        "Model", list(titles), key="model", format_func=titles.__getitem__, on_change=_model_chosen,
        help=f"Not usable here:\n\n{help_text}" if idle else None,
    )  # fmt: skip


ONWARD = (
    ("evidence", "Why it says so"),
    ("contributions", "What it leans on, by its own account"),
    ("whatif", "What if it had been otherwise"),
    ("compare", "What other models say"),
)


def draw_onward(opened: Opened, correct: bool = False) -> None:
    """Draw the ways on from the chosen utterance: its reasons, changes to it, other models.

    Args:
        opened: what is on screen
        correct: whether a way leads to where words, speakers and times of an own clip are put right
    """
    if not opened.selected:
        return
    with st.container(key="onward", horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(f'<p class="who">{escape(opened.selected)}:</p>', width="content")
        for address, label in ONWARD:
            link_to(address, f"{label} ▸", replace(opened.view, dialogue=opened.dialogue.id, utterance=opened.selected))
        if correct and is_own(opened.dialogue):
            link_to("analyse", "Put words, speakers and times right ▸", replace(opened.view, tour=""))


def draw_dialogue(opened: Opened, mode: Mode, regions: tuple[FaceRegion, ...] = ()) -> None:
    """Draw title, facts, model choice and the stage; ``regions`` are filled on the speaker's face."""
    asked = opened.analysis.prediction.model
    note_about(dialogue=opened.dialogue.id, utterance=opened.selected, model=asked.name, weights=asked.sha256)
    left, right = st.columns([5, 1.3], vertical_alignment="bottom")
    with left:
        st.title(markdown(opened.dialogue.title), anchor=False)
        st.html(facts_html(opened.analysis, opened.model.card))
    with right:
        _draw_models(opened)
    draw_shared(opened.dialogue)
    draw_notes(opened.analysis)
    if reason := why_not_played(opened.dialogue):
        st.warning("Browsers do not play this clip, and no copy that they play could be made. The rest is here.")
        st.html(message_html(reason))
    envelope = envelope_of(opened.dialogue)
    faces = stage_faces(opened.dialogue)
    draw_stage(
        stage_data(
            opened.analysis,
            stage_media(opened.dialogue),
            envelope,
            opened.selected,
            mode,
            faces,
            regions,
            store().notes(opened.dialogue.id, owner()),
        )
    )
    draw_faces_state(opened.dialogue)
