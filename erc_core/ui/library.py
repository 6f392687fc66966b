"""The library of the page Browse: bundled examples as cards, own clips as a list."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import streamlit as st

from erc_core.escape import escape, markdown
from erc_core.store.rows import DialogueRow, ShareRow
from erc_core.ui.clips import still
from erc_core.ui.desk import owner, store
from erc_core.ui.examples import Card, bundled_ids, example_cards
from erc_core.ui.places import link_to
from erc_core.ui.sharing import draw_sharing
from erc_core.ui.state import View, current_view, show_view
from erc_core.ui.tour import draw_invitation

CARD_WIDTH = 148
PAGE_ROWS = 20
WELCOME = (
    "See which emotion a model hears and sees in each utterance of a conversation, and **why**. Play an example, "
    "click on any utterance."
)


def draw_welcome() -> None:
    """Say in one line what this is and what to do first, with the two ways in: the tour and a clip of one's own."""
    with st.container(key="welcome", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(WELCOME, width="content")
        if not current_view().tour:
            draw_invitation()
        link_to("analyse", "▸ Analyse a recording of your own", View())


def _open(dialogue: str) -> None:
    view = current_view()
    show_view(View(dialogue=dialogue, model=view.model))


def draw_examples(view: View) -> None:
    """Draw the bundled examples as a row of cards; the open one is marked."""
    cards = example_cards()
    if not cards:
        return
    with st.container(horizontal=True, key="library", gap="small"):
        for card in cards:
            shown = card.dialogue == view.dialogue or (not view.dialogue and card is cards[0])
            _draw_card(card, shown)


def _draw_card(card: Card, shown: bool) -> None:
    name = f"card-{card.dialogue}{'-open' if shown else ''}"
    with st.container(key=name, width=CARD_WIDTH, gap=None):
        picture = card.still or still(card.media, card.middle_s)
        if picture is None:
            st.html('<div class="nostill" aria-hidden="true">≋</div>')
        else:
            # The button below says what it shows; st.image could not tell readers of the screen that it adds nothing.
            st.html(f'<img alt="" src="data:image/jpeg;base64,{b64encode(picture).decode()}">')
        st.button(
            card.title, key=f"open-{card.dialogue}", on_click=_open, args=(card.dialogue,), type="tertiary",
            help=card.look_for,
        )  # fmt: skip


def draw_look_for(dialogue: str) -> None:
    """Say what to look for in a bundled example; nothing of any other conversation."""
    card = next((card for card in example_cards() if card.dialogue == dialogue), None)
    if card is not None and card.look_for:
        st.html(f'<p class="lookfor"><b>Look for:</b> {escape(card.look_for)}</p>')


def draw_own_clips() -> None:
    """Draw the clips that this browser analysed before, with a search, a page of them at a time."""
    st.subheader("Your clips", anchor=False)
    bundled = bundled_ids()
    if store().count_dialogues(owner()) <= len(bundled):
        st.caption("None yet. A clip that you analyse stays here until you delete it.")
        return
    search = st.text_input("Search your clips", key="search", placeholder="title or speaker")
    shown = PAGE_ROWS * st.session_state.get("own_pages", 1)
    # One more than is shown, and the bundled ones, which the store lists too, tells whether there are more.
    rows = store().dialogues(owner(), search, limit=shown + 1 + len(bundled))
    own = [row for row in rows if row.owner and row.id not in bundled]
    if not own:
        st.caption("No clip of yours matches.")
        return
    every = "1 clip" if len(own) == 1 else f"{len(own)} clips"
    st.caption(every if len(own) <= shown else f"The newest {shown} clips")
    links = store().shares(owner())
    for row in own[:shown]:
        _draw_row(row, links, _open)
    if len(own) > shown:
        st.button("Show more", key="more", on_click=_show_more)


def _show_more() -> None:
    st.session_state["own_pages"] = st.session_state.get("own_pages", 1) + 1


def _draw_row(row: DialogueRow, links: Sequence[ShareRow], open_dialogue: Callable[[str], None]) -> None:
    title, facts, share, delete = st.columns([3, 4.4, 0.8, 0.8], vertical_alignment="center")
    title.button(markdown(row.title), key=f"own-{row.id}", on_click=open_dialogue, args=(row.id,), type="tertiary")
    made = datetime.fromtimestamp(row.created_s, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    speakers = ", ".join(row.speakers[:4])
    text = f"{row.utterances} utterances, {row.duration_s:.0f} s, {speakers}, {made}"
    facts.html(f'<p class="facts">{escape(text)}</p>')
    with share:
        draw_sharing(row.id, links)
    delete.button("Delete", key=f"delete-{row.id}", on_click=_delete, args=(row.id,), type="tertiary")


def _delete(dialogue: str) -> None:
    store().delete_dialogue(dialogue, owner())
    if current_view().dialogue == dialogue:
        show_view(View())
