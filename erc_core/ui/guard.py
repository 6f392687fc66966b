"""Errors as people can use them: what is wrong, what was found, what is allowed, what to do."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from erc_core.errors import CancelledError, ErcError
from erc_core.escape import escape

LOG = logging.getLogger(__name__)
SENTENCE = re.compile(
    r"(?P<problem>.+?)\.(?: got: (?P<got>.+?)\.)?(?: allowed: (?P<allowed>.+?)\.)?(?: what to do: (?P<do>.+?)\.)?"
)


def error_html(error: ErcError) -> str:
    """Return the error's box as HTML."""
    parts = (("Found", error.got), ("Allowed", error.allowed), ("What to do", error.do))
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in parts if value)
    return f'<div class="problem" role="alert"><p>{escape(error.problem)}.</p><dl>{rows}</dl></div>'


def message_html(sentence: str) -> str:
    """Return the box of an error of which only ``ErcError.sentence`` is known, as a job keeps it."""
    found = SENTENCE.fullmatch(sentence)
    if found is None:
        return f'<div class="problem" role="alert"><p>{escape(sentence)}</p></div>'
    parts = found.groupdict()
    return error_html(ErcError(parts["problem"], got=parts["got"], allowed=parts["allowed"], do=parts["do"]))


def draw_error(error: ErcError) -> None:
    """Show an error of the core in a box."""
    st.html(error_html(error))


@contextmanager
def guarded() -> Iterator[None]:
    """Turn errors of the core into a box; everything else goes on to the log and the page's own message."""
    try:
        yield
    except CancelledError as error:
        st.info(f"{error.problem}.")
    except ErcError as error:
        LOG.info("shown to the user: %s", error.sentence())
        draw_error(error)


def show_unexpected(error: Exception) -> bool:
    """Show that the program, not its user, made a mistake; the traceback goes to the log only."""
    LOG.error("A page failed", exc_info=error)
    st.html(
        '<div class="problem" role="alert"><p>Something went wrong in the program itself.</p><dl><dt>What to do</dt>'
        "<dd>Reload the page. If it happens again, report it with what you did; the server's log has the details.</dd>"
        "</dl></div>"
    )
    return True
