"""What can be known of a job: its state, step, estimate and message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobStep:
    """A finished step and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as its owner sees it.

    Attributes:
        id: names the job
        function: what it runs, ``package.module:function``
        label: the owner's words for it
        state: queued, running, done, failed or cancelled
        step: the step at work, empty before the first
        fraction: how much of that step is done, in [0, 1]
        steps: finished steps in order
        eta_s: estimated seconds to the end of a running job; None where nothing is known yet
        ahead: how many jobs come before a queued one
        message: why it failed, in one sentence for people
        result_key: the content key of the result of a done job
        attempts: how often the step at work was begun
        created_s: when it was first asked for, seconds since 1970
        finished_s: when it ended, or None
    """

    id: str
    function: str
    label: str
    state: State
    step: str
    fraction: float
    steps: tuple[JobStep, ...]
    eta_s: float | None
    ahead: int
    message: str
    result_key: str
    attempts: int
    created_s: float
    finished_s: float | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED
