"""What compare measured is kept for the papers' tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from erc_core.benchmarks.results import SYSTEMS
from erc_core.errors import InputError
from erc_core.training.compared import SHIPPED, compared, keep_compared
from erc_core.training.metrics import Scores
from erc_core.training.system_results import Comparison, Cost, NamedScore, Spread, SystemResult
from erc_core.types import MELD7, Interval


def result(f1=0.76, ablations=()):
    subsets = (NamedScore("t", 0.57, 20),)
    interval = Interval(f1, f1 - 0.02, f1 + 0.02)
    scores = Scores(20, MELD7.labels, f1, f1, f1, f1, (f1,) * 7, ((1,),), 0.1, interval, interval, interval)
    spread = Spread(1, f1, 0.0, (NamedScore("a", 0.5, 3),))
    return SystemResult("df_erc", scores, Cost(10, 1.0, 2.0), subsets, (), (), ablations, spread, (), None)


def request(runs, **changes):
    return replace(Comparison({}, "dev", Path("none"), runs), **changes)


def test_what_is_kept_reads_back(tmp_path):
    path = keep_compared([result(ablations=(NamedScore("no_cfm", 0.7, 20),))], request(tmp_path))
    assert path == tmp_path / "compare" / "composite-dev-0.json"
    (found,) = compared(tmp_path, "df_erc", tmp_path / "none")
    assert (found.corpus, found.split, found.seed, found.n) == ("composite", "dev", 0, 20)
    assert found.weighted_f1 == Interval(0.76, 0.74, 0.78)
    assert found.ablations == (NamedScore("no_cfm", 0.7, 20),)
    assert found.alone == (NamedScore("a", 0.5, 3),)
    assert compared(tmp_path, "cmath", tmp_path / "none") == ()


def test_a_shorter_comparison_of_the_same_weights_takes_nothing_away_and_other_weights_do(tmp_path):
    keep_compared([result(ablations=(NamedScore("no_cfm", 0.7, 20),))], request(tmp_path))
    keep_compared([result()], request(tmp_path))
    assert len(compared(tmp_path, "df_erc")[0].ablations) == 1
    keep_compared([result(0.5)], request(tmp_path))
    assert compared(tmp_path, "df_erc")[0].ablations == ()


def test_other_splits_are_kept_apart(tmp_path):
    keep_compared([result()], request(tmp_path))
    keep_compared([result(0.6)], request(tmp_path, split="test", seed=2))
    assert [(one.split, one.seed) for one in compared(tmp_path, "df_erc", tmp_path / "none")] == [
        ("dev", 0),
        ("test", 2),
    ]


def test_a_damaged_file_says_what_to_do(tmp_path):
    keep_compared([result()], request(tmp_path)).write_text("{")
    with pytest.raises(InputError, match=r"kept comparisons cannot be read.*delete it"):
        compared(tmp_path, "df_erc")


def test_what_comes_with_the_program_gives_way_to_an_own_comparison(tmp_path):
    own, shipped = tmp_path / "runs", tmp_path / "shipped"
    keep_compared([result(0.7)], request(shipped))
    keep_compared([result(0.6)], request(shipped, split="test"))
    assert [one.weighted_f1.value for one in compared(own, "df_erc", shipped)] == [0.7, 0.6]
    keep_compared([result(0.5)], request(own))
    assert [(one.split, one.weighted_f1.value) for one in compared(own, "df_erc", shipped)] == [
        ("dev", 0.5),
        ("test", 0.6),
    ]


def test_the_bundled_weights_come_with_what_was_measured_of_them(tmp_path):
    assert {one.system for name in SYSTEMS for one in compared(tmp_path, name, SHIPPED)} == set(SYSTEMS)
