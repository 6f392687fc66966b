"""Contributions: what the chosen system reports of its own working, linked to the stage."""

from __future__ import annotations

from erc_core.ui.contributions import draw_contributions, draw_layers_pointer, draw_others, temperatures_of
from erc_core.ui.frame import draw_dialogue
from erc_core.ui.look import current_mode
from erc_core.ui.results import open_view
from erc_core.ui.state import current_view

mode = current_mode()
opened = open_view(current_view())
draw_dialogue(opened, mode)
draw_layers_pointer(opened, mode)
draw_contributions(opened, mode, temperatures_of(opened))
draw_others(opened)
