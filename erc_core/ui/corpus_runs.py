"""Runs of models over a corpus: what is kept of them, and a button that starts those that are not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from erc_core import pipeline
from erc_core.corpus_run import EXAMPLES, KIND, TRACES, Ask, Source, source_state, table_key
from erc_core.corpus_table import CorpusTable, corpus_table
from erc_core.jobs import queue
from erc_core.pipeline import ModelStatus
from erc_core.trace_pool import TracePool, trace_pool
from erc_core.types import Analysis
from erc_core.ui.desk import owner, settings, store
from erc_core.ui.examples import example_cards
from erc_core.ui.results import stored_analysis
from erc_core.ui.work import follow

RUN = "erc_core.corpus_run:corpus_job"
Value = TypeVar("Value")
HELD_TABLES, HELD_POOLS = 64, 4  # that a session has at hand


@st.cache_resource(show_spinner=False, ttl=60, max_entries=64)
def status_of(name: str) -> ModelStatus:
    """Return a model or variant with its weights; looked up anew each minute, so that a new checkpoint is seen."""
    return pipeline.model_status(name)


@st.cache_resource(show_spinner=False, ttl=60, max_entries=64)
def _state(source: Source) -> str:
    """Return what a source holds as a hash; looked at anew each minute, as a page asks for many runs of it."""
    return source_state(source, settings())


def _key(source: Source, ask: Ask) -> str | None:
    checkpoint = status_of(ask.model).checkpoint
    return None if checkpoint is None else table_key(source, _state(source), checkpoint, ask)


def kept_table(source: Source, ask: Ask) -> CorpusTable | None:
    """Return a run's table, or for the examples the one that their kept analyses give; None where it must be made."""
    return _kept(source, ask, _Place("corpus-tables", KIND, HELD_TABLES), CorpusTable, corpus_table)


def kept_pool(source: Source, ask: Ask) -> TracePool | None:
    """Return what is kept of what a model told in a run, or for the examples what comes with them; None without."""
    return _kept(source, ask, _Place("trace-pools", TRACES, HELD_POOLS), TracePool, trace_pool)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where results of runs are kept: their name in the session, their kind in the store, how many a session holds."""

    name: str
    kind: str
    most: int


def _kept(
    source: Source, ask: Ask, place: _Place, value_type: type[Value], make: Callable[[str, list[Analysis]], Value]
) -> Value | None:
    """Return what is at hand in the session, in the store, or made of the examples' kept analyses, in this order."""
    key = _key(source, ask)
    if key is None:
        return None
    held: dict[str, Value] = st.session_state.setdefault(place.name, {})
    if key not in held:
        found = store().result(place.kind, key, value_type)
        if found is None and (kept := _bundled(source, ask)):
            found = make(source.title, kept)
        if found is None:
            return None
        while len(held) >= place.most:
            held.pop(next(iter(held)))
        held[key] = found
    return held[key]


def _bundled(source: Source, ask: Ask) -> list[Analysis]:
    """Return the kept analyses of all bundled examples by a model as it is; nothing where one of them is missing."""
    if source.corpus != EXAMPLES or ask != Ask(ask.model):
        return []
    dialogues = [store().dialogue(card.dialogue, owner()) for card in example_cards()]
    kept = [one for dialogue in dialogues if (one := stored_analysis(dialogue, status_of(ask.model))) is not None]
    return kept if len(kept) == len(dialogues) else []


def ask_title(ask: Ask) -> str:
    """Return what people read of a run: the model, and what it does without."""
    how = "with zeroed" if ask.zeroed else "without"
    return status_of(ask.model).card.title + (f" {how} {', '.join(ask.off)}" if ask.off else "")


def draw_runs(source: Source, asks: Sequence[Ask], place: str = "") -> None:
    """Offer to make runs over a source, or show how far they are.

    Args:
        source: what is run over
        asks: at least one run whose model has weights
        place: tells buttons for the same runs apart
    """
    runs = ";".join(ask.text for ask in asks)
    asked = f"corpus-job-{source.corpus}-{source.split}-{hashlib.sha256(runs.encode()).hexdigest()[:12]}"
    what = ask_title(asks[0]) if len(asks) == 1 else f"{len(asks)} runs"
    if asked not in st.session_state:
        if len(asks) == 1:
            st.info(f"{what} has not been run on {source.title} yet.")
        else:
            st.info(f"Not run on {source.title} yet: {'; '.join(map(ask_title, asks))}.")
        if st.button(f"Run {what} on {source.title}" if len(asks) == 1 else f"Make {what}", key=f"go-{place}{asked}"):
            params = {"corpus": source.corpus, "split": source.split, "runs": runs}
            st.session_state[asked] = queue.submit(store(), RUN, params, owner(), f"{source.title}: {what}")
            st.rerun()
        return
    follow(asked, len(asks), place)
