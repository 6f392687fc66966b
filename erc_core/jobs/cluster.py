"""Jobs of the app on a Dask cluster (``ERC_CLUSTER``): the optional requirements-cluster.txt.

A worker process of the app holds the job and waits; its function runs on a machine of the cluster. Both see the same
database and data folder, so progress, steps that are done, and the wish to cancel need no way of their own. A machine
that dies costs the step it was at: the scheduler gives the job to another one.
"""

from __future__ import annotations

import time
from concurrent.futures import CancelledError as FutureCancelledError
from contextlib import suppress
from functools import cache
from typing import Any

from erc_core.errors import ErcError, JobError, MissingResourceError
from erc_core.jobs import lease as leases
from erc_core.jobs.context import JobContext, Watch
from erc_core.jobs.functions import find_function
from erc_core.jobs.lease import Lease
from erc_core.settings import load_settings
from erc_core.store.store import Store

CONNECT_S = 5
LOOK_EVERY_S = 0.1
RETRY_S = 1.0
PATIENCE_S = 60.0  # so long a scheduler that went away is waited for
CREW_PATIENCE_S = 300.0  # and workers, which a cluster may first have to start
CREW_EVERY_S = 2.0


def connected(address: str) -> Any | None:
    """Connect to a scheduler; None where there is none.

    Raises:
        MissingResourceError: Dask is not installed
        JobError: the address cannot be used
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise MissingResourceError(
            "Dask is not installed", got=error, do="pip install -r requirements-cluster.txt"
        ) from error
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError):
        return None
    except ValueError as error:
        raise JobError("The cluster's address cannot be used", got=address, allowed="tcp://HOST:PORT") from error


def let_go(client: Any) -> None:
    """Close a connection; one that does not answer in time is left to itself, since nothing more is asked of it."""
    with suppress(OSError, TimeoutError):
        client.close(timeout=1)


class Crew:
    """Whether a cluster has workers: a scheduler without any takes work, and nothing says that nobody does it.

    Args:
        client: connected to the scheduler
        patience_s: how long there may be none
    """

    def __init__(self, client: Any, patience_s: float = CREW_PATIENCE_S) -> None:
        self._client, self._patience_s = client, patience_s
        self._seen_s = time.monotonic()
        self._next_s = 0.0

    def check(self) -> None:
        """Look now and then.

        Raises:
            JobError: there has been no worker for so long
        """
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + CREW_EVERY_S
        try:
            there = bool(self._client.scheduler_info(n_workers=1)["workers"])
        except (OSError, TimeoutError, RuntimeError):  # the scheduler went, which is seen elsewhere
            return
        if there:
            self._seen_s = now_s
        elif now_s - self._seen_s > self._patience_s:
            raise JobError(
                "The cluster has no workers",
                got=f"none in {self._patience_s:.0f} s",
                do="start some with dask worker ADDRESS, and have them started again when they end (deploy/README.md)",
            )


def preferring_gpus(client: Any) -> dict[str, Any]:
    """Return where to submit: to workers that were started with a resource named GPU, if there are any, else to all."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    found = [address for address, facts in known.items() if facts.get("resources", {}).get("GPU")]
    return {"workers": found, "allow_other_workers": True} if found else {}


def run_on_cluster(address: str, lease: Lease, watch: Watch) -> str:
    """Have a job's function run on the cluster, and return its result's key.

    Args:
        address: of the scheduler, such as ``tcp://host:8786``
        lease: the job, held by this process
        watch: tells when the job shall stop

    Raises:
        CancelledError: the job was cancelled
        JobError: the cluster cannot be reached, or the work broke there
        ErcError: what the function raised
    """
    seen_s = time.monotonic()
    while time.monotonic() - seen_s < PATIENCE_S:
        watch.check()
        client = connected(address)
        if client is not None:
            try:
                found = _tried(client, lease, watch)
            finally:
                let_go(client)
            if found is not None:
                return found
            seen_s = time.monotonic()
        time.sleep(RETRY_S)
    raise JobError("The cluster cannot be reached", got=address, do="start its scheduler, then try again")


def _tried(client: Any, lease: Lease, watch: Watch) -> str | None:
    """Return the result's key, or None where the scheduler went away meanwhile."""
    try:
        future = client.submit(run_there, lease, key=f"erc-{lease.job}-{time.time_ns()}", **preferring_gpus(client))
        crew = Crew(client)
        while not future.done():
            watch.check()
            crew.check()
            if client.status != "running":
                return None
            time.sleep(LOOK_EVERY_S)
        if future.status == "finished":
            return str(future.result(timeout=CONNECT_S))
        error = future.exception(timeout=CONNECT_S) if future.status == "error" else None
    except (OSError, TimeoutError, FutureCancelledError):
        return None
    if isinstance(error, ErcError):
        raise error
    if error is not None:
        raise JobError("The work broke on the cluster", got=f"{type(error).__name__}: {error}", do="try again")
    return None


def run_there(lease: Lease) -> str:
    """Run a job that another process holds, on this machine of the cluster; returns its result's key.

    Raises:
        JobError: this machine sees another store, or there is no such function
        ErcError: what the function raises
    """
    store = _store()
    if not leases.known(store.database, lease):
        raise JobError(
            "A machine of the cluster sees another store", got=store.settings.data,
            do="give it the app's ERC_DATA and ERC_DATABASE",
        )  # fmt: skip
    with Watch(store, lease) as watch:
        context = JobContext(store, lease, watch)
        key = find_function(lease.function)(context, **lease.params)
        context.close()
    return key


@cache
def _store() -> Store:
    """Return this machine's way to the common store, opened once."""
    return Store(load_settings())
