"""What the page Evidence knows: the methods, the explanations that are kept, and those at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import streamlit as st

from erc_core import explaining
from erc_core.errors import JobError
from erc_core.escape import markdown
from erc_core.evidence import RECOMMENDED
from erc_core.explaining import MethodStatus, Request
from erc_core.explanation import Explanation
from erc_core.jobs import queue
from erc_core.types import Dialogue, ModelRef
from erc_core.ui.desk import Opened, owner, store
from erc_core.ui.examples import bundled_explanations, bundled_ids
from erc_core.ui.state import current_view, show_view
from erc_core.ui.work import draw_end, draw_work, finished

JOB = "erc_core.explaining:explain_job"
STEPS = 3
PREDICTED = ""
HELD = 64

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything at hand for the chosen utterance, label and model.

    Attributes:
        opened: what is on screen
        methods: all methods, each with the reason where it does not apply to the model
        found: kept explanations at the methods' default parameters, by method
    """

    opened: Opened
    methods: tuple[MethodStatus, ...]
    found: Mapping[str, Explanation]

    def reason(self, method: str) -> str:
        """Return why a method does not apply, empty where it does or where it is not known."""
        return next((status.reason for status in self.methods if status.card.name == method), "")

    def first(self, *methods: str) -> Explanation | None:
        """Return the first of several methods' explanations that is there."""
        return next((self.found[method] for method in methods if method in self.found), None)


@st.cache_resource(show_spinner=False, max_entries=16)
def methods_of(model: str, weights: str) -> tuple[MethodStatus, ...]:
    """Return all methods for a model; ``weights`` keeps others apart."""
    return explaining.methods(model)


def request_of(opened: Opened, method: str, params: Mapping[str, Value] | None = None, utterance: str = "") -> Request:
    """Return what is asked of a method for the chosen utterance and label."""
    return Request(opened.model.name, utterance or opened.selected, method, dict(params or {}), opened.view.label)


def kept(dialogue: Dialogue, request: Request) -> Explanation | None:
    """Return a kept explanation, of the example's own or of the store; one read once is at hand afterwards."""
    held: dict[str, Explanation] = st.session_state.setdefault("explanations", {})
    key = explaining.explanation_key(dialogue, _reference(request.model), request)
    if key not in held:
        bundled = bundled_explanations(dialogue.id, request.model)
        found = bundled.get(key) or explaining.kept_explanation(store(), dialogue, request)
        if found is None:
            return None
        if len(held) >= HELD:
            held.pop(next(iter(held)))
        held[key] = found
    return held[key]


def _reference(model: str) -> ModelRef:
    from erc_core.models.checkpoints import model_ref

    return model_ref(model)


def gather(opened: Opened) -> Evidence:
    """Look up what is there for the chosen utterance."""
    sha256 = opened.model.checkpoint.sha256 if opened.model.checkpoint else ""
    methods = methods_of(opened.model.name, sha256)
    found = {}
    for status in methods:
        if not status.reason and (one := kept(opened.dialogue, request_of(opened, status.card.name))):
            found[status.card.name] = one
    return Evidence(opened, methods, found)


def label_chosen() -> None:
    """Take the label that is asked about into the address."""
    show_view(replace(current_view(), label=str(st.session_state["why-label"])))


def _jobs() -> dict[str, str]:
    jobs: dict[str, str] = st.session_state.setdefault("explain-jobs", {})
    return jobs


def _job_key(opened: Opened, request: Request) -> str:
    return explaining.explanation_key(opened.dialogue, _reference(request.model), request)


def start(opened: Opened, requests: Sequence[Request]) -> None:
    """Ask for explanations in the background; of an example, which all see, equal ones of several people are one."""
    shared = opened.dialogue.id in bundled_ids()
    for request in requests:
        params = explaining.job_params(opened.dialogue, request)
        label = f"{request.utterance} by {request.method.replace('_', ' ')}"
        _jobs()[_job_key(opened, request)] = queue.submit(store(), JOB, params, owner(), label, shared=shared)


def stop_all() -> None:
    """Give up what waits or is at work."""
    for job in _jobs().values():
        with suppress(JobError):  # it went with its conversation
            queue.cancel(store(), job, owner())
    _jobs().clear()


def draw_jobs() -> None:
    """Draw the first explanation that is at work, and how many wait; what failed says why."""
    waiting = {}
    for key, job in list(_jobs().items()):
        try:
            state = finished(job)
        except JobError:  # it went with its conversation
            del _jobs()[key]
            continue
        if state is None:
            waiting[key] = job
            continue
        del _jobs()[key]
        if state.state != "done":
            st.caption(f"{markdown(state.label)}:")
            draw_end(state)
    if waiting:
        draw_work(next(iter(waiting.values())), STEPS)
        if len(waiting) > 1:
            left, right = st.columns([6, 1], vertical_alignment="center")
            left.caption(f"{len(waiting) - 1} more wait; each is shown as soon as it is there.")
            right.button("Stop all", key="stop-all", on_click=stop_all, width="stretch")


def comes_explained(opened: Opened, utterance: str) -> bool:
    """Tell whether an utterance of an example comes with all that the recommended methods can say of it.

    A method that is not among its explanations then has no answer, such as face regions of a speaker whom nobody sees.
    """
    bundled = bundled_explanations(opened.dialogue.id, opened.model.name)
    return any(_job_key(opened, request_of(opened, method, utterance=utterance)) in bundled for method in RECOMMENDED)


def open_requests(evidence: Evidence) -> tuple[Request, ...]:
    """Return what the button "Explain" asks for: recommended methods that apply and are not there yet.

    A method that changes nothing but what the utterance lacks, such as sound in a silent film, has no answer.
    """
    opened = evidence.opened
    if comes_explained(opened, opened.selected):
        return ()
    gone = {one.modality for one in opened.plain.prediction.missing if one.utterance == opened.selected}
    apply = {
        status.card.name
        for status in evidence.methods
        if not status.reason and (not status.card.modalities or set(status.card.modalities) - gone)
    }
    names = [name for name in RECOMMENDED if name in apply and name not in evidence.found]
    return tuple(request_of(opened, name) for name in names)
