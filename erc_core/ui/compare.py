"""What the page Compare sets side by side: models, the truth, and the table of any other model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from erc_core import pipeline
from erc_core.comparison import Answers, answers_of, truth_of
from erc_core.data.other_predictions import OtherPredictions, format_text, read_predictions
from erc_core.errors import ErcError
from erc_core.jobs import queue
from erc_core.pipeline import ModelStatus
from erc_core.types import Analysis, Dialogue, LabelSet
from erc_core.ui.desk import Opened, owner, store, usable_models, while_shown
from erc_core.ui.examples import example_cards, file_results
from erc_core.ui.guard import draw_error
from erc_core.ui.results import ANALYSE, ANALYSE_STEPS, stored_analysis
from erc_core.ui.state import MOST_MODELS, View, current_view, show_view
from erc_core.ui.work import follow

OTHER = "other"  # the name of the answers that came as a table


@dataclass(frozen=True, slots=True)
class Side:
    """A model with its analysis of the open dialogue."""

    status: ModelStatus
    analysis: Analysis

    @property
    def title(self) -> str:
        """What people call the model."""
        return self.status.card.title

    @property
    def answers(self) -> Answers:
        """What it says of each utterance."""
        return answers_of(self.analysis.prediction, self.title)


def compared_models(view: View) -> tuple[ModelStatus, ...]:
    """Return the systems side by side: those of the address, else all that can be used, the chosen one first."""
    usable = [status for status in usable_models() if status.card.role == "system"]
    if view.models:
        wanted = [status for name in view.models for status in usable if status.name == name]
        return tuple(wanted or usable[:MOST_MODELS])
    return tuple(sorted(usable, key=lambda status: status.name != view.model)[:MOST_MODELS])


def _models_chosen() -> None:
    show_view(replace(current_view(), models=tuple(st.session_state["compared"])[:MOST_MODELS]))


def draw_choice(opened: Opened, chosen: Sequence[ModelStatus]) -> None:
    """Draw which models stand side by side, and the upload of another model's table."""
    titles = {status.name: status.card.title for status in usable_models() if status.card.role == "system"}
    left, right = st.columns([3, 1.2], vertical_alignment="bottom", gap="large")
    st.session_state["compared"] = [status.name for status in chosen]
    left.pills(
        f"Models side by side, two to {MOST_MODELS}", list(titles), selection_mode="multi", key="compared",
        format_func=titles.__getitem__, on_change=_models_chosen,
    )  # fmt: skip
    with right.popover("Add any other model's predictions", width="stretch"):
        _draw_upload(opened)
    if len(chosen) < 2:
        st.info(
            "Only one model is chosen. Choose another above, or add the predictions of any other model as a table; "
            "models without weights are named on the page *Models*."
        )


def _draw_upload(opened: Opened) -> None:
    labels = opened.plain.prediction.model.labels
    st.markdown(format_text(labels))
    st.download_button(
        "Our predictions in this format", while_shown(opened.dialogue.id, lambda: example_table(opened.plain)),
        f"{opened.model.name}.csv", "text/csv", key="table-example", on_click="ignore",
    )  # fmt: skip
    st.file_uploader("Table (.csv)", key="other-table", on_change=_loaded, args=(opened.dialogue, labels))
    error = st.session_state.get("other-error")
    if isinstance(error, ErcError):
        draw_error(error)


def example_table(analysis: Analysis) -> str:
    """Return a prediction as a table that :func:`read_predictions` reads."""
    prediction = analysis.prediction
    lines = [",".join(("utterance", *prediction.model.labels))]
    lines += [
        ",".join((utterance, *(f"{value:.6f}" for value in row)))
        for utterance, row in zip(prediction.utterances, prediction.probabilities, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _loaded(dialogue: Dialogue, labels: LabelSet) -> None:
    """Read the table that was loaded; an error is kept for the page."""
    table = st.session_state["other-table"]
    st.session_state.pop("other-error", None)
    held: dict[str, tuple[str, OtherPredictions]] = st.session_state.setdefault("other-tables", {})
    held.pop(dialogue.id, None)
    if table is None:
        return
    try:
        held[dialogue.id] = (str(table.name)[:40], read_predictions(table.getvalue(), dialogue, labels))
    except ErcError as error:
        st.session_state["other-error"] = error


def other_answers(dialogue: Dialogue) -> Answers | None:
    """Return what the loaded table says of the dialogue, or None where there is none."""
    held: dict[str, tuple[str, OtherPredictions]] = st.session_state.get("other-tables", {})
    if dialogue.id not in held:
        return None
    name, found = held[dialogue.id]
    return Answers(OTHER, name, found.labels, found.probabilities)


def sides_of(opened: Opened, chosen: Sequence[ModelStatus]) -> tuple[Side, ...]:
    """Return the models whose analysis is there and whose labels are those of the chosen model; start the others."""
    found, missing = [], []
    for status in chosen:
        analysis = stored_analysis(opened.dialogue, status)
        if analysis is None:
            missing.append(status)
        elif analysis.prediction.model.labels != opened.plain.prediction.model.labels:
            st.caption(f"{status.card.title} has other labels ({analysis.prediction.model.labels.name}): left out.")
        else:
            found.append(Side(status, analysis))
    for status in missing:
        _draw_missing(opened.dialogue, status)
    return tuple(found)


def _draw_missing(dialogue: Dialogue, status: ModelStatus) -> None:
    """Start the analysis by a model, or show how far it is or why it failed."""
    asked = f"job-{dialogue.id}-{status.name}"
    if asked not in st.session_state:
        params = {"dialogue": dialogue.id, "model": status.name}
        st.session_state[asked] = queue.submit(
            store(), ANALYSE, params, owner(), f"{dialogue.title} by {status.card.title}"
        )
    follow(asked, ANALYSE_STEPS)


def sources_of(opened: Opened, sides: Sequence[Side]) -> tuple[Answers, ...]:
    """Return the truth where it is known, the models, and the loaded table where there is one."""
    truth, other = truth_of(opened.dialogue), other_answers(opened.dialogue)
    found = ([truth] if truth else []) + [side.answers for side in sides] + ([other] if other else [])
    return tuple(found)


@st.cache_resource(show_spinner=False, max_entries=8)
def examples_together(names: tuple[str, ...], weights: tuple[str, ...]) -> tuple[Answers, ...]:
    """Return truth and models over all bundled examples, one after the other; ``weights`` keeps other weights apart.

    An example that one of the models has no stored analysis of is left out for all.
    """
    statuses = {status.name: status for status in usable_models()}
    rows: dict[str, list[Answers]] = {}
    for card in example_cards():
        file_results(card.dialogue)
        dialogue = store().dialogue(card.dialogue, "")
        found = []
        for name in names:
            checkpoint = statuses[name].checkpoint
            kept = checkpoint and store().analysis(pipeline.analysis_key(dialogue, checkpoint), "")
            if kept:
                found.append(answers_of(kept.prediction, statuses[name].card.title))
        truth = truth_of(dialogue)
        if truth is None or len(found) < len(names):
            continue
        for answers in (truth, *found):
            rows.setdefault(answers.name, []).append(answers)
    return tuple(_chained(parts) for parts in rows.values())


def _chained(parts: Sequence[Answers]) -> Answers:
    labels = tuple(label for part in parts for label in part.labels)
    shares = [part.probabilities for part in parts if part.probabilities is not None]
    return replace(parts[0], labels=labels, probabilities=np.concatenate(shares) if shares else None)
