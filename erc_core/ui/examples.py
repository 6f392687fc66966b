"""The bundled examples, filed in the store so that everybody sees them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from erc_core import pipeline
from erc_core.bundled_explanations import read_explanations
from erc_core.bundled_openings import middle_s
from erc_core.explanation import Explanation
from erc_core.ui.bundle import BUNDLED, file_faces, file_result
from erc_core.ui.desk import store, usable_models


@dataclass(frozen=True, slots=True)
class Card:
    """An example as the library shows it."""

    dialogue: str
    title: str
    look_for: str
    media: str
    middle_s: float
    folder: str = ""
    still: bytes = b""


@st.cache_resource(show_spinner=False)
def example_cards() -> tuple[Card, ...]:
    """File the bundled examples once a server and return their cards."""
    cards = []
    for example in pipeline.examples():
        media = example.dialogue.media
        sha256 = store().put_media(example.clip, media.sha256 if media else None, owner=BUNDLED)
        store().put_dialogue(example.dialogue, BUNDLED)
        cards.append(
            Card(
                example.dialogue.id,
                example.title,
                example.look_for,
                sha256,
                middle_s(example.dialogue),
                str(example.clip.parent),
                example.still,
            )
        )
    return tuple(cards)


def file_results(dialogue: str) -> None:
    """File what comes with an example, faces and analyses, once a server; nothing for any other dialogue.

    Each example's are filed when it is first asked for, or some time after the start, so that the first page need not
    wait for all.
    """
    if dialogue in bundled_ids():
        _file_results(dialogue)


@st.cache_resource(show_spinner=False)
def _file_results(dialogue: str) -> None:
    example = next(one for one in pipeline.examples() if one.dialogue.id == dialogue)
    file_faces(example, store())
    for status in usable_models():
        file_result(example, status.name, store())


def file_all_results() -> None:
    """File what comes with all examples."""
    for card in example_cards():
        file_results(card.dialogue)


def bundled_ids() -> frozenset[str]:
    """Return the ids of the dialogues that everybody sees."""
    return frozenset(card.dialogue for card in example_cards())


@st.cache_resource(show_spinner=False, max_entries=64)
def bundled_explanations(dialogue: str, model: str) -> dict[str, Explanation]:
    """Return the explanations that come with an example, by their content keys; none for any other dialogue."""
    folder = next((card.folder for card in example_cards() if card.dialogue == dialogue), "")
    return read_explanations(Path(folder), model) if folder else {}
