"""AMuSE's Fig. 2 as a table of the page Evidence, with its export."""

from __future__ import annotations

import streamlit as st

from erc_core.evidence import evidence_rows, table_cells, table_columns, table_csv
from erc_core.explanation import Explanation
from erc_core.ui.desk import usable_models, while_shown
from erc_core.ui.evidence import Evidence, comes_explained, kept, request_of, start
from erc_core.ui.notices import heading
from erc_core.ui.results import stored_analysis

METHODS = ("lime_words", "lime_sound", "lime_action_units", "lime_face")
SCOPES = ("this utterance", "the whole dialogue")
MOST_ROWS = 60


def draw_table(evidence: Evidence) -> None:
    """Draw transcript, truth, predictions of all models and modes, and the reasons, for one utterance or all."""
    opened = evidence.opened
    heading(
        "As a table",
        "Utterance, transcript, truth, what each model and each modality alone predicts, and the strongest words, "
        "sounds and action units or regions of the chosen model. An empty cell is not explained yet.",
        "After AMuSE's Fig. 2.",
    )
    scope = st.segmented_control("Rows", SCOPES, default=SCOPES[0], key="table-scope", required=True)
    names = [opened.selected] if scope == SCOPES[0] else [u.id for u in opened.dialogue.utterances][:MOST_ROWS]
    apply = [s.card.name for s in evidence.methods if s.card.name in METHODS and not s.reason]
    explanations: dict[str, tuple[Explanation, ...]] = {}
    for name in names:
        found = (kept(opened.dialogue, request_of(opened, method, utterance=name)) for method in apply)
        explanations[name] = tuple(one for one in found if one is not None)
    systems = [status for status in usable_models() if status.card.role == "system"]
    pairs = [(status.card.title, stored_analysis(opened.dialogue, status)) for status in systems]
    known = [(title, analysis) for title, analysis in pairs if analysis is not None]
    rows = evidence_rows(opened.dialogue, [analysis for _, analysis in known], opened.plain, explanations, names)
    titles = [title for title, _ in known]
    columns = table_columns(titles)
    st.dataframe([dict(zip(columns, table_cells(row), strict=True)) for row in rows], width="stretch", hide_index=True)
    missing = tuple(
        request_of(opened, method, utterance=name)
        for name in names
        if not comes_explained(opened, name)
        for method in apply
        if all(one.method != method for one in explanations[name])
    )
    with st.container(horizontal=True, key="table-actions"):
        st.download_button(
            "This table as CSV", while_shown(opened.dialogue.id, lambda: table_csv(titles, rows)),
            f"evidence-{opened.dialogue.id}.csv", "text/csv", key="table-csv", on_click="ignore",
        )  # fmt: skip
        if missing:
            st.button(
                f"Explain the {len(missing)} empty cells", key="explain-table", on_click=start, args=(opened, missing)
            )
