"""A guided tour through three examples: one sentence a step, links only, and it can be left at any step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from erc_core.errors import InputError
from erc_core.escape import escape
from erc_core.ui.examples import example_cards
from erc_core.ui.places import PAGES, link_to, place_at
from erc_core.ui.state import View, query_of
from erc_core.whatif.edits import DropUtterance, Edit, MuteSound


@dataclass(frozen=True, slots=True)
class Stop:
    """One step: which example and utterance on which page, what to look at, what is changed for it, which model."""

    example: str
    utterance: str
    address: str
    sentence: str
    edits: tuple[Edit, ...] = ()
    model: str = "dq_former"


SEES = "df_erc"  # where the face matters; DQ-Former reads none
STOPS = (
    Stop(
        "the_letter", "u2", "",
        "Play the clip or click on an utterance: the boxes are what the model predicts, the line under them is the "
        "truth of this re-enacted scene.",
    ),
    Stop(
        "the_letter", "u6", "",
        "A shift: Nora's dread turns to joy here, and the columns under the stage show how the probabilities move.",
    ),
    Stop(
        "the_letter", "u6", "whatif",
        "What if her dread had never been said? Two utterances are left out: see what of it reached this one.",
        (DropUtterance("u2"), DropUtterance("u4")),
    ),
    Stop(
        "wonderful_news", "u2", "",
        "Sarcasm: the words praise, voice and face are angry; see which of them the prediction follows.",
        model=SEES,
    ),
    Stop(
        "wonderful_news", "u2", "evidence",
        "Why it says so: what each modality gives, beside what the model says of itself, then the words for and "
        "against, each with how far to trust it.",
        model=SEES,
    ),
    Stop(
        "wonderful_news", "u2", "compare",
        "Does every model follow the same? All that have weights stand side by side; the dotted frame is the truth.",
        model=SEES,
    ),
    Stop(
        "only_the_voice", "u4", "",
        "Plain words and a calm face: the sadness is in the voice alone.",
    ),
    Stop(
        "only_the_voice", "u4", "layers",
        "A model that hears this must trust the sound: so far each layer of DQ-Former trusts text and sound.",
    ),
    Stop(
        "only_the_voice", "u4", "whatif",
        "The tour ends without its sound: nothing is left that tells the sadness, so see what the model makes of it.",
        (MuteSound("u4"),),
    ),
)  # fmt: skip


def stop_number(view: View) -> int:
    """Return the step of the address, counted from 1; 0 where no tour is on.

    Raises:
        InputError: the address names a step that the tour does not have
    """
    if not view.tour:
        return 0
    if not (view.tour.isascii() and view.tour.isdigit() and 1 <= int(view.tour) <= len(STOPS)):
        raise InputError(
            "The address names a step that the tour does not have", got=view.tour, allowed=f"1 to {len(STOPS)}"
        )
    return int(view.tour)


def view_of(number: int) -> View | None:
    """Return what a step shows; None where its example is not bundled."""
    stop = STOPS[number - 1]
    card = next((card for card in example_cards() if Path(card.folder).name == stop.example), None)
    if card is None:
        return None
    return View(dialogue=card.dialogue, utterance=stop.utterance, model=stop.model, edits=stop.edits, tour=str(number))


def open_step(view: View) -> None:
    """Go where the step of the address belongs, where it came without a conversation, as in a typed address.

    Raises:
        InputError: the tour has no such step, or its examples are not bundled
    """
    if not view.tour or view.dialogue:
        return
    number = stop_number(view)
    there = view_of(number)
    if there is None:
        raise InputError(
            "The tour's examples are not here", got=STOPS[number - 1].example, do="restore assets/examples"
        )
    st.switch_page(PAGES / place_at(STOPS[number - 1].address).file, query_params=query_of(there))


def draw_invitation() -> None:
    """Draw the link to the first step, where the tour's examples are there."""
    first = view_of(1)
    if first is not None:
        link_to(STOPS[0].address, f"▸ Guided tour in {len(STOPS)} steps", first)


def draw_tour(view: View) -> None:
    """Draw the step of the address with the ways back, on and out; nothing where no tour is on.

    Raises:
        InputError: the address names a step that the tour does not have
    """
    number = stop_number(view)
    if not number:
        return
    stop = STOPS[number - 1]
    with st.container(key="tour", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<p class="tour" role="status"><b>{number} of {len(STOPS)}</b> {escape(stop.sentence)}</p>',
            width="stretch",
        )
        for label, target in (("◂ Back", number - 1), ("Next ▸", number + 1)):
            there = view_of(target) if 1 <= target <= len(STOPS) else None
            if there is not None:
                link_to(STOPS[target - 1].address, label, there)
        if number == len(STOPS):
            link_to("analyse", "Analyse a recording of your own", View())
        link_to(stop.address, "Leave the tour", replace(view, tour=""))
