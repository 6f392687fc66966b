"""A worker process: takes jobs from the queue, one after the other, until its parent is gone.

Run by the supervisor as ``python -m erc_core.jobs.worker NAME``, with a pipe as standard input: its end means that the
parent died. Models that a function keeps are loaded once per worker, because the process stays.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType

from erc_core.errors import CancelledError, ErcError, JobError
from erc_core.jobs import lease as leases
from erc_core.jobs.cluster import run_on_cluster
from erc_core.jobs.context import JobContext, Watch
from erc_core.jobs.functions import find_function
from erc_core.jobs.lease import Lease
from erc_core.settings import load_settings
from erc_core.store.store import Store

IDLE_S = 0.2  # between two looks at an empty queue
NICENESS = 10  # pages come first
GROUP = Path("/proc/self/autogroup")
GROUP_TRIES, GROUP_PAUSE_S = 20, 0.11

_STANDARD_INPUT = 0


def main() -> None:
    """Work until the parent is gone."""
    name = sys.argv[1]
    step_back()
    threading.Thread(target=die_with_parent, name="lifeline", daemon=True).start()
    store = Store(load_settings())
    while True:
        lease = leases.claim(store.database, name)
        if lease is None:
            time.sleep(IDLE_S)
        elif not run(store, lease):
            return  # after a defect nobody knows what state the process is in; the supervisor starts a fresh one


def step_back() -> None:
    """Let pages go first on a busy machine.

    A process that leads a session, as this one does, is scheduled as a group of its own where Linux groups sessions:
    its niceness counts within that group only, so the group gets it too. Of users without rights Linux takes one such
    wish in a tenth of a second, from all of them together: workers that start at once try again.
    """
    os.nice(NICENESS)
    for _ in range(GROUP_TRIES):
        try:
            GROUP.write_text(str(NICENESS))
        except BlockingIOError:
            time.sleep(GROUP_PAUSE_S)
        except OSError:  # not Linux, or groups are off
            return
        else:
            return


def die_with_parent() -> None:
    """Wait for the end of standard input, then kill this process and its children (decoders) at once."""
    while os.read(_STANDARD_INPUT, 1):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def run(store: Store, lease: Lease) -> bool:
    """Run one job and write how it ended; tell whether this process is fit for another one.

    An error that the package did not raise on purpose is a defect: the job fails, and its traceback goes to its log.
    """
    with _Ending(store, lease) as ending, Watch(store, lease) as watch:
        if store.settings.cluster:
            key = run_on_cluster(store.settings.cluster, lease, watch)
        else:
            context = JobContext(store, lease, watch)
            key = find_function(lease.function)(context, **lease.params)
            context.close()
        leases.finish(store.database, lease, key)
        store.forget_steps(lease.job)
    return ending.fit


class _Ending:
    """Writes how a job ended, whatever ended it."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self._store = store
        self._lease = lease
        self.fit = True

    def __enter__(self) -> _Ending:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if isinstance(error, CancelledError):
            leases.stop(self._store.database, self._lease)
            return True
        if isinstance(error, Exception):
            self.fit = isinstance(error, ErcError)
            leases.fail(self._store.database, self._lease, _message(error))
            self._log(error)  # last: a disk that is full takes no log, and the job has failed all the same
        return isinstance(error, Exception)

    def _log(self, error: Exception) -> None:
        with self._store.files.log_path(self._lease.job).open("a") as log:
            traceback.print_exception(error, file=log)


def _message(error: Exception) -> str:
    """Return the sentence for the user; a traceback is for the log alone."""
    if isinstance(error, ErcError):
        return error.sentence()
    if isinstance(error, MemoryError):
        return JobError(
            "The work needs more memory than there is", do="try a shorter clip, or a machine with more memory"
        ).sentence()
    return JobError(
        "The work met a defect of the program",
        got=type(error).__name__,
        do="try again, and report it with the job's log",
    ).sentence()


if __name__ == "__main__":
    main()
