"""What people know better than the clip tells: words, who speaks, whose face that is, where utterances begin."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace

import streamlit as st
from PIL import Image

from erc_core.clip_faces import ClipFaces
from erc_core.errors import InputError
from erc_core.escape import markdown
from erc_core.media.face_log import EVERY, Portrait, portraits
from erc_core.media.face_survey import LOOK_S
from erc_core.media.pictures import frames
from erc_core.speakers import (
    NO_FACE,
    SHORTEST_S,
    merge_speakers,
    merge_utterances,
    relink_face,
    rename_speaker,
    split_speaker,
    split_utterance,
)
from erc_core.types import Dialogue, Utterance
from erc_core.ui.desk import Opened, owner, settings, store
from erc_core.ui.faces import ask_for_faces, kept_faces
from erc_core.ui.notices import heading
from erc_core.ui.state import current_view, show_view
from erc_core.ui.transcript_table import table_of, with_table

PORTRAIT_WIDTH = 96
AROUND = 0.35  # of a face's box is shown on each side of it
MOST_PORTRAITS = 12
LIPS, NOT_SEEN = "the face whose lips move", "not in the picture"


def draw_table(opened: Opened) -> None:
    """Draw the table of utterances; a press of the button analyses the dialogue with what was typed."""
    heading(
        "Words and speakers",
        "Type or correct words, speakers and times, add or delete rows, then analyse again. Utterances that you leave "
        "as they are keep the times of their words.",
    )
    silent = not any(u.text for u in opened.dialogue.utterances)
    with st.expander("Table of utterances", expanded=silent):
        rows = st.data_editor(
            table_of(opened.dialogue),
            key=f"table-{opened.dialogue.id}",
            num_rows="dynamic",
            width="stretch",
            column_config={
                "start_s": st.column_config.NumberColumn("start (s)", min_value=0.0, format="%.2f", width="small"),
                "end_s": st.column_config.NumberColumn("end (s)", min_value=0.0, format="%.2f", width="small"),
                "speaker": st.column_config.TextColumn("speaker", width="small"),
                "text": st.column_config.TextColumn("words", width="large"),
            },
        )
        if st.button("Analyse again with this table", key="again"):
            changed = with_table(opened.dialogue, rows)
            if changed.id == opened.dialogue.id:
                raise InputError("The table has not changed", do="edit a cell first")
            _open_changed(opened.dialogue, changed)


def draw_corrections(opened: Opened) -> None:
    """Draw how speakers, their faces and the chosen utterance are put right; each step is analysed at once."""
    dialogue = opened.dialogue
    if not dialogue.utterances:
        return
    with st.expander("Who is who, and where an utterance ends"):
        st.caption(
            "What you change here carries through: words are read with the right speakers, faces are the speaker's "
            "own, and the models answer anew. Your clip's earlier version stays in *Your clips*."
        )
        _draw_names(dialogue)
        _draw_faces(dialogue, opened.selected)
        _draw_utterance(dialogue, dialogue.utterances[dialogue.position(opened.selected)])


def renamed(dialogue: Dialogue, names: Iterable[tuple[str, str]]) -> Dialogue:
    """Return the dialogue with other names; speakers who get the same name become one.

    Args:
        dialogue: the conversation
        names: each speaker's name and what it becomes

    Raises:
        InputError: a name is empty
    """
    wanted = {old: new.strip() for old, new in names}
    empty = next((old for old, new in wanted.items() if not new), None)
    if empty is not None:
        raise InputError("A speaker needs a name", got=f"an empty one for {empty}", do="type one, or the old one")
    # By names that nobody has, so that two speakers can change theirs with each other.
    between = {old: f"{place}:{old}:{new}" for place, (old, new) in enumerate(wanted.items())}
    for old, name in between.items():
        dialogue = rename_speaker(dialogue, old, name)
    for old, name in between.items():
        new = wanted[old]
        if new in dialogue.speakers:
            dialogue = merge_speakers(dialogue, new, [name])
        else:
            dialogue = rename_speaker(dialogue, name, new)
    return dialogue


def _draw_names(dialogue: Dialogue) -> None:
    st.markdown("**Names.** Give two speakers the same name where one voice was taken for two.")
    with st.form(f"names-{dialogue.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        names = [
            (name, st.text_input(f"Name of {markdown(name)}", name, key=f"name-{dialogue.id}-{place}", width=180))
            for place, name in enumerate(dialogue.speakers)
        ]
        pressed = st.form_submit_button("Rename or merge", key="rename")
    if pressed:
        _open_changed(dialogue, renamed(dialogue, names))


def _draw_faces(dialogue: Dialogue, selected: str) -> None:
    if dialogue.media is None or not dialogue.media.has_video:
        return
    st.markdown("**Faces.** Say whose face is whose where the lips were misread.")
    found = kept_faces(dialogue)
    if found is None:
        st.caption("Press *Show the faces on the picture* under the stage first; then they can be linked here.")
        return
    seen = portraits(found.log)[:MOST_PORTRAITS]
    if not seen:
        st.caption("No face was found in this clip.")
        return
    _draw_portraits(dialogue, found, seen)
    scopes = [*(f"all that {name} says" for name in dialogue.speakers), f"only {selected}"]
    choices = {LIPS: None, NOT_SEEN: NO_FACE, **{f"face {one.track}": one.track for one in seen}}
    with (
        st.form(f"faces-{dialogue.id}-{selected}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        scope = st.selectbox("Utterances", scopes, width=220)
        face = st.selectbox("are said by", list(choices), width=220)
        pressed = st.form_submit_button("Link the face", key="relink")
    if pressed:
        place = scopes.index(scope)
        speaker = dialogue.speakers[place] if place < len(dialogue.speakers) else None
        chosen = [u.id for u in dialogue.utterances if (u.id == selected if speaker is None else u.speaker == speaker)]
        _open_changed(dialogue, relink_face(dialogue, chosen, choices[face]))


def _draw_portraits(dialogue: Dialogue, found: ClipFaces, seen: tuple[Portrait, ...]) -> None:
    names = {one.track: one.speaker for one in found.names}
    with st.container(horizontal=True, key="portraits"):
        for one in seen:
            who = f"speaks as {markdown(names[one.track])}" if one.track in names else "says nothing"
            caption = f"Face {one.track}: {who}, seen for {one.looks * EVERY * LOOK_S:.1f} s"
            with st.container(width=PORTRAIT_WIDTH + 24):
                st.image(_portrait(dialogue.media.sha256 if dialogue.media else "", one), caption)


@st.cache_resource(show_spinner=False, max_entries=64)
def _portrait(sha256: str, one: Portrait) -> bytes:
    """Return a face with a little around it as JPEG."""
    picture = Image.fromarray(next(iter(frames(store().media_path(sha256), [one.time_s], settings()))).rgb)
    left, top, width, height = one.box
    size = (picture.width, picture.height) * 2
    box = (left - AROUND * width, top - AROUND * height, left + (1 + AROUND) * width, top + (1 + AROUND) * height)
    low_x, low_y, high_x, high_y = (round(part * whole) for part, whole in zip(box, size, strict=True))
    cut = picture.crop((max(0, low_x), max(0, low_y), min(picture.width, high_x), min(picture.height, high_y)))
    content = io.BytesIO()
    cut.resize((PORTRAIT_WIDTH, max(1, round(PORTRAIT_WIDTH * cut.height / cut.width)))).save(content, "JPEG")
    return content.getvalue()


def _draw_utterance(dialogue: Dialogue, chosen: Utterance) -> None:
    who = markdown(chosen.speaker)
    st.markdown(f"**Utterance {chosen.id}**, {chosen.start_s:.2f} to {chosen.end_s:.2f} s, of {who}.")
    key = f"{dialogue.id}-{chosen.id}"
    place = dialogue.position(chosen.id)
    after = dialogue.utterances[place + 1] if place + 1 < len(dialogue.utterances) else None
    low, high = chosen.start_s + SHORTEST_S, chosen.end_s - SHORTEST_S
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("It is said by", chosen.speaker, key=f"said-{key}", width=180)
        given = st.button("Give it to that speaker", key="give")
        at_s = st.number_input(
            "Cut at (s)", value=(low + high) / 2, step=0.05, key=f"cut-{key}", width=140, disabled=low >= high
        )
        cut = st.button("Cut in two", key="cut", disabled=low >= high)
        join = st.button(
            "Join with the next", key="join", disabled=after is None or after.speaker != chosen.speaker,
            help="Both must have the same speaker.",
        )  # fmt: skip
    if given:
        _open_changed(dialogue, split_speaker(dialogue, [chosen.id], name))
    if cut:
        _open_changed(dialogue, split_utterance(dialogue, chosen.id, at_s))
    if join and after is not None:
        _open_changed(dialogue, merge_utterances(dialogue, chosen.id, after.id))


def _open_changed(dialogue: Dialogue, changed: Dialogue) -> None:
    """File what became of a dialogue and open it; where its faces were known they are looked at again."""
    if changed.id == dialogue.id:
        raise InputError("Nothing has changed", do="change a name, a face or a time first")
    store().put_dialogue(changed, owner())
    if kept_faces(dialogue) is not None:
        ask_for_faces(changed.id, changed.title)
    view = current_view()
    still_there = any(u.id == view.utterance for u in changed.utterances)
    show_view(replace(view, dialogue=changed.id, utterance=view.utterance if still_there else ""))
    st.rerun()
