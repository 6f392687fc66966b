"""One worker and two: a short measurement through the real command, and what its page says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from erc_core.benchmarks.scale import LEAST, Pace, ScaleFigures, measure, page, write_transcripts
from erc_core.errors import InputError
from erc_core.settings import Settings


def test_every_dialogue_has_other_words(tmp_path: Path) -> None:
    write_transcripts(tmp_path / "all", 300)
    said = []
    for path in sorted((tmp_path / "all").iterdir()):
        with path.open(newline="") as file:
            said.append(tuple(row["text"] for row in csv.DictReader(file)))
    assert len(set(said)) == 300
    assert {len(lines) for lines in said} == {10}


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(1200)  # four batches, each of which loads the model
def test_both_ways_are_measured_with_one_worker_and_with_two(tmp_path: Path) -> None:
    found = measure(Settings(data=tmp_path / "data"), dialogues=LEAST)
    assert [(pace.way, pace.workers) for pace in found.paces] == [("queue", 1), ("queue", 2), ("Dask", 1), ("Dask", 2)]
    assert all(pace.pace > 0 and pace.seconds > 0 for pace in found.paces)
    assert found.floor > 0
    assert [line.split()[1] for line in page(found).splitlines() if line.startswith("| ")] == [
        "way",
        "---",
        "queue",
        "Dask",
    ]


def test_the_page_compares_two_workers_with_one() -> None:
    paces = [Pace("queue", 1, 10, 9, 11, 100), Pace("queue", 2, 19, 18, 20, 55)]
    paces += [Pace("Dask", 1, 8, 8, 8, 120), Pace("Dask", 2, 12, 12, 12, 90)]
    text = page(ScaleFigures(1000, 10, 2, tuple(paces), 40.0, 2.5))
    assert "bench scale --dialogues 1000 --rounds 2" in text
    assert "| queue | 10.00 [9.00, 11.00] | 19.00 [18.00, 20.00] | 1.90 | 100.0 s | 55.0 s |" in text
    assert "| Dask | 8.00 [8.00, 8.00] | 12.00 [12.00, 12.00] | 1.50 | 120.0 s | 90.0 s |" in text


def test_too_few_dialogues_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nothing can be measured"):
        measure(Settings(data=tmp_path), dialogues=1)
