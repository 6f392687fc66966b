"""The parts of the page Analyse a clip: what can be loaded, the upload, and the work."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from erc_core.errors import ErcError, InputError
from erc_core.jobs import queue
from erc_core.settings import Settings
from erc_core.ui.desk import QUICKEST, keeps_cookies, owner, session, settings, store
from erc_core.ui.guard import draw_error
from erc_core.ui.notices import CONSENT, LAW, heading
from erc_core.ui.people import person
from erc_core.ui.recorder import draw_recorder
from erc_core.ui.state import View, show_view
from erc_core.ui.work import draw_end, draw_work, finished

OPEN = "erc_core.pipeline:open_clip_job"
OPEN_STEPS = 6
CLIPS = ("mp4", "mov", "webm", "mkv", "avi", "wav", "mp3", "flac", "m4a", "ogg")
TRANSCRIPTS = ("srt", "vtt", "csv", "eaf")


def limits_text(limits: Settings) -> str:
    """Return what can be loaded, in sentences."""
    minutes = limits.max_duration_s / 60
    words = (
        f"Words come from the transcript, or from the Whisper model `{limits.whisper}`."
        if limits.whisper
        else "Words come from the transcript or from typing: no Whisper model is set up here."
    )
    return (
        f"**Video or sound**: {', '.join(CLIPS)} and others, up to {limits.max_size_mb} MB and {minutes:g} minutes, "
        f"pictures up to {limits.max_pixels / 1e6:.1f} megapixels, {limits.max_utterances:,} utterances. "
        f"**Transcript** (if you have one): SRT, WebVTT, ELAN, or CSV with `start_s,end_s,speaker,text`. {words} "
        "Without words, sound or picture the rest is still analysed, and what is missing is shown as missing."
    )


def draw_what_follows() -> None:
    """Say what will happen after the button is pressed."""
    heading(
        "What happens then",
        "The clip is decoded, its speech is cut into utterances (or the transcript's are taken), features are read "
        "from words, sound and faces, and the model predicts every utterance. You see each step and how long it may "
        "take, and can stop it; it goes on when you reload the page. Then "
        "words and speakers can be corrected in a table.",
    )


def draw_intake() -> None:
    """Draw what can be loaded and the upload; a press of the button starts the work."""
    st.title("Analyse a clip", anchor=False)
    st.markdown(limits_text(settings()))
    # In a form the button waits until every file has arrived: a clip is never analysed without its transcript.
    with st.form("intake", border=False):
        left, right = st.columns(2, gap="medium")
        # Any name is let through: what a file is, its content tells.
        left.file_uploader("Video or sound", key="clip")
        right.file_uploader("Transcript, optional", key="transcript", type=TRANSCRIPTS)
        start, note = st.columns([1, 4], vertical_alignment="center")
        start.form_submit_button("Analyse", type="primary", on_click=_start, key="analyse", width="stretch")
        who = "your browser" if person() is None else "you"
        days = settings().keep_days
        when = f"after {days:g} days" if days > 0 else "when you delete them"
        note.caption(f"{CONSENT.format(who=who, when=when)} {LAW}")
        st.space("xsmall")  # the note may be higher than the button that it is centred on
    with st.expander("Record with the camera and the microphone"):
        if keeps_cookies():
            draw_recorder(settings(), _recorded)
        else:
            st.caption("Recording needs cookies, which this browser refuses. Record elsewhere and load the file.")
    if not keeps_cookies():
        st.warning(
            "This browser refuses cookies: your clip is analysed, but cannot be played, nothing of it can be saved "
            "as a file, and it is gone with this tab."
        )
    if error := st.session_state.pop("intake_error", None):
        draw_error(error)


def _start() -> None:
    clip, transcript = st.session_state["clip"], st.session_state["transcript"]
    try:
        if clip is None:
            raise InputError(
                "There is no clip to analyse yet",
                got="a transcript alone" if transcript is not None else "no file",
                allowed="one video or sound, with or without its transcript",
                do="choose or drop a file under Video or sound",
            )
        sha256 = store().put_media(clip, owner=owner())
        words = store().put_media(transcript, owner=owner()) if transcript is not None else ""
        _open(sha256, PurePath(clip.name).name, words, transcript.name if transcript is not None else "")
    except ErcError as error:
        st.session_state["intake_error"] = error


def _recorded(sha256: str, name: str) -> None:
    """Open a recording that this session has sent."""
    try:
        store().check_brought(sha256, session())
        if owner() != session():  # the browser has sent it, the person who is signed in keeps it
            store().put_media(store().media_path(sha256), sha256, owner=owner())
            store().release_media(sha256, session())  # whoever signs in here next has not brought it
        _open(sha256, PurePath(name).name)
    except ErcError as error:
        st.session_state["intake_error"] = error


def _open(sha256: str, name: str, words: str = "", words_name: str = "") -> None:
    """Start to open a clip of the store, and show how far that is."""
    params = {"media": sha256, "name": name, "transcript": words, "transcript_name": words_name}
    show_view(View(job=queue.submit(store(), OPEN, params, owner(), name)))


def draw_progress(view: View) -> None:
    """Show how far the work is; when it is done, open what it found."""
    state = finished(view.job)
    if state is None:
        draw_work(view.job, OPEN_STEPS)
    elif state.state == "done":
        show_view(View(dialogue=state.result_key, model=view.model or QUICKEST))
        st.rerun()
    else:
        draw_end(state)
