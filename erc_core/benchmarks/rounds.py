"""Seconds of a piece of work, and what several rounds found in one cell of a table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Found = TypeVar("Found")


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Return how many seconds a piece of work takes, and what it gives."""
    began_s = time.perf_counter()
    found = work()
    return time.perf_counter() - began_s, found


def spread(values: Sequence[float], form: str) -> str:
    """Return the median, and where there are several rounds the lowest and the highest in brackets.

    Args:
        values: one a round
        form: how numbers are written, such as ``.1f``

    >>> spread([2.0, 3.0, 7.0], ".1f")
    '3.0 [2.0, 7.0]'
    >>> spread([2.0], ".2f")
    '2.00'
    """
    text = format(statistics.median(values), form)
    return text if len(values) == 1 else f"{text} [{min(values):{form}}, {max(values):{form}}]"
