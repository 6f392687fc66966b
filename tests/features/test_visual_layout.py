"""What goes into a visual row comes out of it."""

import numpy as np
import pytest

from erc_core.errors import ShapeError
from erc_core.features.visual_layout import BACKGROUND, FACE, UNITS, WIDTH, Keyframe, pack_visual, visual_parts


def keyframe(seed):
    rng = np.random.default_rng(seed)
    units = rng.uniform(0, 5, UNITS)
    units[seed % UNITS] = np.nan
    return Keyframe(
        rng.integers(0, 256, (FACE, FACE), dtype=np.uint8),
        units,
        rng.integers(0, 256, (BACKGROUND, BACKGROUND, 3), dtype=np.uint8),
    )


def test_parts_come_back_as_they_went_in():
    frames = (keyframe(1), keyframe(2))
    row = pack_visual(frames)
    assert row.shape == (2, WIDTH)
    parts = visual_parts(row)
    for k, frame in enumerate(frames):
        assert np.array_equal(parts.face[k].numpy(), frame.face)
        measured = np.isfinite(frame.units)
        assert np.array_equal(parts.measured[k].numpy(), measured)
        np.testing.assert_allclose(parts.units[k].numpy()[measured], frame.units[measured], rtol=1e-6)
        np.testing.assert_allclose(parts.background[k].movedim(0, -1).numpy() * 255, frame.background, atol=1e-3)


def test_what_is_missing_is_flagged_and_not_taken_for_black():
    background = np.zeros((BACKGROUND, BACKGROUND, 3), dtype=np.uint8)
    parts = visual_parts(pack_visual((Keyframe(None, None, background),)))
    assert not parts.has_face.any()
    assert not parts.measured.any()
    assert parts.has_background.all()


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ShapeError, match=r"another size. got: \(47, 48\)"):
        pack_visual((Keyframe(np.zeros((47, 48), dtype=np.uint8), None, None),))


def test_no_keyframe_is_refused():
    with pytest.raises(ShapeError, match="at least one keyframe"):
        pack_visual(())
