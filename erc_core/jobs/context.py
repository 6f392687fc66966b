"""What a job's function gets: the store, the settings, a progress that can stop it, and steps done once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from erc_core.errors import CancelledError, InputError, StoreError
from erc_core.jobs import lease as leases
from erc_core.jobs.lease import Lease
from erc_core.settings import Settings
from erc_core.store.keys import result_key
from erc_core.store.removal import STEP_KIND
from erc_core.store.store import Store

Value = TypeVar("Value")

WRITE_EVERY_S = 0.25  # at most so often is progress within one step written
LOOK_EVERY_S = 0.25  # so often the worker looks whether its job was cancelled
BEAT_EVERY_S = 2.0


class Watch:
    """A thread that beats for a lease and notices when its job shall stop."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self._database = store.database
        self._lease = lease
        self._ended = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        beaten_s = time.monotonic()
        while not self._ended.wait(LOOK_EVERY_S):
            try:
                goes_on = leases.may_go_on(self._database, self._lease)
                if time.monotonic() - beaten_s > BEAT_EVERY_S:
                    beaten_s = time.monotonic()
                    goes_on = leases.beat(self._database, self._lease) and goes_on
            except StoreError:
                goes_on = False  # without the database nothing that is computed could be kept
            if not goes_on:
                self._stopped.set()
                return

    def stop(self) -> None:
        """Note that the job shall stop."""
        self._stopped.set()

    def check(self) -> None:
        """Raise CancelledError where the job shall stop."""
        if self._stopped.is_set():
            raise CancelledError("The work was cancelled")


class JobContext:
    """The way of a job's function to the store and to those who wait for it.

    Attributes:
        job: the job's id
        owner: the session that the job runs for
        store: the worker's store
        settings: the worker's settings
    """

    def __init__(self, store: Store, lease: Lease, watch: Watch) -> None:
        self.job = lease.job
        self.owner = lease.owner
        self.store = store
        self.settings: Settings = store.settings
        self._dialogue = lease.dialogue
        self._lease = lease
        self._watch = watch
        self._step = ""
        self._started_s = time.time()  # by the clock on the wall, for those who watch from other processes
        self._begun_s = time.monotonic()  # what is measured must not jump when that clock is set
        self._written_s = float("-inf")
        self._ended: dict[str, float] = {}

    def progress(self, step: str, fraction: float) -> None:
        """Report that ``step`` is done to ``fraction``; a step that differs from the one before ends that one.

        Raises:
            CancelledError: the job was cancelled, or this worker lost it
        """
        self._watch.check()
        now_s = time.monotonic()
        if step != self._step:
            self._end_step(stored=False)
            self._step, self._started_s, self._begun_s, self._written_s = step, time.time(), now_s, float("-inf")
        if now_s - self._written_s < WRITE_EVERY_S and fraction < 1:
            return
        self._written_s = now_s
        bounded = min(max(fraction, 0.0), 1.0)
        if not leases.report(self.store.database, self._lease, step, bounded, self._started_s):
            self._watch.stop()
            self._watch.check()

    def about(self, dialogue_id: str) -> None:
        """Say which dialogue the job is about, where its parameters could not: it is deleted with that dialogue."""
        leases.link(self.store.database, self._lease, dialogue_id)
        self._dialogue = dialogue_id

    def once(self, step: str, value_type: type[Value], compute: Callable[[], Value]) -> Value:
        """Return a step's stored result, or compute and store it: after a restart a finished step is not repeated.

        Args:
            step: names the step, once in a job
            value_type: the frozen dataclass that ``compute`` returns

        Raises:
            InputError: ``compute`` returned something else
            CancelledError: the job was cancelled, or this worker lost it
        """
        kind, key = STEP_KIND + self.job, result_key(job=self.job, step=step)
        found = self.store.result(kind, key, value_type)
        if found is not None:
            return found
        self.progress(step, 0.0)
        value = compute()
        if not isinstance(value, value_type):
            raise InputError(f"The step {step} returned another type", got=type(value), allowed=value_type)
        self._watch.check()
        self.store.put_result(kind, key, value, dialogue=self._dialogue)
        self.progress(step, 1.0)
        self._end_step(stored=True)
        return value

    def close(self) -> None:
        """End the last step."""
        self._end_step(stored=False)

    def _end_step(self, stored: bool) -> None:
        if not self._step:
            return
        seconds = self._ended.get(self._step, 0.0) + time.monotonic() - self._begun_s
        self._ended[self._step] = seconds
        position = list(self._ended).index(self._step)
        leases.end_step(self.store.database, self._lease, self._step, position, seconds, stored)
        self._step = ""
