from __future__ import annotations

import pytest

from erc_core.jobs.estimate import remaining_s
from erc_core.jobs.states import JobStep

USUAL = {"decode": 2.0, "faces": 10.0, "model": 4.0}


def test_nothing_is_estimated_before_anything_is_known() -> None:
    assert remaining_s("decode", 0.0, 3.0, (), {}) is None


def test_a_first_job_is_estimated_from_the_step_at_work() -> None:
    assert remaining_s("decode", 0.25, 3.0, (), {}) == pytest.approx(9.0)


def test_a_later_job_is_estimated_from_earlier_ones() -> None:
    assert remaining_s("decode", 0.0, 0.5, (), USUAL) == pytest.approx(1.5 + 10 + 4)


def test_a_job_that_is_slow_so_far_is_expected_to_stay_slow() -> None:
    done = (JobStep("decode", 6.0),)
    assert remaining_s("faces", 0.5, 15.0, done, USUAL) == pytest.approx(15.0 + 3 * 4)


def test_an_overdue_step_takes_no_negative_time() -> None:
    assert remaining_s("model", 0.0, 99.0, (JobStep("decode", 2.0), JobStep("faces", 10.0)), USUAL) == 0.0
