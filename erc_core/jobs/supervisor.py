"""Keeps the worker processes of one data folder alive: starts, restarts, and ends what was cancelled.

It is a thread of the app. Everything it knows is in the database or can be lost: an app that is killed takes its
workers along (their standard input ends), the lock goes with the process, and the next supervisor puts their jobs back
in line.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

from erc_core.errors import StoreError
from erc_core.jobs import lease as leases
from erc_core.settings import PREFIX, Settings
from erc_core.store.store import Store

POLL_S = 0.2
GRACE_S = 0.8  # a cancelled job may end by itself for so long; then its worker is killed
SILENT_S = 60.0  # a worker that holds a job and did not beat for so long, by this machine's clock, hangs
SWEEP_EVERY_S = 3600.0
RETRY_S = 2.0  # while the database is away, or another app has the lock
BACKOFF_S = (0.0, 0.5, 1.0, 2.0, 5.0)  # before a worker that died young is started again
YOUNG_S = 10.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Worker:
    """A worker process and its name in the database."""

    name: str
    process: subprocess.Popen[bytes]
    started_s: float

    def kill(self) -> None:
        """Kill it with its children (decoders); it leads a process group of its own."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


@dataclass(frozen=True, slots=True)
class _Pulse:
    """A worker's last heartbeat by its own clock, and when this process first saw it, by a clock that never jumps.

    Clocks of machines differ, are set, and go on while a laptop sleeps: silence is measured here alone.
    """

    beat_s: float
    felt_s: float


def _felt(before: _Pulse | None, beat_s: float) -> _Pulse:
    return before if before is not None and before.beat_s == beat_s else _Pulse(beat_s, time.monotonic())


class Supervisor:
    """One thread that keeps ``settings.workers`` processes at work, if no other app has this data folder's lock."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._host = socket.gethostname()
        self._workers: list[_Worker] = []
        self._pulses: dict[str, _Pulse] = {}
        self._young_deaths = 0
        self._next_start_s = 0.0
        self._next_sweep_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the workers; their jobs go back in line and go on with the next start."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        self.settings.data.mkdir(parents=True, exist_ok=True)
        with (self.settings.data / "supervisor.lock").open("w") as lock:
            while not self._stopping.is_set():
                if _locked(lock):
                    self._serve()
                self._stopping.wait(RETRY_S)

    def _serve(self) -> None:
        """Supervise until the app stops or the database goes away."""
        try:
            store = Store(self.settings)
        except StoreError as error:
            _log.warning("Workers cannot be started: %s", error)
            return
        try:
            self._set_in_order(store)
            while not self._stopping.wait(POLL_S):
                self._step(store)
        except (StoreError, OSError) as error:
            _log.warning("Workers are stopped: %s", error)
        finally:
            self._end(store)

    def _set_in_order(self, store: Store) -> None:
        """Check the store and put the jobs of an earlier supervisor's workers back in line."""
        report = store.check(repair=True)
        if not report.sound:
            _log.warning("The store is not sound: %s", report)
        self._recover(store)

    def _step(self, store: Store) -> None:
        now_s = time.time()
        for name in leases.overdue(store.database, now_s - GRACE_S):
            self._kill(name)
        self._reap(store)
        self._recover(store)
        while len(self._workers) < self.settings.workers and time.monotonic() >= self._next_start_s:
            self._workers.append(self._start_worker())
        if time.monotonic() >= self._next_sweep_s:
            self._next_sweep_s = time.monotonic() + SWEEP_EVERY_S
            store.sweep(now_s)

    def _kill(self, name: str) -> None:
        for worker in self._workers:
            if worker.name == name:
                worker.kill()

    def _reap(self, store: Store) -> None:
        """Note dead workers and put their jobs back in line."""
        dead = [worker for worker in self._workers if worker.process.poll() is not None]
        if not dead:
            return
        held = {row.worker for row in leases.holders(store.database)}
        for worker in dead:
            worker.kill()  # what it started may live on
            self._workers.remove(worker)
            self._slow_down(worker, held_job=worker.name in held)
        leases.release(store.database, [worker.name for worker in dead], self.settings.max_attempts, counted=True)

    def _slow_down(self, worker: _Worker, held_job: bool) -> None:
        """Wait longer and longer for workers that die young of themselves; a job's attempts are counted elsewhere."""
        young = time.monotonic() - worker.started_s < YOUNG_S
        failed = worker.process.returncode != 0 and not held_job
        self._young_deaths = min(self._young_deaths + 1, len(BACKOFF_S) - 1) if young and failed else 0
        self._next_start_s = time.monotonic() + BACKOFF_S[self._young_deaths]

    def _recover(self, store: Store) -> None:
        """Put jobs back in line whose worker is none of ours and dead, and end our own workers that hang."""
        ours = {worker.name for worker in self._workers}
        lost, holders = [], leases.holders(store.database)
        self._pulses = {row.worker: _felt(self._pulses.get(row.worker), row.heartbeat_s) for row in holders}
        for row in holders:
            silent_s = time.monotonic() - self._pulses[row.worker].felt_s
            if row.worker in ours:
                if silent_s > SILENT_S:
                    self._kill(row.worker)
            elif row.worker.startswith(f"{self._host}/") or silent_s > leases.STALE_S:
                # On this machine the lock tells that the other supervisor is dead, and its workers die with it.
                lost.append(row.worker)
        if lost:
            leases.release(store.database, lost, self.settings.max_attempts, counted=True)

    def _start_worker(self) -> _Worker:
        name = f"{self._host}/{secrets.token_hex(8)}"
        command = [sys.executable, "-m", "erc_core.jobs.worker", name]
        process = subprocess.Popen(
            command, env=worker_environment(self.settings), stdin=subprocess.PIPE, start_new_session=True
        )
        return _Worker(name, process, time.monotonic())

    def _end(self, store: Store) -> None:
        names = [worker.name for worker in self._workers]
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
        with suppress(StoreError):  # the next supervisor does the same, if the database is away now
            leases.release(store.database, names, self.settings.max_attempts, counted=False)
        store.close()


def worker_environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which a process finds this package and loads these settings."""
    package = str(Path(__file__).resolve().parent.parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    values = {PREFIX + item.name.upper(): str(getattr(settings, item.name)) for item in fields(settings)}
    return {**os.environ, **values, "PYTHONPATH": os.pathsep.join(paths)}


def _locked(lock: IO[str]) -> bool:
    """Take the data folder's lock if it is free. It ends with this process, however that ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


_running: Supervisor | None = None


def start_workers(settings: Settings) -> None:
    """Start the workers of this data folder, in the background. A second call does nothing."""
    global _running
    if _running is None:
        _running = Supervisor(settings)
        _running.start()


def stop_workers() -> None:
    """Stop the workers; unfinished jobs stay in line."""
    global _running
    if _running is not None:
        _running.stop()
        _running = None
