"""Finding utterances over all conversations: by words, speaker, emotion, errors and disagreement."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from erc_core import pipeline
from erc_core.pipeline import ModelStatus
from erc_core.plots.theme import label_style
from erc_core.types import Analysis, Dialogue
from erc_core.ui.desk import Opened, owner, store, usable_models
from erc_core.ui.examples import file_all_results
from erc_core.ui.notices import heading
from erc_core.ui.state import current_view, show_view

MOST_DIALOGUES = 60  # the newest that were analysed; a corpus has a page of its own
MOST_ROWS = 200
TICKS = ("predicted wrongly", "models disagree", "modalities conflict")


@dataclass(frozen=True, slots=True)
class Found:
    """An utterance with what the chosen model, its modalities alone and other models say of it."""

    dialogue: str
    title: str
    utterance: str
    speaker: str
    words: str
    predicted: str
    truth: str | None
    alone: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def marks(self) -> frozenset[str]:
        """Which of :data:`TICKS` hold."""
        wrong = self.truth is not None and self.truth != self.predicted
        disagree = any(label != self.predicted for label in self.others)
        held = (wrong, disagree, len(set(self.alone)) > 1)
        return frozenset(tick for tick, holds in zip(TICKS, held, strict=True) if holds)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty parts ask nothing."""

    words: str = ""
    speakers: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()

    def asks(self) -> bool:
        """Tell whether anything is asked."""
        return bool(self.words.strip() or self.speakers or self.emotions or self.marks)

    def fits(self, found: Found) -> bool:
        """Tell whether an utterance has all words, one of the speakers, one of the emotions and all marks."""
        text = f"{found.words} {found.title}".casefold()
        return (
            all(word in text for word in self.words.casefold().split())
            and (not self.speakers or found.speaker in self.speakers)
            and (not self.emotions or found.predicted in self.emotions)
            and self.marks <= found.marks
        )


def rows_of_analysis(dialogue: Dialogue, analysis: Analysis, others: tuple[Analysis, ...] = ()) -> tuple[Found, ...]:
    """Return a row an utterance; ``others`` are analyses of the same dialogue by other models."""
    labels = analysis.prediction.model.labels.labels
    rows = []
    for i, utterance in enumerate(dialogue.utterances):
        alone = [x.probabilities[i] for x in analysis.prediction.unimodal]
        rows.append(
            Found(
                dialogue.id,
                dialogue.title,
                utterance.id,
                utterance.speaker,
                utterance.text or "",
                analysis.prediction.label_of(i),
                utterance.label,
                tuple(labels[int(np.argmax(row))] for row in alone if not np.isnan(row).any()),
                tuple(other.prediction.label_of(i) for other in others),
            )
        )
    return tuple(rows)


@st.cache_resource(show_spinner=False, max_entries=256)
def _rows(dialogue: str, session: str, keys: tuple[str, ...]) -> tuple[Found, ...]:
    """Return a stored dialogue's rows; the first key is the chosen model's analysis, the rest are other models'."""
    first, *rest = (store().analysis(key, session) for key in keys)
    if first is None:
        return ()
    return rows_of_analysis(store().dialogue(dialogue, session), first, tuple(x for x in rest if x is not None))


def _all_rows(model: ModelStatus) -> list[Found]:
    """Return the rows of the newest dialogues that the chosen model has analysed."""
    file_all_results()
    session, found = owner(), list[Found]()
    refs = {status.name: status.checkpoint for status in usable_models()}
    for row in store().dialogues(session, limit=MOST_DIALOGUES):
        dialogue = store().dialogue(row.id, session)
        names = [model.name, *(name for name in row.models if name != model.name)]
        keys = tuple(pipeline.analysis_key(dialogue, ref) for name in names if (ref := refs.get(name)) is not None)
        if model.name in row.models:
            found.extend(_rows(row.id, session, keys))
    return found


def _open_row() -> None:
    chosen = st.session_state["found"]["selection"]["rows"]
    shown = st.session_state.get("found_shown", ())
    if chosen and chosen[0] < len(shown):
        dialogue, utterance = shown[chosen[0]]
        show_view(replace(current_view(), dialogue=dialogue, utterance=utterance, tau=None, off=()))


def _draw_rows(rows: list[Found]) -> None:
    st.session_state["found_shown"] = tuple((row.dialogue, row.utterance) for row in rows[:MOST_ROWS])
    st.caption(
        f"{len(rows)} utterances" + (f", the first {MOST_ROWS} are shown" if len(rows) > MOST_ROWS else "")
        + ". Choose a row to open it on the stage."
    )  # fmt: skip
    table = [
        {
            "conversation": row.title,
            "id": row.utterance,
            "speaker": row.speaker,
            "words": row.words,
            "predicted": label_style(row.predicted).marked,
            "truth": label_style(row.truth).marked if row.truth else "",
            "each alone": ", ".join(row.alone),
            "found because": ", ".join(tick for tick in TICKS if tick in row.marks),
        }
        for row in rows[:MOST_ROWS]
    ]
    st.dataframe(table, width="stretch", hide_index=True, key="found", on_select=_open_row, selection_mode="single-row")


def draw_find(opened: Opened) -> None:
    """Draw the search over the utterances of all conversations; nothing is read before something is asked."""
    heading(
        "Find utterances",
        "Over all examples and your newest clips that this model has analysed. Wrong: the prediction differs from the "
        "truth. Models disagree: another model's stored answer differs. Modalities conflict: words, sound or face "
        "alone name different emotions.",
    )
    words, speakers, emotions = st.columns([2, 1.4, 1.8])
    labels = opened.plain.prediction.model.labels.labels
    asked = Wanted(
        words.text_input("Words", key="find-words", placeholder="in the utterance or the title"),
        tuple(
            part.strip()
            for part in speakers.text_input("Speaker", key="find-speaker", placeholder="a name").split(",")
            if part.strip()
        ),
        tuple(
            emotions.multiselect(
                "Predicted emotion", labels, key="find-emotions", format_func=lambda label: label_style(label).marked
            )
        ),
        frozenset(st.pills("Only utterances where", TICKS, selection_mode="multi", key="find-marks")),
    )
    if not asked.asks():
        return
    with st.spinner("Looking"):
        rows = [row for row in _all_rows(opened.model) if asked.fits(row)]
    if rows:
        _draw_rows(rows)
    else:
        st.info("No utterance fits. Take a filter away, or choose another model.")
