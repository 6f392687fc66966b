"""Figures whose marks choose an utterance, and the numbers behind a figure as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from erc_core.types import TraceArray
from erc_core.ui.figure_files import note_figure, plot_config
from erc_core.ui.state import current_view, show_view


def _clicked(key: str) -> None:
    """Show the utterance of the clicked mark; a second click on a mark unselects it, and means it once more."""
    points = st.session_state[key]["selection"]["points"]
    last = f"{key}-last"
    if points:
        st.session_state[last] = str(points[-1]["customdata"][0])
    if last in st.session_state:
        show_view(replace(current_view(), utterance=st.session_state[last]))


def draw_pickable(figure: Any, key: str) -> None:
    """Draw a figure of which a click on a mark chooses the mark's utterance, the first of its ``customdata``."""
    draw_clickable(figure, key, lambda: _clicked(key))


def draw_clickable(figure: Any, key: str, clicked: Callable[[], None]) -> None:
    """Draw a figure whose marks take clicks; ``clicked`` then finds them in the session under ``key``."""
    note_figure(figure, key)
    st.plotly_chart(
        figure, width="stretch", theme=None, key=key, config=plot_config(), selection_mode="points", on_select=clicked,
    )  # fmt: skip


def rows_of(array: TraceArray) -> list[dict[str, Any]]:
    """Return a trace array as rows: its last axis becomes columns, the others name the row."""
    *outer, last = array.axes
    if not outer:
        return [{last: tick, "value": float(v)} for tick, v in zip(array.ticks[0], array.values, strict=True)]
    rows: list[dict[str, Any]] = []
    shape = array.values.shape
    for number, values in enumerate(array.values.reshape(-1, shape[-1])):
        names, rest = [], number
        for ticks in reversed(array.ticks[:-1]):
            rest, place = divmod(rest, len(ticks))
            names.append(ticks[place])
        head = dict(zip(outer, reversed(names), strict=True))
        rows.append(head | {str(t): float(v) for t, v in zip(array.ticks[-1], values, strict=True)})
    return rows


def draw_tables(arrays: tuple[TraceArray, ...], key: str) -> None:
    """Draw the numbers behind a picture as tables that can be searched and saved as CSV; closed at first."""
    with st.expander("The numbers as a table", key=f"numbers-{key}"):
        for array in arrays:
            st.caption(f"`{array.name}`: {array.meaning}")
            st.dataframe(rows_of(array), width="stretch", hide_index=True, key=f"table-{key}-{array.name}")
