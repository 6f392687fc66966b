"""The pages of the bar, and links from one to another that take the view along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from erc_core.ui.state import View, query_of

PAGES = Path(__file__).resolve().parent.parent.parent / "pages"


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the bar: its file, title and address."""

    file: str
    title: str
    address: str


PLACES = (
    Place("01_Browse_conversations.py", "Browse", ""),
    Place("02_Analyse_clip.py", "Analyse a clip", "analyse"),
    Place("03_Inspect_layers.py", "Layer confidence", "layers"),
    Place("04_Inspect_contributions.py", "Contributions", "contributions"),
    Place("07_Weigh_evidence.py", "Evidence", "evidence"),
    Place("10_Check_explanations.py", "Check", "checks"),
    Place("05_Compare_models.py", "Compare", "compare"),
    Place("06_Ask_what_if.py", "What if", "whatif"),
    Place("08_Measure_corpus.py", "Corpus", "corpus"),
    Place("11_Redraw_papers.py", "Papers' figures", "papers"),
    Place("09_Read_models.py", "Models", "models"),
)


def link_to(address: str, label: str, view: View) -> None:
    """Draw a link to a page, by its address, that opens it on ``view``."""
    place = next(place for place in PLACES if place.address == address)
    st.page_link(str(PAGES / place.file), label=label, query_params=query_of(view))
