from __future__ import annotations

import numpy as np
import pytest

from erc_core.errors import InputError
from erc_core.media.waveform import envelope


def test_each_point_holds_the_extremes_of_its_part() -> None:
    audio = np.array([0.1, -0.5, 0.2, 0.9, -0.1, 0.0], dtype=np.float32)
    np.testing.assert_array_equal(envelope(audio, 3), np.float32([[-0.5, 0.1], [0.2, 0.9], [-0.1, 0.0]]))


@pytest.mark.parametrize(("samples", "points"), [(1, 5), (7, 3), (1000, 999), (999, 1000), (16000, 1)])
def test_no_sample_is_left_out_whatever_the_number_of_points(samples: int, points: int) -> None:
    audio = np.random.default_rng(0).uniform(-1, 1, samples).astype(np.float32)
    outline = envelope(audio, points)
    assert outline.shape == (points, 2)
    assert outline.dtype == np.float32
    assert (outline[:, 0].min(), outline[:, 1].max()) == (audio.min(), audio.max())


def test_a_sound_of_no_length_is_flat() -> None:
    np.testing.assert_array_equal(envelope(np.zeros(0, dtype=np.float32), 4), np.zeros((4, 2)))


def test_no_points_are_refused() -> None:
    with pytest.raises(InputError, match="at least one point"):
        envelope(np.zeros(5, dtype=np.float32), 0)
