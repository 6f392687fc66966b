"""How long a running job will still take, from its own pace and from earlier jobs of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from erc_core.jobs.states import JobStep
from erc_core.store.tables import jobs, steps

_ENOUGH = 0.02  # of a step, before its own pace says more than earlier jobs do


def usual_seconds(connection: Connection, function: str) -> dict[str, float]:
    """Return the mean seconds of each step over the done jobs of a function, in the order of the steps."""
    query = (
        select(steps.c.name, func.avg(steps.c.seconds))
        .join(jobs, jobs.c.id == steps.c.job)
        .where(jobs.c.function == function, jobs.c.state == "done")
        .group_by(steps.c.name)
        .order_by(func.min(steps.c.position))
    )
    return {row[0]: float(row[1]) for row in connection.execute(query)}


def remaining_s(
    step: str, fraction: float, elapsed_s: float, done: tuple[JobStep, ...], usual: Mapping[str, float]
) -> float | None:
    """Estimate the seconds to the end, or None where neither the job nor earlier ones tell.

    Args:
        step: the step at work
        fraction: how much of it is done, in [0, 1]
        elapsed_s: seconds since it began
        done: the job's finished steps
        usual: mean seconds of each step in earlier jobs; empty where there were none
    """
    current = _current_s(step, fraction, elapsed_s, done, usual)
    if current is None:
        return None
    finished = {item.name for item in done}
    later = sum(seconds for name, seconds in usual.items() if name != step and name not in finished)
    return current + later * _pace(done, usual)


def _current_s(
    step: str, fraction: float, elapsed_s: float, done: tuple[JobStep, ...], usual: Mapping[str, float]
) -> float | None:
    if fraction > _ENOUGH:
        return elapsed_s * (1 - fraction) / fraction
    if step in usual:
        return max(0.0, usual[step] * _pace(done, usual) - elapsed_s)
    return None


def _pace(done: tuple[JobStep, ...], usual: Mapping[str, float]) -> float:
    """Return how much slower than usual this job is: a long clip is slow in every step."""
    known = [item for item in done if usual.get(item.name, 0.0) > 0]
    if not known:
        return 1.0
    return sum(item.seconds for item in known) / sum(usual[item.name] for item in known)
