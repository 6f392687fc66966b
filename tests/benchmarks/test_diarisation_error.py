from __future__ import annotations

import pytest

from erc_core.benchmarks.diarisation_error import Spoken, diarisation_error
from erc_core.types import Span


def spoken(*rows: tuple[str, float, float]) -> list[Spoken]:
    return [Spoken(name, Span(start_s, end_s)) for name, start_s, end_s in rows]


TRUTH = spoken(("A", 0, 10), ("B", 10, 20))


def test_other_names_are_no_error() -> None:
    assert diarisation_error(TRUTH, spoken(("x", 0, 10), ("y", 10, 20))).rate == 0


def test_missed_false_and_confused_speech_are_counted() -> None:
    found = spoken(("x", 0, 5), ("x", 10, 12), ("y", 12, 25))
    error = diarisation_error(TRUTH, found, collar_s=0.0)
    assert error.speech_s == pytest.approx(20)
    assert error.missed_s == pytest.approx(5)
    assert error.false_alarm_s == pytest.approx(5)
    assert error.confused_s == pytest.approx(2)
    assert error.rate == pytest.approx(0.6)


def test_nothing_counts_within_the_collar() -> None:
    found = spoken(("x", 0.2, 10.2), ("y", 10.2, 20.2))
    assert diarisation_error(TRUTH, found, collar_s=0.25).rate == 0
    assert diarisation_error(TRUTH, found, collar_s=0.0).rate > 0.01


def test_errors_add_up() -> None:
    one = diarisation_error(TRUTH, spoken(("x", 0, 20)))
    assert (one + one).rate == pytest.approx(one.rate)


def test_nothing_found_is_all_missed() -> None:
    assert diarisation_error(TRUTH, []).rate == 1
