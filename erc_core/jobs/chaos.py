"""Kill workers and the app at random moments, and count what is lost: ``python -m erc_core.jobs.chaos --kills 50``.

One process submits jobs and kills; an app process (the supervisor and its workers, and a writer that files and deletes
dialogues) is killed and started again. Whatever was reported as finished, a done job or an acknowledged dialogue, must
be there and equal at the end; every job must come to its end; the store's check, with hashes, must find it sound.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from erc_core.errors import StoreError
from erc_core.jobs.context import JobContext
from erc_core.jobs.queue import jobs_of, status, submit
from erc_core.jobs.supervisor import start_workers, worker_environment
from erc_core.jobs.worker import die_with_parent
from erc_core.settings import Settings, load_settings
from erc_core.store.codec import encode
from erc_core.store.store import Store, result_key
from erc_core.types import Dialogue, FeatureRow, Features, Media, Utterance, frozen_array

OWNER = "chaos"
JOB = "erc_core.jobs.chaos:compute"
STEPS = ("decode", "speech", "faces", "model")
_AHEAD = 4  # jobs that wait or run at any time
_DELETE_EVERY = 4  # of so many dialogues that the app files, it deletes one again
_PATIENCE_S = 10.0  # so long at most does a kill wait for a job to be done
_END_S = 120.0  # after the last kill all jobs must end within this time


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """What a run of chaos found; nothing may be lost, corrupt or unfinished."""

    database: str
    seed: int
    worker_kills: int
    app_kills: int
    jobs_done: int
    dialogues_filed: int
    dialogues_deleted: int
    lost: int
    corrupt: int
    unfinished: int
    sound: bool
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether all that was finished is there and equal."""
        return not (self.lost or self.corrupt or self.unfinished) and self.sound


def expected(name: str, step: str) -> Features:
    """Return what a step of a job computes: known beforehand, so that damage is seen."""
    seed = int(hashlib.sha256(f"{name} {step}".encode()).hexdigest()[:8], 16)
    values = np.random.default_rng(seed).normal(size=(64, 32))
    return Features(name, "t", step, (FeatureRow("u0", frozen_array(values)),))


def compute(context: JobContext, name: str, step_s: float) -> str:
    """Do a job of several steps, each of which is stored, and store the result."""

    def part(step: str) -> Features:
        end_s = time.monotonic() + step_s
        while time.monotonic() < end_s:
            context.progress(step, 1 - max(0.0, end_s - time.monotonic()) / step_s)
            time.sleep(0.01)
        return expected(name, step)

    parts = [context.once(step, Features, lambda step=step: part(step)) for step in STEPS]  # type: ignore[misc]
    key = result_key(chaos=name)
    rows = tuple(row for each in parts for row in each.rows)
    context.store.put_result("chaos", key, Features(name, "t", "all", rows))
    return key


def clip_of(number: int) -> bytes:
    """Return the content of the clip that the app brings as its ``number``-th."""
    return random.Random(number).randbytes(50_000)


def dialogue_of(number: int) -> Dialogue:
    """Return the dialogue that the app files as its ``number``-th."""
    content = clip_of(number)
    media = Media(hashlib.sha256(content).hexdigest(), f"{number}.mp4", "mp4", 5.0, True, True)
    utterances = tuple(Utterance(f"u{n}", "A", f"words {number} {n}", n, n + 0.9) for n in range(5))
    return Dialogue.of(f"chaos {number}", "upload", utterances, media)


def be_app(journal: Path) -> None:
    """Be the app: supervise workers, and file and delete dialogues, noting each that is acknowledged."""
    threading.Thread(target=die_with_parent, daemon=True).start()
    settings = load_settings()
    start_workers(settings)
    store = Store(settings)
    number = 1 + max((int(line.split()[1]) for line in _lines(journal)), default=0)
    with journal.open("a") as acknowledged:
        while True:
            dialogue = dialogue_of(number)
            _note(acknowledged, f"try {number}")
            store.put_media(io.BytesIO(clip_of(number)), owner=OWNER)
            store.put_dialogue(dialogue, OWNER)
            _note(acknowledged, f"filed {number}")
            if number % _DELETE_EVERY == 0:
                _note(acknowledged, f"deleting {number}")
                store.delete_dialogue(dialogue.id, OWNER)
                _note(acknowledged, f"deleted {number}")
            number += 1
            time.sleep(0.05)


def _note(file: io.TextIOWrapper, line: str) -> None:
    file.write(line + "\n")
    file.flush()


def _lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


