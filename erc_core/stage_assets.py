"""The stage's own files: what the page and the report are made of."""

from __future__ import annotations

from functools import cache

from erc_core.settings import ASSETS

SCRIPTS = ("dom.js", "lanes.js", "inspector.js", "tables.js", "faces.js", "stage.js")


@cache
def _asset(name: str) -> str:
    return (ASSETS / "stage" / name).read_text(encoding="utf-8")


def stage_html() -> str:
    """Return the stage's elements."""
    return _asset("stage.html")


def stage_css() -> str:
    """Return the stage's style sheet, which asks for the theme's colours as ``--st-*``."""
    return _asset("stage.css")


def stage_script() -> str:
    """Return the stage's script, a module whose default export draws a value into an element."""
    return "\n".join(_asset(name) for name in SCRIPTS)
