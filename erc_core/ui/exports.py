"""What is on screen as files: tables, annotations, and a report that plays by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from erc_core.data.annotated import annotated, write_annotated_elan, write_annotated_webvtt
from erc_core.data.prediction_csv import write_predictions
from erc_core.html_report import report_clip
from erc_core.report import analysis_json
from erc_core.ui.clips import clip_of
from erc_core.ui.desk import Opened, owner, settings, store, while_shown
from erc_core.ui.notices import heading


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of file: its button, what it is for, and what makes it when the button is pressed."""

    label: str
    ending: str
    type: str
    help: str
    make: Callable[[], str | bytes]


def draw_exports(opened: Opened) -> None:
    """Draw a button for each kind of file; a file is made when its button is pressed."""
    heading(
        "Take it with you",
        "Predictions of the chosen model with all parameters, and your notes. WebVTT and ELAN files read back as "
        "annotations and serve as transcripts; the report is one file that plays in any browser without this server.",
    )
    stem = re.sub(r"[^\w-]+", "_", opened.dialogue.title).strip("_")[:60] or "conversation"
    exports = exports_of(opened)
    for column, export in zip(st.columns(len(exports)), exports, strict=True):
        column.download_button(
            export.label,
            export.make,
            f"{stem}_{opened.model.name}.{export.ending}",
            export.type,
            key=f"export-{export.ending}",
            help=export.help,
            on_click="ignore",
            width="stretch",
        )


def exports_of(opened: Opened) -> tuple[Export, ...]:
    """Return the kinds of files that the open dialogue can be taken as."""
    analysis, title, chosen = opened.analysis, opened.model.card.title, opened.selected
    # The files are made outside the page's run, where the session cannot be asked for.
    notes, clip, limits = store().notes(opened.dialogue.id, owner()), clip_of(opened.dialogue), settings()

    def report() -> str:
        return report_clip(analysis, clip, limits, title, notes, chosen)

    found = (
        Export(
            "Report (HTML)", "html", "text/html", "The stage, the clip and all tables in one file that plays.", report
        ),
        Export(
            "Table (CSV)", "csv", "text/csv", "A row an utterance, with every probability; safe to open.",
            lambda: write_predictions(analysis, notes),
        ),
        Export(
            "Data (JSON)", "json", "application/json", "Everything but attention maps, with model, weights and knobs.",
            lambda: json.dumps(analysis_json(analysis, notes), indent=1, ensure_ascii=False),
        ),
        Export(
            "Subtitles (WebVTT)", "vtt", "text/vtt", "Cues with the predicted emotion as their class.",
            lambda: write_annotated_webvtt(annotated(analysis, notes)),
        ),
        Export(
            "ELAN (.eaf)", "eaf", "application/xml", "A tier a speaker, with tiers for predictions and notes.",
            lambda: write_annotated_elan(annotated(analysis, notes)),
        ),
    )  # fmt: skip
    return tuple(replace(export, make=while_shown(opened.dialogue.id, export.make)) for export in found)
