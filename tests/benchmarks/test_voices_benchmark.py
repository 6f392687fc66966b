from __future__ import annotations

import numpy as np
import pytest

from erc_core.benchmarks.diarisation_error import DiarisationError
from erc_core.benchmarks.fit_voices import equal_error_rate, fit, grouping_accuracy
from erc_core.benchmarks.voices import EXAMPLES, Figures, as_markdown, measure
from erc_core.settings import Settings

WRONG = DiarisationError(10.0, 1.0, 0.5, 1.5)
RIGHT = DiarisationError(30.0, 0.0, 0.0, 0.0)


def test_the_page_sums_clips_up() -> None:
    rows = [
        Figures("one", 20.0, 9.0, 2, (WRONG, 3), (RIGHT, 2), 4, 3, 2, 1, {12: [(0.0, 0.1), (2.0, 0.5), (4.0, 0.9)]}),
        Figures("two", 40.0, 9.0, 3, (RIGHT, 3), None, 4, 4),
    ]
    page = as_markdown(rows)
    assert "| one | 20 | 30.0% (3 of 2) | 0.0% (2 of 2) |" in page
    assert "| all | 60 | 7.5% | 0.0% |" in page
    assert "right in 7 of 8 utterances whose speaker is in the picture (87.5%). Of 2 utterances" in page
    assert "| AU12 Lip corner puller | 1.00 |" in page
    assert "| AU28 Lip suck | - |" in page


def test_a_play_of_sound_alone_is_measured() -> None:
    row = measure(EXAMPLES / "radio_play", Settings())
    assert (row.voices, row.by_lips, row.in_picture) == (3, None, 0)
    assert row.by_sound is not None
    assert row.by_sound[0].rate < 0.4
    assert row.by_sound[0].missed_s / row.by_sound[0].speech_s < 0.05


@pytest.fixture(scope="module")
def crowd() -> tuple[np.ndarray, np.ndarray]:
    """Statistics of twelve speakers who differ in ten of 51 directions, and their names."""
    rng = np.random.default_rng(3)
    names = np.repeat([f"s{n:02}" for n in range(12)], 15)
    mixing = rng.normal(size=(51, 51))
    centres = np.zeros((12, 51))
    centres[:, :10] = 4 * rng.normal(size=(12, 10))
    return (centres.repeat(15, axis=0) + rng.normal(size=(180, 51))) @ mixing, names


def test_the_projection_finds_the_directions_in_which_speakers_differ(crowd: tuple[np.ndarray, np.ndarray]) -> None:
    statistics, names = crowd
    known = np.isin(names, [f"s{n:02}" for n in range(8)])
    by = fit(statistics[known], names[known])
    assert by.directions.shape == (51, 7)
    points = by.point(statistics[known])
    own = np.mean([points[names[known] == name].var(axis=0) for name in np.unique(names[known])], axis=0)
    assert own == pytest.approx(1.0)
    assert equal_error_rate(by.point(statistics[~known]), names[~known]) < 0.1
    assert grouping_accuracy(by, statistics[~known], names[~known], talks=20) > 0.8


def test_the_equal_error_rate_of_chance_is_a_half() -> None:
    rng = np.random.default_rng(0)
    assert equal_error_rate(rng.normal(size=(200, 5)), rng.choice(["a", "b"], 200)) == pytest.approx(0.5, abs=0.03)
