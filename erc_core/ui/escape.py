"""The one way by which text enters HTML, as pages import it."""

from __future__ import annotations

from erc_core.escape import escape

__all__ = ["escape"]
