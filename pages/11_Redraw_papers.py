"""Papers' figures: what the five papers draw, drawn from the chosen corpus and the weights that are here."""

from __future__ import annotations

import streamlit as st

from erc_core.ui.corpus import choose_source
from erc_core.ui.look import current_mode
from erc_core.ui.papers import choose_system, draw_pictures

mode = current_mode()
st.title("Papers' figures", anchor=False)
st.markdown("The figures of the five papers, drawn anew from the conversations and the weights that are here.")
left, right = st.columns([3, 2], vertical_alignment="top")
with left:
    model = choose_system()
with right:
    source = choose_source()
if model is not None:
    draw_pictures(source, model, mode)
