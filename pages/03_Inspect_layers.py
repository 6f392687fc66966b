"""Layer confidence: how far DQ-Former's layers trust text and sound, and what happens if they trusted otherwise."""

from __future__ import annotations

from dataclasses import replace

from erc_core.ui.frame import draw_dialogue
from erc_core.ui.layers import (
    LAYERED,
    draw_attention,
    draw_confidence,
    draw_controls,
    draw_distributions,
    draw_other_system,
)
from erc_core.ui.look import current_mode
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view

mode = current_mode()
view = current_view()
opened = open_view(view if view.model else replace(view, model=LAYERED))
draw_dialogue(opened, mode)
draw_other_system(opened)
draw_controls(opened, mode)
draw_confidence(opened, mode)
draw_distributions(opened, mode)
draw_attention(opened, mode)
