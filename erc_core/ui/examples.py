"""The bundled examples, filed in the store so that everybody sees them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from erc_core import pipeline
from erc_core.ui.desk import store

BUNDLED = ""  # the owner of what everybody sees


@dataclass(frozen=True, slots=True)
class Card:
    """An example as the library shows it."""

    dialogue: str
    title: str
    look_for: str
    media: str
    middle_s: float


@st.cache_resource(show_spinner=False)
def example_cards() -> tuple[Card, ...]:
    """File the bundled examples once a server and return their cards."""
    cards = []
    for example in pipeline.examples():
        media = example.dialogue.media
        sha256 = store().put_media(example.clip, media.sha256 if media else None, owner=BUNDLED)
        store().put_dialogue(example.dialogue, BUNDLED)
        middle = example.dialogue.utterances[len(example.dialogue.utterances) // 2]
        at_s = (middle.start_s + middle.end_s) / 2
        cards.append(Card(example.dialogue.id, example.title, example.look_for, sha256, at_s))
    return tuple(cards)


def bundled_ids() -> frozenset[str]:
    """Return the ids of the dialogues that everybody sees."""
    return frozenset(card.dialogue for card in example_cards())
