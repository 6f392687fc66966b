"""The pages of the bar, and links from one to another that take the view along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from erc_core.ui.state import View, query_of

PAGES = Path(__file__).resolve().parent.parent.parent / "pages"


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the bar.

    Attributes:
        file: its script in the folder pages
        title: its name in the bar
        address: the last part of its address; empty for the first page
        lead: what it answers, where its own title is that of the open conversation; empty elsewhere
    """

    file: str
    title: str
    address: str
    lead: str = ""


PLACES = (
    Place("01_Browse_conversations.py", "Browse", ""),
    Place("02_Analyse_clip.py", "Analyse a clip", "analyse"),
    Place(
        "03_Inspect_layers.py", "Layer confidence", "layers",
        "how far each layer of DQ-Former trusts text and sound, and what it would say if it trusted otherwise.",
    ),
    Place(
        "04_Inspect_contributions.py", "Contributions", "contributions",
        "what the chosen model itself reports of words, voice and face. That is its own claim; *Evidence* tests it.",
    ),
    Place(
        "07_Weigh_evidence.py", "Evidence", "evidence",
        "why the model says so, in words, sound, face and context, each with how far to trust it.",
    ),
    Place("10_Check_explanations.py", "Check", "checks"),
    Place(
        "05_Compare_models.py", "Compare", "compare",
        "the models side by side on this conversation: where they disagree, what each leans on, what each costs.",
    ),
    Place(
        "06_Ask_what_if.py", "What if", "whatif",
        "change what was said, heard or seen, and see what the model would answer then.",
    ),
    Place("08_Measure_corpus.py", "Corpus", "corpus"),
    Place("11_Redraw_papers.py", "Papers' figures", "papers"),
    Place("09_Read_models.py", "Models", "models"),
)  # fmt: skip
BELOW = "It stands below the stage; a click on the stage asks about another utterance."


def place_at(address: str) -> Place:
    """Return the page at an address."""
    return next(place for place in PLACES if place.address == address)


def draw_lead(address: str) -> None:
    """Say in a line what a page about a conversation answers, and where the answer stands."""
    place = place_at(address)
    if place.lead:
        st.markdown(f"**{place.title}**: {place.lead} {BELOW}")


def link_to(address: str, label: str, view: View) -> None:
    """Draw a link to a page, by its address, that opens it on ``view``."""
    place = place_at(address)
    st.page_link(str(PAGES / place.file), label=label, query_params=query_of(view))
