"""The figures of a page as files: pictures as SVG or PNG by their camera buttons, their numbers as CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import streamlit as st

from erc_core.figure_data import figures_csv, figures_json
from erc_core.ui.desk import settings, while_shown
from erc_core.ui.state import current_view, query_of

FORMATS: tuple[Literal["SVG", "PNG"], ...] = ("SVG", "PNG")
FORMAT = "picture-format"
_DRAWN = "figures-drawn"
_ABOUT = "figures-about"
PNG_SCALE = 2


def begin_figures() -> None:
    """Forget the figures of the page before; called once a run."""
    st.session_state[_DRAWN], st.session_state[_ABOUT] = {}, {}


def note_figure(figure: Any, name: str) -> None:
    """Remember a figure that is drawn, so that its numbers can be taken along."""
    st.session_state.setdefault(_DRAWN, {})[name] = figure


def note_about(**facts: str) -> None:
    """Remember what the figures of this page are about, such as the corpus and the weights."""
    st.session_state.setdefault(_ABOUT, {}).update(facts)


def plot_config() -> dict[str, Any]:
    """Return how Plotly's bar is set up: one button that saves the picture in the chosen format."""
    picture = st.session_state.get(FORMAT) or FORMATS[0]
    options = {"format": picture.lower(), "scale": PNG_SCALE if picture == "PNG" else 1}
    return {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": options}


def draw_figure_files(page: str) -> None:
    """Draw the choice of the pictures' format, and buttons for the numbers behind all figures of the page."""
    figures: dict[str, Any] = dict(st.session_state.get(_DRAWN, {}))
    if not figures:
        return
    about = {"page": page, "program": settings().program, **_view(), **st.session_state.get(_ABOUT, {})}
    with st.container(key="figure-files", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.segmented_control(
            "The camera on a picture saves it as", FORMATS, default=FORMATS[0], key=FORMAT, required=True,
            help="Point at a picture: the camera is in its upper right corner.",
        )  # fmt: skip
        for label, ending, kind, write in (
            ("Numbers of all pictures (CSV)", "csv", "text/csv", figures_csv),
            ("Numbers of all pictures (JSON)", "json", "application/json", figures_json),
        ):
            st.download_button(
                label, shown_file(write, figures, about), f"{page.replace(' ', '_').lower()}_figures.{ending}",
                kind, key=f"figures-{ending}", on_click="ignore",
            )  # fmt: skip


def shown_file(
    write: Callable[[Mapping[str, Any], Mapping[str, Any]], str], figures: dict[str, Any], about: dict[str, Any]
) -> Callable[[], str]:
    """Return what makes a file, only while the dialogue that the page is about is still shown to who asks."""

    def made() -> str:
        return write(figures, about)

    return while_shown(about["dialogue"], made) if about.get("dialogue") else made


def _view() -> dict[str, str]:
    """Return what the address says, but for what is no part of a picture."""
    return {name: value for name, value in query_of(current_view()).items() if name not in ("job", "tour", "share")}
