"""Check the explanations: how often each method and each model's own weights name what is known to matter."""

from __future__ import annotations

import streamlit as st

from erc_core.ui.checks import checks_at_hand, choose, draw_cases, draw_rates, draw_scores
from erc_core.ui.look import current_mode

mode = current_mode()
st.title("Check the explanations", anchor=False)
st.markdown(
    "An explanation is a claim about a model. Here claims are held against what is **known** to matter, because it was "
    "planted in a script or drawn by a corpus, and against **chance**."
)
found = checks_at_hand()
if found is None:
    st.stop()
question, source = choose(found)
draw_rates(found, question, source, mode)
draw_cases(found, question, source)
draw_scores(found)
