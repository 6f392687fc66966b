"""Notes on utterances: write one, bookmark, correct a label, find them again."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from erc_core.annotations import MAX_CHARACTERS, Note
from erc_core.escape import escape
from erc_core.plots.theme import Mode, label_style
from erc_core.ui.desk import Opened, owner, store
from erc_core.ui.notices import heading
from erc_core.ui.panels import chip_html
from erc_core.ui.state import current_view, show_view

UNSAID = ""


def notes_of(opened: Opened) -> dict[str, Note]:
    """Return this session's notes on the open dialogue by utterance."""
    return {note.utterance: note for note in store().notes(opened.dialogue.id, owner())}


def draw_annotations(opened: Opened, mode: Mode) -> None:
    """Draw the note on the chosen utterance, and the list of all notes of the dialogue."""
    if not opened.selected:
        return
    notes = notes_of(opened)
    heading(
        "Your notes",
        "A note, a bookmark, or the emotion that you hear yourself, kept with this conversation for your browser alone "
        "and part of every export. It changes no prediction.",
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _draw_form(opened, notes.get(opened.selected, Note(opened.selected)))
    with right:
        _draw_list(opened, notes, mode)


def _draw_form(opened: Opened, note: Note) -> None:
    place = f"{opened.dialogue.id}-{opened.selected}"
    utterance = opened.dialogue.utterances[opened.dialogue.position(opened.selected)]
    labels = [UNSAID, *opened.model.checkpoint.labels] if opened.model.checkpoint else [UNSAID]
    if note.label not in labels:
        labels.append(note.label)
    with st.form(f"note-{place}", border=True):
        st.html(f'<p class="who"><b>{escape(utterance.id)}</b> {escape(utterance.speaker)}</p>')
        text = st.text_area("Note", note.text, max_chars=MAX_CHARACTERS, key=f"note-text-{place}", height=80)
        one, two, three = st.columns([2, 1.2, 1], vertical_alignment="bottom")
        label = one.selectbox(
            "What you hear", labels, labels.index(note.label), key=f"note-label-{place}",
            format_func=lambda name: label_style(name).marked if name else "(not said)",
        )  # fmt: skip
        bookmarked = two.checkbox("Bookmark", note.bookmarked, key=f"note-mark-{place}")
        if three.form_submit_button("Keep", width="stretch"):
            store().put_note(opened.dialogue.id, owner(), Note(opened.selected, text.strip(), label, bookmarked))
            st.rerun()


def _choose(utterance: str) -> None:
    show_view(replace(current_view(), utterance=utterance))


def _draw_list(opened: Opened, notes: dict[str, Note], mode: Mode) -> None:
    own = [(u, notes[u.id]) for u in opened.dialogue.utterances if u.id in notes]
    if not own:
        st.caption("No notes on this conversation yet. Choose an utterance on the stage and write one.")
    for utterance, note in own:
        button, words = st.columns([1, 4], vertical_alignment="center")
        star = "★ " if note.bookmarked else ""
        button.button(
            f"{star}{utterance.id}",
            key=f"note-go-{utterance.id}",
            on_click=_choose,
            args=(utterance.id,),
            width="stretch",
        )
        chip = chip_html(note.label, mode) if note.label else ""
        words.html(f"{chip} {escape(note.text)}")
