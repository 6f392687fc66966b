from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from erc_core.benchmarks import fuzz_intake
from erc_core.benchmarks.fuzz_intake import mutated, run


def test_damaged_inputs_are_taken_or_refused_and_nothing_else(tmp_path: Path) -> None:
    outcome = run(minutes=0.08, seed=1, keep=tmp_path / "bad")
    assert outcome.good, outcome
    assert outcome.inputs > 20
    assert outcome.refused > 0
    assert outcome.taken + outcome.refused == outcome.inputs
    assert not (tmp_path / "bad").exists()


def test_an_error_that_is_not_for_people_is_found_and_its_input_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(path: Path, settings: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz_intake, "take_clip", breaks)
    outcome = run(minutes=0.02, seed=1, keep=tmp_path / "bad")
    assert not outcome.good
    assert "ZeroDivisionError" in outcome.tracebacks[0]
    assert list((tmp_path / "bad").iterdir())


def test_damage_differs_and_repeats_with_its_seed() -> None:
    content = bytes(range(256)) * 4
    first = [mutated(content, np.random.default_rng(seed)) for seed in range(20)]
    assert len(set(first)) > 15
    assert first == [mutated(content, np.random.default_rng(seed)) for seed in range(20)]
    assert mutated(b"", np.random.default_rng(0)) == b""
