"""Models: what each one is, its weights, its limits, and how to bring an own checkpoint."""

from __future__ import annotations

from erc_core.ui.model_cards import draw_encoders, draw_models, draw_own
from erc_core.ui.state import current_view

draw_models(current_view())
draw_encoders()
draw_own()
