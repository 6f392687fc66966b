"""The stage element: playback, lanes and playhead in the browser; Python hears of picks only."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import streamlit as st

from erc_core.stage_assets import stage_css, stage_html, stage_script
from erc_core.ui.state import current_view, show_view

KEY = "stage"
ANSWERED = "stage-answered"  # the time of the last pick that was heard, by the browser's clock


@cache
def _component() -> Any:
    return st.components.v2.component(
        "erc_stage",
        html=stage_html(),
        css=stage_css(),
        js=stage_script(),
    )


def _picked() -> None:
    pick = st.session_state[KEY].pick
    if pick:
        st.session_state[ANSWERED] = pick["at"]
        show_view(replace(current_view(), utterance=str(pick["utterance"])))


def draw_stage(data: dict[str, Any]) -> None:
    """Draw the stage; a pick on it becomes the utterance in the address, and with it in the next run."""
    heard = {"answered": st.session_state.get(ANSWERED, 0)}
    _component()(key=KEY, data=data | heard, on_pick_change=_picked)
