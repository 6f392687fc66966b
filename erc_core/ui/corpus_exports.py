"""What the page Corpus shows as files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import streamlit as st

from erc_core.corpus_report import corpus_csv, corpus_json
from erc_core.corpus_table import CorpusTable
from erc_core.ui.desk import settings
from erc_core.ui.notices import heading


def draw_corpus_exports(tables: Sequence[tuple[str, CorpusTable]]) -> None:
    """Draw a button for each kind of file; a file is made when its button is pressed."""
    heading(
        "Take it with you",
        "Every utterance with every probability, and all figures with their intervals, models, weights and parameters.",
    )
    shown, limits = [table for _, table in tables], settings()
    stem = re.sub(r"[^\w-]+", "_", f"{shown[0].name}_{'_'.join(table.model.name for table in shown)}").strip("_")[:80]
    left, right = st.columns(2)
    left.download_button(
        "Utterances (CSV)", lambda: corpus_csv(shown), f"{stem}.csv", "text/csv", key="corpus-csv",
        help="A row for each utterance and model; safe to open.", on_click="ignore", width="stretch",
    )  # fmt: skip
    right.download_button(
        "Figures (JSON)", lambda: json.dumps(corpus_json(shown, limits), indent=1, ensure_ascii=False), f"{stem}.json",
        "application/json", key="corpus-json", help="Scores, confusions, calibration, parts, the paired comparison.",
        on_click="ignore", width="stretch",
    )  # fmt: skip
