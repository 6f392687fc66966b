"""The open dialogue with its analyses: stored ones at once, new ones through the queue, what-ifs in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from erc_core import pipeline
from erc_core.errors import JobError
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import load_tokenizer, text_input
from erc_core.jobs import queue
from erc_core.pipeline import ModelStatus
from erc_core.types import Analysis, Dialogue, Knob, Modality
from erc_core.ui.clips import clip_of
from erc_core.ui.desk import Opened, chosen_model, owner, selected_utterance, settings, store
from erc_core.ui.examples import example_cards, file_results
from erc_core.ui.state import View
from erc_core.ui.work import follow

ANALYSE = "erc_core.pipeline:analyse_job"
ANALYSE_STEPS = 4
HELD = 6  # analyses that a session has at hand: those of the models side by side


def open_dialogue(view: View) -> Dialogue:
    """Return the dialogue in the address, else the first example; stop with what to do where there is none.

    Raises:
        StoreError: this session sees no such dialogue
    """
    if not view.dialogue and not example_cards():
        st.info("No conversation is open, and no examples are bundled. Go to *Analyse a clip* and load one.")
        st.stop()
    return store().dialogue(view.dialogue or example_cards()[0].dialogue, owner())


def stored_analysis(dialogue: Dialogue, model: ModelStatus) -> Analysis | None:
    """Return the kept analysis of a dialogue by exactly these weights, or None where there is none."""
    if model.checkpoint is None:
        return None
    file_results(dialogue.id)
    return _kept(pipeline.analysis_key(dialogue, model.checkpoint), owner())


def _kept(key: str, session: str) -> Analysis | None:
    """Read an analysis once a session; later runs of the page have it at hand."""
    held: dict[str, Analysis] = st.session_state.setdefault("analyses", {})
    if key not in held:
        found = store().analysis(key, session)
        if found is None:
            return None
        if len(held) >= HELD:
            held.pop(next(iter(held)))
        held[key] = found
    return held[key]


@st.cache_resource(show_spinner=False, max_entries=32)
def _asked(
    dialogue: Dialogue, model: str, weights: str, off: tuple[Modality, ...], knobs: tuple[Knob, ...]
) -> Analysis:
    """Infer anew with other knobs; ``weights`` keeps answers of other weights apart."""
    return pipeline.analyse(dialogue, clip_of(dialogue), model, settings(), switched_off=off, knobs=knobs)


@st.cache_resource(show_spinner=False)
def _tokenizer() -> Any:
    return load_tokenizer(TEXT_ENCODER)


def tokens_of(dialogue: Dialogue, utterance: str) -> tuple[str, ...]:
    """Return the tokens that the text encoder reads for an utterance: its history, then itself; none without words."""
    found = text_input(dialogue, dialogue.position(utterance), _tokenizer())
    return () if found is None else found.tokens


def _wait_for_analysis(dialogue: Dialogue, model: ModelStatus) -> None:
    """Start the analysis, or show how far it is or why it failed; the page ends here."""
    asked = f"job-{dialogue.id}-{model.name}"
    if asked not in st.session_state:
        params = {"dialogue": dialogue.id, "model": model.name}
        label = f"{dialogue.title} by {model.card.title}"
        st.session_state[asked] = queue.submit(store(), ANALYSE, params, owner(), label)
    follow(asked, ANALYSE_STEPS)
    st.stop()


def open_view(view: View) -> Opened:
    """Return what the address asks for; while its analysis is at work show how far it is, and end the page there.

    Raises:
        ErcError: the address names a dialogue, utterance, model or value that cannot be used
    """
    dialogue, model = open_dialogue(view), chosen_model(view)
    selected = selected_utterance(view, dialogue)
    plain = stored_analysis(dialogue, model)
    if plain is None:
        _wait_for_analysis(dialogue, model)
        raise JobError("The analysis did not start", do="reload the page")
    if view.label not in plain.prediction.model.labels:
        view = replace(view, label="")  # asked of a model with other labels: this one is asked about its own answer
    asked = plain
    if view.what_if and model.checkpoint is not None:
        with st.spinner("Asking the model anew", show_time=True):
            asked = _asked(dialogue, model.name, model.checkpoint.sha256, view.off, view.knobs)
    return Opened(view, dialogue, model, plain, asked, selected)
