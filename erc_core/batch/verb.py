"""What the verb ``batch`` does."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from erc_core.batch.cluster import run_on_cluster
from erc_core.batch.local import run_here
from erc_core.batch.tasks import PART, Result, Task, find_tasks, known_result, task_key
from erc_core.settings import Settings, load_settings

WORK = ".batch"  # below the folder of results
SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole batch: how many clips there are, how many have a result, and which could not be used."""

    clips: int
    done: int
    failed: int
    known: int
    seconds: float
    failures: tuple[Result, ...]


def run_batch(options: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    settings = load_settings()
    models = tuple(options.model or ["dq_former"])
    tasks = find_tasks(
        options.folder, options.out, models, options.method, options.samples, words_alone=options.transcripts
    )
    _check(tasks[0])
    begun_s = time.monotonic()
    known = {task.name: known_result(task, failed_too=not options.retry_failed) for task in tasks}
    left = [task for task in tasks if known[task.name] is None]
    if options.retry_failed:
        for task in left:
            Path(task.result).unlink(missing_ok=True)
    results = [result for result in known.values() if result is not None]
    say = _Progress(len(tasks), len(results), options.quiet)
    for result in _running(left, options, settings):
        results.append(result)
        say.done(result)
    for part in options.out.rglob(f"{PART}*"):  # what a worker that was killed has left; every result is there
        part.unlink(missing_ok=True)
    summary = _summary(tasks, results, len(tasks) - len(left), time.monotonic() - begun_s)
    text = json.dumps(asdict(summary), indent=1, ensure_ascii=False)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / SUMMARY).write_text(text + "\n", encoding="utf-8")
    if options.json:
        sys.stdout.write(text + "\n")
    elif not options.quiet:
        sys.stdout.write(
            f"{summary.done} of {summary.clips} clips analysed, {summary.failed} cannot be used, {summary.known} were "
            f"there before; results in {options.out}\n"
        )
    return 1 if summary.failed else 0


def _check(task: Task) -> None:
    """Say at once what would make every clip fail: a model without weights, a method that is not there."""
    from erc_core import explaining

    task_key(task)
    if task.method:
        explaining.read_params(task.method, [f"samples={task.samples}"] if task.samples else [])


def _running(tasks: Sequence[Task], options: argparse.Namespace, settings: Settings) -> Iterator[Result]:
    address = settings.cluster if options.cluster is None else options.cluster
    if not tasks:
        return iter(())
    if address:
        return run_on_cluster(tasks, address)
    return run_here(tasks, settings, options.out / WORK, options.workers or settings.workers)


def _summary(tasks: Sequence[Task], results: Sequence[Result], known: int, seconds: float) -> Summary:
    failures = tuple(sorted((one for one in results if one.status == "failed"), key=lambda one: one.name))
    done = sum(one.status == "done" for one in results)
    return Summary(len(tasks), done, len(failures), known, round(seconds, 3), failures)


class _Progress:
    """Lines on standard error: one a clip, with the time that is left at the present pace."""

    def __init__(self, total: int, known: int, quiet: bool) -> None:
        self._total, self._known, self._quiet = total, known, quiet
        self._count = known
        self._begun_s = time.monotonic()
        if known and not quiet:
            sys.stderr.write(f"{known} of {total} clips have their result already\n")

    def done(self, result: Result) -> None:
        """Say that a clip has its result."""
        self._count += 1
        if self._quiet:
            return
        pace_s = (time.monotonic() - self._begun_s) / (self._count - self._known)
        left = f", about {pace_s * (self._total - self._count):.0f} s left" if self._count < self._total else ""
        why = f": {result.message}" if result.message else ""
        sys.stderr.write(f"[{self._count}/{self._total}] {result.name} {result.status}{why}{left}\n")
        sys.stderr.flush()
