"""Browse: bundled examples and own clips, one of them open on the stage with its predictions."""

from __future__ import annotations

from erc_core.ui.annotate import draw_annotations
from erc_core.ui.exports import draw_exports
from erc_core.ui.find import draw_find
from erc_core.ui.frame import draw_dialogue, draw_onward
from erc_core.ui.library import draw_examples, draw_look_for, draw_own_clips, draw_welcome
from erc_core.ui.look import current_mode
from erc_core.ui.panels import draw_summaries
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view

mode = current_mode()
draw_welcome()
draw_examples(current_view())
opened = open_view(current_view())
draw_look_for(opened.dialogue.id)
draw_dialogue(opened, mode)
draw_onward(opened, correct=True)
draw_summaries(opened.analysis, opened.selected, mode)
draw_annotations(opened, mode)
draw_find(opened)
draw_exports(opened)
draw_own_clips()