class Chaos:
    """One run: the app's process, the jobs that were asked for, and those that were seen done."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._random = random.Random(seed)
        self._journal = settings.data / "journal"
        self._store = Store(settings)
        self._names: dict[str, str] = {}
        self._done: dict[str, str] = {}
        self._app = self._start_app()
        self.worker_kills = 0
        self.app_kills = 0

    def _start_app(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "erc_core.jobs.chaos", "--app", str(self._journal)]
        return subprocess.Popen(command, env=worker_environment(self._settings), stdin=subprocess.PIPE)

    def _end_app(self) -> None:
        """Kill the app; its workers die with it."""
        self._app.kill()
        self._app.communicate()

    def kill_one(self) -> None:
        """Let things run for a random time, then kill a worker or, a third of the time, the app.

        Every other time something may come to its end before, so that there is something to lose.
        """
        if self._random.random() < 1 / 2:
            self._finish_one()
        if self._random.random() < 1 / 3:
            self._keep_busy(self._random.uniform(0.0, 2.0))
            self._end_app()
            self._app = self._start_app()
            self.app_kills += 1
            return
        while not (workers := children_of(self._app.pid)):
            self._keep_busy(0.0)
        self._keep_busy(self._random.uniform(0.0, 1.5))
        with suppress(ProcessLookupError):
            os.kill(self._random.choice(workers), signal.SIGKILL)
            self.worker_kills += 1

    def _finish_one(self) -> None:
        """Keep jobs in line until one more is done, or a while is over."""
        done, deadline_s = len(self._done), time.monotonic() + _PATIENCE_S
        while len(self._done) == done and time.monotonic() < deadline_s:
            self._keep_busy(0.05)

    def _keep_busy(self, seconds: float) -> None:
        """Keep jobs in line for so long."""
        until_s = time.monotonic() + seconds
        while True:
            self._ask_for_jobs()
            if time.monotonic() >= until_s:
                return
            time.sleep(0.02)

    def _ask_for_jobs(self) -> None:
        self._look()
        while len(self._names) - len(self._done) < _AHEAD:
            name = f"job {len(self._names)}"
            params = {"name": name, "step_s": round(self._random.uniform(0.01, 0.15), 3)}
            self._names[submit(self._store, JOB, params, OWNER, name)] = name

    def _look(self) -> None:
        """Note the jobs that the queue now calls done."""
        for job in self._names.keys() - self._done.keys():
            state = status(self._store, job, OWNER)
            if state.state == "done":
                self._done[job] = state.result_key

    def finish(self) -> None:
        """Let all jobs come to their end, then end the app."""
        deadline_s = time.monotonic() + _END_S
        while len(self._done) < len(self._names) and time.monotonic() < deadline_s:
            self._look()
            time.sleep(0.05)
        self._end_app()

    def report(self, seed: int, seconds: float) -> ChaosReport:
        """Compare what is there with what was reported as finished."""
        states = {state.id: state for state in jobs_of(self._store, OWNER)}
        lost = sum(states[job].state != "done" for job in self._done)
        wrong = [self._judge_job(job) for job in self._done]
        filed, deleted, dialogues = self._judge_dialogues()
        verdicts = [*wrong, *dialogues]
        found = self._store.check(hashes=True)
        return ChaosReport(
            database="sqlite" if self._store.database.is_sqlite else "postgresql",
            seed=seed,
            worker_kills=self.worker_kills,
            app_kills=self.app_kills,
            jobs_done=len(self._done),
            dialogues_filed=filed,
            dialogues_deleted=deleted,
            lost=lost + verdicts.count("lost"),
            corrupt=verdicts.count("corrupt") + len(found.damaged),
            unfinished=len(self._names) - len(self._done),
            sound=found.sound,
            seconds=round(seconds, 1),
        )

    def _judge_job(self, job: str) -> str:
        name = self._names[job]
        rows = tuple(row for step in STEPS for row in expected(name, step).rows)
        try:
            found = self._store.result("chaos", self._done[job], Features)
        except StoreError:
            return "corrupt"
        if found is None:
            return "lost"
        return "right" if encode(found) == encode(Features(name, "t", "all", rows)) else "corrupt"

    def _judge_dialogues(self) -> tuple[int, int, list[str]]:
        """Compare the dialogues with the app's journal; what it was at when it was killed may be there or not."""
        lines = _lines(self._journal)
        said = {verb: {int(line.split()[1]) for line in lines if line.split()[0] == verb} for verb in _VERBS}
        listed = {row.id for row in self._store.dialogues(OWNER, limit=1_000_000)}
        verdicts = [self._judge_dialogue(number, listed) for number in said["filed"] - said["deleting"]]
        verdicts += ["corrupt" for number in said["deleted"] if dialogue_of(number).id in listed]
        return len(said["filed"]), len(said["deleted"]), verdicts

    def _judge_dialogue(self, number: int, listed: set[str]) -> str:
        dialogue = dialogue_of(number)
        if dialogue.id not in listed:
            return "lost"
        sha256 = dialogue.media.sha256 if dialogue.media else ""
        content = self._store.media_path(sha256).read_bytes()
        same = self._store.dialogue(dialogue.id, OWNER) == dialogue and content == clip_of(number)
        return "right" if same else "corrupt"

    def close(self) -> None:
        """End the app and close the store."""
        self._end_app()
        self._store.close()


_VERBS = ("try", "filed", "deleting", "deleted")


def children_of(pid: int) -> list[int]:
    """Return the processes that ``pid`` started and that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def run_chaos(settings: Settings, kills: int, seed: int) -> ChaosReport:
    """Kill ``kills`` times and return what was found.

    Args:
        settings: names an empty data folder, an empty database, and how many workers there are
        kills: how many processes to kill
        seed: of the moments and victims
    """
    begun_s = time.monotonic()
    # A job may be hit again and again here; how often one is tried is not what is examined.
    chaos = Chaos(replace(settings, max_attempts=1000), seed)
    try:
        while chaos.worker_kills + chaos.app_kills < kills:
            chaos.kill_one()
        chaos.finish()
        return chaos.report(seed, time.monotonic() - begun_s)
    finally:
        chaos.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run chaos from the command line; returns 1 where something was lost."""
    parser = argparse.ArgumentParser(prog="python -m erc_core.jobs.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how many processes to kill")
    parser.add_argument("--database", default="", help="SQLAlchemy address of an empty database; SQLite if not given")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and victims")
    parser.add_argument("--app", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.app is not None:
        be_app(chosen.app)
    with tempfile.TemporaryDirectory(prefix="erc-chaos-", ignore_cleanup_errors=True) as folder:
        report = run_chaos(Settings(data=Path(folder), database=chosen.database, workers=2), chosen.kills, chosen.seed)
    sys.stdout.write(json.dumps({**asdict(report), "passed": report.passed}, indent=2) + "\n")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
