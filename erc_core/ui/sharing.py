"""Showing a conversation of one's own to others by a link, and opening such a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from erc_core.store.rows import ShareRow
from erc_core.types import Dialogue
from erc_core.ui.desk import owner, store
from erc_core.ui.examples import bundled_ids
from erc_core.ui.state import View, query_of, show_view

MEANING = (
    "Whoever has a link sees and hears this conversation and what models say of it, until you take the link back. "
    "They cannot change it or keep it, but they can export what they see. Your notes stay yours."
)


def open_share(view: View) -> View:
    """Open the link in the address, if there is one; return the view of its dialogue, and write that to the address.

    Raises:
        StoreError: the link leads to nothing, or was taken back
    """
    if not view.share:
        return view
    opened = replace(view, dialogue=store().visit(view.share, owner()), share="")
    show_view(opened)
    return opened


def is_own(dialogue: Dialogue) -> bool:
    """Tell whether a dialogue is neither a bundled example nor shown by somebody else's link."""
    return dialogue.id not in bundled_ids() and not store().seen_through(dialogue.id, owner())


def draw_shared(dialogue: Dialogue) -> None:
    """Say that a dialogue is somebody else's, where it is."""
    if dialogue.id not in bundled_ids() and store().seen_through(dialogue.id, owner()):
        st.caption("Shown to you by a link. Whoever made it can take it back at any time.")


def draw_sharing(dialogue_id: str, links: Sequence[ShareRow]) -> None:
    """Draw an own dialogue's links among all of the owner's: make one, take one back."""
    with st.popover("Share", key=f"share-{dialogue_id}"):
        st.caption(MEANING)
        st.button("Make a link", key=f"link-{dialogue_id}", on_click=_make, args=(dialogue_id,))
        if secret := st.session_state.get(_made(dialogue_id)):
            st.caption("Copy it now: it is not shown again.")
            st.code(link_of(str(st.context.url or ""), secret), language=None, wrap_lines=True)
        for row in (one for one in links if one.dialogue == dialogue_id):
            made = datetime.fromtimestamp(row.created_s, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
            opened = {0: "opened by nobody yet", 1: "opened by one visitor"}.get(
                row.visitors, f"opened by {row.visitors} visitors"
            )
            st.button(
                f"Take back the link of {made}", key=f"revoke-{row.id}", on_click=_revoke, args=(dialogue_id, row.id),
                help=f"It was {opened}.",
            )  # fmt: skip


def link_of(page: str, secret: str) -> str:
    """Return the link that opens a share, on the app's first page.

    Args:
        page: address of any page of the app
        secret: of the share
    """
    parts = urlsplit(page)
    folder = parts.path.rpartition("/")[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/", urlencode(query_of(View(share=secret))), ""))


def _made(dialogue_id: str) -> str:
    return f"made-link-{dialogue_id}"


def _make(dialogue_id: str) -> None:
    st.session_state[_made(dialogue_id)] = store().share(dialogue_id, owner())


def _revoke(dialogue_id: str, share: str) -> None:
    st.session_state.pop(_made(dialogue_id), None)
    store().revoke(share, owner())
