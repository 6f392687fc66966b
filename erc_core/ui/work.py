"""Background work on the page: steps, estimate, a stop button. It goes on while nobody looks."""

from __future__ import annotations

import streamlit as st

from erc_core.errors import JobError
from erc_core.escape import escape, markdown
from erc_core.jobs import queue
from erc_core.jobs.states import JobState
from erc_core.ui.desk import owner, store
from erc_core.ui.guard import message_html

LOOK_EVERY_S = 0.5
STEPS = {
    "open": "opening the file",
    "probe": "looking what is in it",
    "decode": "decoding sound and pictures",
    "playback": "making a copy that browsers play",
    "load model": "loading the model",
    "words": "reading the words",
    "sound": "reading the sound",
    "faces": "finding faces",
}  # what the core's steps are called for people; others are called as they are


def steps_html(state: JobState) -> str:
    """Return the finished steps with their seconds and the one at work, as a list in HTML."""
    done = [
        f'<li>✓ {escape(STEPS.get(s.name, s.name))} <span class="when">{s.seconds:.1f} s</span></li>'
        for s in state.steps
    ]
    now = (
        f'<li class="now" aria-current="step">▸ {escape(STEPS.get(state.step, state.step))}</li>'
        if state.step and not state.ended
        else ""
    )
    return f'<ul class="steps">{"".join(done)}{now}</ul>'


def waiting_text(state: JobState) -> str:
    """Return in one line how far the work is and how long it may still take."""
    if state.state == "queued":
        return f"Waiting for {state.ahead} other tasks" if state.ahead else "Starting"
    if state.eta_s is None:
        return "Working"
    return f"about {max(1, round(state.eta_s))} s left"


def overall_fraction(state: JobState, steps: int) -> float:
    """Return how much of ``steps`` steps in all is done, in [0, 1]."""
    return min(1.0, (len(state.steps) + state.fraction) / max(steps, len(state.steps) + 1))


def _cancel(job: str) -> None:
    queue.cancel(store(), job, owner())


def finished(job: str) -> JobState | None:
    """Return the end of a job, or None while it goes on.

    Raises:
        JobError: this session has no such job
    """
    state = queue.status(store(), job, owner())
    return state if state.ended else None


def follow(asked: str, steps: int, place: str = "") -> None:
    """Draw how far the job is that the session keeps under ``asked``; when it is done, run the page anew.

    One that failed would fail again: only a person starts it once more. One that went with its conversation is
    forgotten, so that the page can ask anew.

    Args:
        asked: name in the session; it is gone afterwards where nothing is at work any more
        steps: how many steps such a job has
        place: tells buttons for the same job apart
    """
    try:
        state = finished(st.session_state[asked])
    except JobError:
        del st.session_state[asked]
        st.rerun()
    if state is None:
        draw_work(st.session_state[asked], steps)
    elif state.state == "done":
        del st.session_state[asked]
        st.rerun()
    else:
        draw_end(state)
        st.button("Try again", key=f"again-{place}{asked}", on_click=st.session_state.pop, args=(asked,))


def draw_work(job: str, steps: int) -> None:
    """Draw a job that goes on until it ends, then run the page anew."""

    @st.fragment(run_every=LOOK_EVERY_S)
    def look() -> None:
        try:
            state = queue.status(store(), job, owner())
        except JobError:
            st.rerun()
        if state.ended:
            st.rerun()
        with st.container(border=True, key=f"work-{job}"):
            left, right = st.columns([6, 1], vertical_alignment="center")
            left.progress(overall_fraction(state, steps), text=f"{markdown(state.label)}: {waiting_text(state)}")
            right.button("Stop", key=f"stop-{job}", on_click=_cancel, args=(job,), width="stretch")
            st.html(steps_html(state))
            st.caption("The work goes on when you reload or leave this page.")

    look()


def draw_end(state: JobState) -> None:
    """Say why a job ended without a result."""
    if state.state == "cancelled":
        st.info("Stopped. What was finished before is kept.")
    elif state.state == "failed":
        st.html(message_html(state.message))
