"""Evidence: why the model says so, in words, sound, face and context, each with how far to trust it."""

from __future__ import annotations

import streamlit as st

from erc_core.ui.evidence import draw_jobs, gather
from erc_core.ui.evidence_method import draw_method
from erc_core.ui.evidence_parts import (
    draw_context,
    draw_face,
    draw_modalities,
    draw_question,
    draw_sound,
    draw_time,
    draw_words,
)
from erc_core.ui.evidence_table import draw_table
from erc_core.ui.frame import draw_dialogue
from erc_core.ui.look import current_mode
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view

mode = current_mode()
opened = open_view(current_view())
draw_dialogue(opened, mode)
if not opened.selected:
    st.info("This conversation has no utterances to explain. Choose another on *Browse*.")
    st.stop()
evidence = gather(opened)
draw_question(evidence, mode)
draw_jobs()
draw_time(evidence, mode)
draw_modalities(evidence, mode)
draw_words(evidence, mode)
draw_sound(evidence, mode)
draw_face(evidence, mode)
draw_context(evidence, mode)
draw_method(evidence, mode)
draw_table(evidence)
