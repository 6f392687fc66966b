"""How much faster two workers are than one: ``python -m erc_core bench scale --dialogues 1000``.

The verb ``batch`` analyses dialogues of words alone, so that nothing is decoded: on this machine's queue, and on a Dask
cluster whose parts are processes of this machine. Every way runs with one worker and with two, in turn, so that what
else the machine does weighs on both alike. The pace is taken over the last three quarters of the results: before them
models are loaded. The floor is the encoders' forward pass over the same dialogues, in one process with one thread, as a
worker has.
"""

from __future__ import annotations

import csv
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from erc_core import pipeline
from erc_core.benchmarks.local_cluster import PACKAGE, LocalCluster, free_port
from erc_core.benchmarks.machine import described
from erc_core.data.transcript import read_transcript
from erc_core.errors import InputError, JobError
from erc_core.inference import loaded_model
from erc_core.models.base import Sample, collate
from erc_core.settings import Settings
from erc_core.types import Dialogue, Progress, silent

MODEL = "dq_former"
DIALOGUES, UTTERANCES = 1000, 10
LEAST = 8  # dialogues, so that a pace can be taken
WAYS = ("queue", "Dask")
WORKERS = (1, 2)
LONGEST_S = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one way was with so many workers, in dialogues per second: the median, the slowest and fastest round.

    Attributes:
        way: ``queue`` or ``Dask``
        workers: processes that analyse
        pace: over the last three quarters of the results
        low: the slowest round
        high: the fastest round
        seconds: of the whole command, its start and loading included, median
    """

    way: str
    workers: int
    pace: float
    low: float
    high: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ScaleFigures:
    """What was measured: size, the paces, the floor of one process, and processes that were ready to run meanwhile."""

    dialogues: int
    utterances: int
    rounds: int
    paces: tuple[Pace, ...]
    floor: float
    load: float

    def gain(self, way: str) -> float:
        """Return how many times faster two workers were than one."""
        one, two = (next(p.pace for p in self.paces if (p.way, p.workers) == (way, n)) for n in WORKERS)
        return two / one


def measure(
    settings: Settings, dialogues: int = DIALOGUES, rounds: int = 1, progress: Progress = silent
) -> ScaleFigures:
    """Measure all ways.

    Args:
        settings: of the floor
        dialogues: how many there are
        rounds: how often each way runs with each number of workers
        progress: told of each run

    Raises:
        InputError: too few dialogues
        JobError: a batch failed
    """
    if dialogues < LEAST or rounds < 1:
        raise InputError(
            "Nothing can be measured", got=f"{dialogues} dialogues, {rounds} rounds", allowed=f"{LEAST}, 1"
        )
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    loads = []
    with tempfile.TemporaryDirectory(prefix="erc-scale-") as name:
        folder = Path(name)
        write_transcripts(folder / "all", dialogues)
        floors = [floor(folder / "all", settings)]
        plan = [case for number in range(rounds) for case in _cases(backwards=number % 2 == 1)]
        for done, (way, workers) in enumerate(plan):
            progress(f"{way}, {workers} workers", done / len(plan))
            run = folder / f"run-{done}"
            run.mkdir()
            found.setdefault((way, workers), []).append(_run(folder, run, way, workers))
            loads.append(os.getloadavg()[0])
        floors.append(floor(folder / "all", settings))
    paces = tuple(_pace(way, workers, found[way, workers]) for way, workers in _cases())
    return ScaleFigures(dialogues, UTTERANCES, rounds, paces, round(statistics.mean(floors), 2), round(max(loads), 1))


def _cases(backwards: bool = False) -> list[tuple[str, int]]:
    cases = list(itertools.product(WAYS, WORKERS))
    return cases[::-1] if backwards else cases


def _pace(way: str, workers: int, runs: Sequence[tuple[float, float]]) -> Pace:
    paces = sorted(pace for pace, _ in runs)
    seconds = statistics.median(whole for _, whole in runs)
    return Pace(way, workers, *(round(x, 2) for x in (statistics.median(paces), paces[0], paces[-1], seconds)))


def write_transcripts(folder: Path, count: int) -> None:
    """Write so many dialogues of the examples' lines, each another sequence of them."""
    folder.mkdir(parents=True)
    said = [u.text for example in pipeline.examples() for u in example.dialogue.utterances if u.text]
    for number in range(count):
        step = 1 + number // len(said)
        lines = [said[(number + step * t) % len(said)] for t in range(UTTERANCES)]
        with (folder / f"{number:05d}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("start_s", "end_s", "speaker", "text"))
            table.writerows((3 * t, 3 * t + 2.5, "AB"[t % 2], f"{line} ({number})") for t, line in enumerate(lines))


def _run(folder: Path, run: Path, way: str, workers: int) -> tuple[float, float]:
    """Return the pace of a batch, and the seconds of its command."""
    with _place(run, way, workers) as arguments:
        began_s = time.perf_counter()
        _batch(folder / "all", run / "out", run / "data", arguments)
        seconds = time.perf_counter() - began_s
    ends = sorted(path.stat().st_mtime_ns / 1e9 for path in (run / "out").glob("[0-9]*.json"))
    measured = ends[len(ends) // 4 :]
    return (len(measured) - 1) / (measured[-1] - measured[0]), seconds


@contextmanager
def _place(run: Path, way: str, workers: int) -> Iterator[list[str]]:
    """Start what a batch runs on; yields the arguments that say so."""
    if way == "queue":
        yield ["--workers", str(workers)]
        return
    with LocalCluster(run, free_port()) as cluster:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        yield ["--cluster", cluster.address]


def _batch(folder: Path, out: Path, data: Path, arguments: Sequence[str]) -> None:
    """Run the verb as anybody runs it.

    Raises:
        JobError: it failed
    """
    command = [sys.executable, "-m", "erc_core", "batch", str(folder), "--transcripts", "--out", str(out), "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "ERC_DATA": str(data), "ERC_CLUSTER": ""}
    environment |= {"OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [*command, "--model", MODEL, *arguments], env=environment, capture_output=True, text=True, timeout=LONGEST_S
    )
    if ended.returncode:
        raise JobError("A batch failed", got=ended.stderr[-300:] or ended.returncode, do="run it by itself")


@torch.inference_mode()
def floor(folder: Path, settings: Settings) -> float:
    """Return how many dialogues per second the encoders alone do, one by one, in this process with one thread."""
    loaded = loaded_model(MODEL, settings)
    device = loaded.device
    batches = []
    for path in sorted(folder.glob("*.csv")):
        read = read_transcript(path.read_bytes(), path.name, settings)
        dialogue = Dialogue.of(path.name, "transcript", read.utterances, None)
        features = pipeline.extract(dialogue, None, MODEL, settings)
        speakers = tuple(sorted({u.speaker for u in dialogue.utterances}).index(u.speaker) for u in read.utterances)
        batches.append(collate([Sample(features, speakers, (-1,) * len(speakers))]).to(device))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        loaded.model.encode(batches[0])
        began_s = time.perf_counter()
        for batch in batches:
            loaded.model.encode(batch)
        return len(batches) / (time.perf_counter() - began_s)
    finally:
        torch.set_num_threads(threads)


def page(figures: ScaleFigures) -> str:
    """Return the figures as a Markdown page."""
    size = f"--dialogues {figures.dialogues}" + (f" --rounds {figures.rounds}" if figures.rounds > 1 else "")
    lines = [
        "# One worker and two",
        "",
        f"Written by `python -m erc_core bench scale {size} --write docs/benchmarks/scale.md` {described()}. "
        f"`batch --transcripts` with {MODEL} on {figures.dialogues:,} dialogues of {figures.utterances} utterances, "
        "words alone, so that nothing is decoded; each way with one worker and with two in turn, "
        f"{figures.rounds} rounds. *Queue* is the processes of this machine (`--workers`), *Dask* a scheduler and its "
        "workers on this machine (`--cluster`), all with one thread each. Dialogues per second over the last three "
        "quarters of the results, the slowest and fastest round in brackets. The floor is the encoders' forward pass "
        f"over the same dialogues in one process with one thread: {figures.floor:,.2f} dialogues per second. At most "
        f"{figures.load:g} processes were ready to run meanwhile, those of the measurement included; where that is "
        "more than there are cores, paces say little and the two columns of one row are to be compared alone.",
        "",
        "| way | one worker | two workers | times as fast | whole command, one | two |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for way in WAYS:
        one, two = (next(p for p in figures.paces if (p.way, p.workers) == (way, n)) for n in WORKERS)
        cells = [f"{p.pace:,.2f} [{p.low:,.2f}, {p.high:,.2f}]" for p in (one, two)]
        lines.append(
            f"| {way} | {' | '.join(cells)} | {figures.gain(way):.2f} | {one.seconds:,.1f} s | {two.seconds:,.1f} s |"
        )
    return "\n".join(lines) + "\n"
