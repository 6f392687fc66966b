"""How to read a picture, and what people must know before they use what they see."""

from __future__ import annotations

import streamlit as st

HELP = "reading_help"

PERCEIVED = (
    "The labels are *perceived* emotions: what annotators would likely say on hearing and seeing this. "
    "They are not what the person feels."
)
CONSENT = (
    "Load only recordings whose speakers agreed to this. Clips stay on this server, are seen by {who} alone, "
    "and are deleted {when}."
)
LAW = (
    "In the European Union the AI Act (Article 5) forbids emotion recognition on people at work and in education, "
    "except for medical or safety reasons."
)
ATTENTION = "Attention shows where the model looked. It is no explanation of why it decided so."


def heading(title: str, how_to_read: str, source: str = "") -> None:
    """Draw a section's title with how to read the picture below it and where its numbers come from."""
    st.subheader(title, anchor=False)
    if st.session_state.get(HELP, True):
        st.caption(how_to_read + (f" *{source}*" if source else ""))


def help_switch() -> None:
    """Draw the switch that hides or shows every reading help."""
    st.toggle("Reading help", value=True, key=HELP)
