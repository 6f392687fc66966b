"""Waiting for what another process does: by looking again and again until a deadline, never by a fixed pause."""

from __future__ import annotations

import time
from collections.abc import Callable

from erc_core.jobs.queue import status
from erc_core.jobs.states import JobState, State
from erc_core.store.store import Store

DEADLINE_S = 120.0


def wait_until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> float:
    """Return after how many seconds ``condition`` holds."""
    begun_s = time.monotonic()
    while not condition():
        assert time.monotonic() - begun_s < deadline_s, f"did not happen in {deadline_s} s: {what}"
        time.sleep(0.01)
    return time.monotonic() - begun_s


def ended(store: Store, job: str, owner: str = "ana") -> JobState:
    """Return a job's state once it has ended."""
    wait_until(lambda: status(store, job, owner).ended, f"the end of {job}")
    return status(store, job, owner)


def ended_as(store: Store, job: str, expected: State) -> JobState:
    """Check how a job of ``ana`` ended. Where it ended otherwise, its message tells why."""
    state = ended(store, job)
    assert state.state == expected, f"{job} {state.state}: {state.message}"
    return state


def at_step(store: Store, job: str, step: str, owner: str = "ana") -> None:
    """Wait until a job is at a step."""
    wait_until(lambda: status(store, job, owner).step == step, f"{step} of {job}")
