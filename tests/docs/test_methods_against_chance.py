"""A method that did no better than a random order wherever it was measured says so where it is read."""

from pathlib import Path

import pytest

from erc_core.explainers.base import EXPLAINERS

PAGE = Path(__file__).parent.parent.parent / "docs" / "benchmarks" / "deletion.md"
ADMITTED = "no better than a random one"


def gains():
    """Return by method the lower ends of its gains by deletion, one a system that it applies to."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and "[" in cells[3]:
            found.setdefault(cells[0], []).append(float(cells[3].split("[")[1].split(",")[0]))
    return found


GAINS = gains()


def test_the_page_measures_methods_that_fail_and_methods_that_do_not():
    never = [name for name, lows in GAINS.items() if max(lows) <= 0]
    assert 0 < len(never) < len(GAINS)


@pytest.mark.parametrize("name", sorted(GAINS))
def test_reading_admits_what_was_measured(name):
    never = all(low <= 0 for low in GAINS[name])
    assert (ADMITTED in EXPLAINERS.get(name).card.reading) == never
