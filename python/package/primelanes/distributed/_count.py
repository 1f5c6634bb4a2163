"""The count itself."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import SupportsIndex

import dask
from distributed import Client, LocalCluster

from primelanes._counting import SupportsIsSet, check, finish
from primelanes._native import Relay
from primelanes._types import Progress
from primelanes._worker import AnyPath
from primelanes.distributed._cluster import Cluster
from primelanes.distributed._runs import Runs
from primelanes.distributed._worker import IgnoreInterrupts

LEAST_ALLOWED_FAILURES = 10
"""Dask gives a task up if more workers than this die with it. Its default of 3 is too small if workers come and go."""

ALLOWED_FAILURES = "distributed.scheduler.allowed-failures"


def count_primes(
    client: Client | None,
    limit: SupportsIndex,
    start: SupportsIndex = 0,
    algorithm: str = "auto",
    progress: Callable[[Progress], object] | None = None,
    journal: AnyPath | None = None,
    cancel: SupportsIsSet | None = None,
    *,
    timeout: float | None = None,
    double_check: float = 0.0,
) -> int:
    """Count the primes from `start` to `limit`, both included, on the workers of a Dask cluster.

    Runs of tiles are sent to the workers, about a second of work each. A worker runs them on all its threads. Workers
    that join are used. If workers die or fall silent, others do their work. If there is no worker, the count waits for
    one.

    Each worker holds the tables of a count. They fit into its memory if it has as much as the machine that calls this
    function: all workers of one machine together take at most a sixteenth of that, if this is possible.

    Parameters
    ----------
    client : dask.distributed.Client
        The client of the cluster. None starts a `LocalCluster` for this count, with workers on this machine.
    limit : int
        The last number of the range. If it is negative, the count is 0.
    start : int
        The first number of the range. If it is above `limit`, the count is 0.
    algorithm : str
        How to count, one of `primelanes.algorithms()`.
    progress : callable
        Called with a `primelanes.Progress` about every 50 ms, in the thread that called this function.
    journal : path
        A file on the machine that calls this function, which keeps what is done. If the process ends before the count,
        the same call goes on from there, on this cluster or another. See `primelanes.count_primes`.
    cancel : object
        An object with a method `is_set`, such as `threading.Event`. Once it is set, the count ends with
        `primelanes.Cancelled`.
    timeout : float
        The longest time that the count may take, in seconds. A longer count ends with `TimeoutError`.
    double_check : float
        The share of the runs, from 0 to 1, that are done twice, on different workers. Their results are compared. This
        checks the workers, while `primelanes.count_primes(.., double_check=True)` checks the method.

    Returns
    -------
    int
        The exact number of primes.

    Raises
    ------
    primelanes.Error
        If the scheduler is lost, three attempts at the same run fail, a worker has no primelanes or another version of
        it, or two workers give different results for the same run.
    MemoryError
        If a worker or this machine has too little memory.
    OverflowError, TypeError, ValueError, TimeoutError, primelanes.Cancelled
        As `primelanes.count_primes`. Also `ValueError` if `double_check` is not from 0 to 1, or if there are fewer than
        two workers to compare.

    Warns
    -----
    RuntimeWarning
        If a worker sends a malformed answer, if the journal cannot be written, or if the scheduler gives up tasks after
        fewer than ten deaths of workers.
    """
    check(progress, cancel, timeout)
    _check_options(client, double_check)
    file = None if journal is None else os.fsdecode(journal)
    with ExitStack() as stack:
        if client is None:
            client = stack.enter_context(_local_client())
        cluster = stack.enter_context(Cluster(client))
        _check_cluster(cluster, double_check)
        relay = Relay(*cluster.fullest_machine())
        cluster.notify = relay.wake
        runs = Runs(client, cluster, relay, double_check)
        stack.callback(runs.close)
        started = relay.count(limit, start, algorithm, file, progress is not None)
        return finish(started, progress, cancel, timeout, help_along=runs.help_along)


def _check_options(client: Client | None, double_check: float) -> None:
    if client is not None:
        if not isinstance(client, Client):
            raise TypeError(f"client must be a dask.distributed.Client or None, not '{type(client).__name__}'")
        if client.asynchronous:
            raise ValueError(
                "client must not be asynchronous, or the count must run in another thread: asyncio.to_thread"
            )
    if not isinstance(double_check, (int, float)):
        raise TypeError(f"double_check must be a share from 0 to 1, not '{type(double_check).__name__}'")
    if not 0 <= double_check <= 1:
        raise ValueError(f"double_check must be a share from 0 to 1, not {double_check}")


def _check_cluster(cluster: Cluster, double_check: float) -> None:
    if double_check > 0 and len(cluster.workers) < 2:
        raise ValueError(f"double_check needs at least two workers, but the cluster has {len(cluster.workers)}")
    allowed = cluster.allowed_failures
    if allowed is not None and allowed < LEAST_ALLOWED_FAILURES:
        remedy = f"set it to {LEAST_ALLOWED_FAILURES} or more, so that a run survives as many deaths of workers"
        warnings.warn(f"{ALLOWED_FAILURES} is {allowed} on the scheduler: {remedy}", RuntimeWarning, stacklevel=3)


@contextmanager
def _local_client() -> Iterator[Client]:
    """Start workers on this machine, and end them at the end of the block."""
    # Dask looks a hundred times per second at what a worker does, which takes a twentieth of a core.
    with dask.config.set({ALLOWED_FAILURES: LEAST_ALLOWED_FAILURES, "distributed.worker.profile.enabled": False}):
        cluster = LocalCluster(dashboard_address=":0", silence_logs=logging.CRITICAL)
    with cluster, Client(cluster) as client:
        client.register_plugin(IgnoreInterrupts())
        yield client
