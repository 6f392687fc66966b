"""What if: change what was said, heard or seen, and see what the model would answer then."""

from __future__ import annotations

import streamlit as st

from erc_core.ui.frame import draw_dialogue
from erc_core.ui.look import current_mode
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view
from erc_core.ui.whatif import asked, draw_form
from erc_core.ui.whatif_answers import draw_answers, draw_reach

mode = current_mode()
opened = open_view(current_view())
draw_dialogue(opened, mode)
if not opened.selected:
    st.info("This conversation has no utterances, so nothing can be changed. Choose another on *Browse*.")
    st.stop()
form, answers = st.columns([1, 1.35], gap="large")
with form:
    draw_form(opened)
with answers:
    after = asked(opened)
    draw_answers(opened, after, mode)
draw_reach(opened, after, mode)
