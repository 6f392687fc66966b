from __future__ import annotations

import numpy as np

from erc_core.synthesis.raster import cover, front_facing

SQUARE = np.array([[2, 2, 0], [2, 12, 0], [12, 12, 0], [12, 2, 0]], np.float32)  # counter-clockwise as y points down
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def test_two_triangles_cover_a_square_without_gap_or_overlap() -> None:
    seen = cover(SQUARE, TWO, 16, 16)
    assert sorted(seen.pixel) == [y * 16 + x for y in range(2, 12) for x in range(2, 12)]


def test_interpolation_is_linear_in_the_picture() -> None:
    seen = cover(SQUARE, TWO, 16, 16)
    values = seen.interpolate(SQUARE[:, :2])
    np.testing.assert_allclose(values[:, 0], seen.pixel % 16 + 0.5, atol=1e-4)
    np.testing.assert_allclose(values[:, 1], seen.pixel // 16 + 0.5, atol=1e-4)


def test_the_nearer_of_two_surfaces_is_seen() -> None:
    both = np.concatenate([SQUARE, SQUARE + np.array([0, 0, 5], np.float32)])
    buffer = np.full(256, -1e9, np.float32)
    seen = cover(both, np.concatenate([TWO + 4, TWO]), 16, 16).nearest(buffer)
    assert (seen.depth == 5).all()
    assert len(seen.pixel) == 100


def test_what_lies_outside_the_picture_is_cut_off() -> None:
    seen = cover(SQUARE - np.array([8, 8, 0], np.float32), TWO, 16, 16)
    assert sorted(seen.pixel) == [y * 16 + x for y in range(4) for x in range(4)]


def test_triangles_seen_from_behind_are_dropped() -> None:
    assert len(front_facing(SQUARE, TWO)) == 2
    assert len(front_facing(SQUARE, TWO[:, ::-1])) == 0
