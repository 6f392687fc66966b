"""The recorder of the page Analyse a clip: camera and microphone, a preview, and only then the upload."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from erc_core.settings import ASSETS, Settings
from erc_core.ui.record_route import PATH

KEY = "recorder"
LONGEST_S = 600.0  # longer recordings belong into a file


@cache
def _component() -> Any:
    html, css, js = ((ASSETS / "recorder" / f"recorder.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("erc_recorder", html=html, css=css, js=js)


def draw_recorder(settings: Settings, on_recorded: Callable[[str, str], None]) -> None:
    """Draw the recorder.

    Args:
        settings: limits
        on_recorded: is told the hash of a recording that was sent and what to call it, before the page runs again
    """

    def told() -> None:
        found = st.session_state[KEY].recorded
        if found:
            on_recorded(str(found["sha256"]), str(found["name"]))

    limits = {
        "most_s": min(LONGEST_S, settings.max_duration_s),
        "most_bytes": settings.max_size_mb * 1_000_000,
        "url": PATH,
    }
    _component()(key=KEY, data=limits, on_recorded_change=told)
