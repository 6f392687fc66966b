from __future__ import annotations

import pytest

from erc_core.benchmarks.studio_faces import EXAMPLES, Counts, as_markdown, measure_example
from erc_core.media.faces import FaceFinder
from erc_core.settings import load_settings


def test_the_people_of_an_example_are_found_and_kept_apart(finder: FaceFinder) -> None:
    counts = measure_example(EXAMPLES / "the_letter", finder, load_settings(), step_s=2.6)
    assert counts.true_faces >= 15
    assert counts.found_faces >= 0.9 * counts.true_faces
    assert counts.in_main_track >= 0.9 * counts.found_faces
    assert counts.further_faces <= 1
    assert "| true faces found |" in as_markdown(["the_letter"], counts)


def test_counts_of_clips_add_up() -> None:
    first, second = Counts(true_faces=3, found_faces=2), Counts(true_faces=1, found_faces=1)
    first.pairs[12] += [(0.0, 0.0), (1.0, 0.2)]
    second.pairs[12] += [(2.0, 0.4)]
    first.add(second)
    assert (first.true_faces, first.found_faces) == (4, 3)
    assert first.correlation(12) == pytest.approx(1)
    assert first.correlation(4) is None
