"""Short scripts for the tests of the studio."""

from __future__ import annotations

SHORT = """
title: A short one
seed: 7
room: office
layout: {layout}
audio: {audio}
picture: {picture}
speakers:
  Ana: {{voice: en-us+f3, pitch: 50, rate: 150, looks: {{hair: bob, jaw: 0.87}}}}
  Bo: {{voice: en-us+m3, pitch: 40, rate: 150, looks: {{hair: crop}}}}
lines:
  - {{speaker: Ana, text: "We won!", emotion: joy, intensity: 1.0, key_words: [won]}}
  - {{speaker: Bo, text: "Oh great.", emotion: anger, modalities: {{text: joy, acoustic: anger, face: anger}}}}
"""


def short_script(layout: str = "cut", audio: str = "true", picture: str = "true") -> str:
    """Return a script of two lines, about three seconds long."""
    return SHORT.format(layout=layout, audio=audio, picture=picture)
