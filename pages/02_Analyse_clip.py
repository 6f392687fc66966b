"""Analyse a clip: load it, watch the steps, see the result, correct words and speakers."""

from __future__ import annotations

from erc_core.ui.annotate import draw_annotations
from erc_core.ui.corrections import draw_corrections, draw_table
from erc_core.ui.exports import draw_exports
from erc_core.ui.frame import draw_dialogue, draw_onward
from erc_core.ui.intake import draw_intake, draw_progress, draw_what_follows
from erc_core.ui.library import draw_own_clips
from erc_core.ui.look import current_mode
from erc_core.ui.panels import draw_summaries
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view

mode = current_mode()
view = current_view()
draw_intake()
if view.job:
    draw_progress(view)
elif view.dialogue:
    opened = open_view(view)
    draw_dialogue(opened, mode)
    draw_onward(opened)
    draw_table(opened)
    draw_corrections(opened)
    draw_summaries(opened.analysis, opened.selected, mode)
    draw_annotations(opened, mode)
    draw_exports(opened)
else:
    draw_what_follows()
    draw_own_clips()
