"""Compare models: two to five side by side on the same utterance and dialogue, and any other model's table."""

from __future__ import annotations

import streamlit as st

from erc_core.ui.compare import compared_models, draw_choice, sides_of, sources_of
from erc_core.ui.compare_parts import (
    draw_agreement,
    draw_costs,
    draw_dialogue_grid,
    draw_disagreements,
    draw_pair,
    draw_utterance,
)
from erc_core.ui.compare_reasons import draw_reasons
from erc_core.ui.frame import draw_dialogue
from erc_core.ui.look import current_mode
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view

mode = current_mode()
opened = open_view(current_view())
draw_dialogue(opened, mode)
if not opened.selected:
    st.info("This conversation has no utterances to compare. Choose another on *Browse*.")
    st.stop()
chosen = compared_models(opened.view)
draw_choice(opened, chosen)
sides = sides_of(opened, chosen)
sources = sources_of(opened, sides)
draw_utterance(opened, sources, mode)
draw_pair(opened, sides, mode)
draw_reasons(opened, sides, mode)
draw_dialogue_grid(opened, sources, mode)
left, right = st.columns([1.5, 1], gap="large")
with left:
    draw_disagreements(opened, sources, mode)
with right:
    draw_agreement(sides, sources, mode)
draw_costs(opened, sides)
