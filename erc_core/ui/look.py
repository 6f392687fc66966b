"""The page's style sheet and which theme the browser shows."""

from __future__ import annotations

from functools import cache

import streamlit as st

from erc_core.plots.theme import TOKENS, Mode
from erc_core.settings import ASSETS


@cache
def _style_sheet() -> str:
    return (ASSETS / "stage" / "page.css").read_text(encoding="utf-8")


def apply_look() -> None:
    """Put the style sheet into the page; called once a run."""
    tokens = TOKENS[current_mode()]
    colors = {
        "primary-color": tokens.accent,
        "border-color": tokens.grid,
        "secondary-background-color": tokens.surface,
        "muted-color": tokens.muted,
    }
    root = "".join(f"--st-{name}:{color};" for name, color in colors.items())
    st.html(f"<style>:root{{{root}}}{_style_sheet()}</style>")


def current_mode() -> Mode:
    """Return the theme that the browser shows; light where it has not said yet."""
    return "dark" if st.context.theme.type == "dark" else "light"
