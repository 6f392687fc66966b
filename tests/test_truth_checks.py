"""Cases of known truth: hits, sums beside chance, and the file that comes with the program."""

from dataclasses import replace

import pytest

from erc_core.errors import StoreError
from erc_core.truth_checks import (
    Check,
    CheckedModel,
    CheckSet,
    chance_of_top,
    read_checks,
    sums,
    wilson,
    write_checks,
)

HIT = Check("studio", "d", "9000", "u1", "I won", "joy", "m", "lime_words", "words", ("won",), ("won", "i"), 0.25)
MISS = replace(HIT, utterance="u2", named=("i",), chance=0.75)


def test_one_true_name_is_a_hit():
    assert HIT.hit
    assert not MISS.hit


def test_a_share_has_its_interval_and_its_chance():
    (row,) = sums([HIT, HIT, MISS])
    assert (row.cases, row.method, row.source) == (3, "lime_words", "studio")
    assert row.share.value == pytest.approx(2 / 3)
    assert row.share.low < 2 / 3 < row.share.high
    assert row.chance == pytest.approx(1.25 / 3)
    assert not row.better_than_chance
    assert wilson(10, 10).high == pytest.approx(1.0)


def test_the_chance_of_a_random_order_is_counted():
    assert chance_of_top(10, 1, 3) == pytest.approx(0.3)
    assert chance_of_top(4, 2, 1) == pytest.approx(0.5)
    assert chance_of_top(5, 2, 3) == pytest.approx(1 - (3 * 2 * 1) / (5 * 4 * 3))
    assert chance_of_top(2, 2, 3) == 1.0


def test_what_is_written_is_read_and_a_damaged_file_is_refused(tmp_path):
    found = CheckSet((CheckedModel("m", "a" * 64),), (), (HIT, MISS))
    path = tmp_path / "checks.bin"
    assert read_checks(path) is None
    write_checks(found, path)
    assert read_checks(path) == found
    assert not found.stale("m", "a" * 64)
    assert found.stale("m", "b" * 64)
    path.write_bytes(b"nothing")
    with pytest.raises(StoreError, match="explain_truth"):
        read_checks(path)


def test_a_newer_run_replaces_what_its_models_had_and_nothing_else():
    other = replace(HIT, model="other")
    kept = CheckSet((CheckedModel("m", "a" * 64), CheckedModel("other", "c" * 64)), (), (HIT, MISS, other))
    found = kept.renewed(CheckSet((CheckedModel("m", "b" * 64),), (), (MISS,)))
    assert found.checks == (MISS, other)
    assert not found.stale("m", "b" * 64)
    assert found.stale("m", "a" * 64)
    assert not found.stale("other", "c" * 64)
