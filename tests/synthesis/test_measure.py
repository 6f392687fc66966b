from __future__ import annotations

import numpy as np
import pytest

from erc_core.synthesis.measure import _nearest, _overlap, correlations


def test_overlap_is_one_for_the_same_box_and_none_for_boxes_apart() -> None:
    box = np.array([10.0, 10.0, 20.0, 20.0])
    assert _overlap(box, box) == pytest.approx(1.0)
    assert _overlap(box, box + np.array([30.0, 0, 0, 0])) == 0.0
    assert _overlap(box, box + np.array([10.0, 0, 0, 0])) == pytest.approx(1 / 3)


def test_a_boundary_without_any_segment_is_infinitely_far() -> None:
    assert _nearest(np.array([]), 1.0) == float("inf")
    assert _nearest(np.array([0.5, 1.2]), 1.0) == pytest.approx(0.2)


def test_a_unit_that_never_moves_has_no_correlation() -> None:
    pairs = {"AU12": [(0.0, 0.1), (2.0, 0.5), (4.0, 0.9)], "AU14": [(0.3, 0.0), (0.1, 0.0), (0.2, 0.0)]}
    assert correlations(pairs) == {"AU12": 1.0}
