"""The faces over the stage's picture: kept ones at once, others when somebody asks for them."""

from __future__ import annotations

import streamlit as st

from erc_core.clip_faces import KIND, ClipFaces, faces_key
from erc_core.jobs import queue
from erc_core.media.face_log import PARTS, SPAN
from erc_core.stage_data import StageFaces
from erc_core.types import Dialogue
from erc_core.ui.desk import owner, store
from erc_core.ui.examples import file_results
from erc_core.ui.work import follow

FIND = "erc_core.clip_faces:faces_job"
STEPS = 1


def kept_faces(dialogue: Dialogue) -> ClipFaces | None:
    """Return the faces of a dialogue's clip, or None where nobody has looked for them yet."""
    held: dict[str, ClipFaces] = st.session_state.setdefault("clip_faces", {})
    if dialogue.id not in held:
        file_results(dialogue.id)
        found = store().result(KIND, faces_key(dialogue.id), ClipFaces)
        if found is None:
            return None
        held.clear()
        held[dialogue.id] = found
    return held[dialogue.id]


def stage_faces(dialogue: Dialogue) -> StageFaces | None:
    """Return what the stage draws over the picture; None where there is nothing to draw."""
    found = kept_faces(dialogue) if dialogue.media is not None and dialogue.media.has_video else None
    if found is None:
        return None
    log = found.log
    return StageFaces(
        log.times_s,
        log.tracks,
        log.boxes,
        log.points,
        log.meshed,
        {name.track: name.speaker for name in found.names},
        {part: len(points) for part, points in PARTS.items()},
        SPAN,
    )


def ask_for_faces(dialogue: str, title: str) -> None:
    """Start to look for the faces of a dialogue's clip."""
    st.session_state[f"faces-job-{dialogue}"] = queue.submit(
        store(), FIND, {"dialogue": dialogue}, owner(), f"Faces of {title}"
    )


def draw_faces_state(dialogue: Dialogue) -> None:
    """Offer to look for the faces of a clip in which nobody has looked for them, and show how far that is."""
    if dialogue.media is None or not dialogue.media.has_video:
        return
    found = kept_faces(dialogue)
    if found is not None:
        if found.note:
            st.caption(found.note)
        return
    asked = f"faces-job-{dialogue.id}"
    if asked not in st.session_state:
        st.button(
            "Show the faces on the picture", key="find-faces", type="tertiary", on_click=ask_for_faces,
            args=(dialogue.id, dialogue.title),
            help="Looks for all faces of the clip and for who of them speaks. That takes about as long as the clip.",
        )  # fmt: skip
        return
    follow(asked, STEPS)
