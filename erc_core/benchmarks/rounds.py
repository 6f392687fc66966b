"""What several rounds of a measurement found, in one cell of a table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


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
