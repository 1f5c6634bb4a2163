"""Counts that Ctrl-C, an exception, ``cancel``, ``timeout`` and the end of the interpreter can end.

A count runs on a thread of its own, which Python does not know. The calling thread sleeps until there is news, and no
compiled code is on its stack meanwhile. So CPython can deliver signals to it, and can end it at shutdown.
"""

from __future__ import annotations

import os
import select
import warnings
from collections.abc import Callable
from decimal import DecimalException
from functools import partial
from math import inf
from sys import is_finalizing
from time import monotonic, sleep
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Protocol, SupportsIndex, TypeVar

from primelanes._native import Handle, count, count_holding_lock
from primelanes._types import Cancelled, Error, Progress
from primelanes._worker import AnyPath
from primelanes._worker import command as worker_command

T = TypeVar("T")
Failure = tuple[str, str]
"""The name of an exception, and its message."""

POLL_MILLISECONDS = 25
"""The longest sleep. Ctrl-C must take effect within a tenth of a second."""

PAUSE = 0.005
"""The sleep in seconds if nothing can be polled."""

LONGEST_TIMEOUT = 1e9
"""Seconds. The clock cannot add more to its time than this."""


class SupportsIsSet(Protocol):
    """Something that can be set, such as ``threading.Event``."""

    def is_set(self) -> bool:
        """Return whether it is set."""


def count_primes(
    limit: SupportsIndex,
    *,
    start: SupportsIndex = 0,
    algorithm: str = "auto",
    double_check: bool = False,
    backend: str = "auto",
    workers: SupportsIndex | None = None,
    memory: SupportsIndex | None = None,
    journal: AnyPath | None = None,
    progress: Callable[[Progress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    timeout: float | None = None,
) -> int:
    """Count the primes from `start` to `limit`, both included.

    The global interpreter lock is released for the whole count. Other Python threads run meanwhile, and several counts
    can run at once. In the main thread, Ctrl-C raises KeyboardInterrupt within a tenth of a second and leaves no thread
    and no process behind. Other threads do not see signals; use `cancel` there.

    Parameters
    ----------
    limit : int
        The last number of the range. If it is negative, the count is 0. "auto" and "combinatorial" count up to
        2**80 - 1, the other algorithms up to 2**64 - 1. Like the other integers, it can be any object with `__index__`.
    start : int
        The first number of the range. If it is above `limit`, the count is 0.
    algorithm : str
        How to count, one of `algorithms()`: "combinatorial", which counts the primes up to both ends of the range
        without finding them; "sieve", which finds them; "trial-division", which divides each number by those up to its
        square root; or "auto", which picks the fastest.
    double_check : bool
        Whether to count again with other parameters, and to check by an independent formula whether the count is odd or
        even. That takes the time of the count once more, and about 40 seconds on one core if `limit` is 10**18.
    backend : str
        Where the work runs, one of `backends()`, or "auto", which starts threads for the count. "processes" starts
        interpreters, which takes about 30 ms. To keep threads or processes between counts, open a lane: see `Lane`.
    workers : int
        The number of threads or processes. The default is one per core, or a single one if `limit` is at most 262,142.
    memory : int
        The number of bytes that all workers together may take. The default is a sixteenth of the memory, or up
        to half of it if no plan is that lean.
    journal : path
        A file that keeps what is done. If the process ends before the count, the same call goes on from there, on any
        lane and machine. The file is replaced every few seconds, and at the end. If it cannot be written, the count
        goes on, with a `RuntimeWarning`.
    progress : callable
        Called with a `Progress` about every 50 ms, in the thread that called this function. An exception that it raises
        ends the count.
    cancel : object
        An object with a method `is_set`, such as `threading.Event`. Once it is set, the count ends with `Cancelled`.
    timeout : float
        The longest time that the count may take, in seconds. A longer count ends with `TimeoutError`.

    Returns
    -------
    int
        The exact number of primes.

    Raises
    ------
    OverflowError
        If `limit` is beyond what the algorithm can count, or a number is above 2**128 - 1.
    TypeError
        If a number is not an integer: 1e9 is a float, 10**9 is not. Also if `progress` is not a plain function,
        `cancel` has no `is_set`, or `timeout` is not a number.
    ValueError
        If the algorithm or backend is unknown, the number of workers is out of range, `timeout` is negative or not
        finite, or the journal belongs to another count or process, or is damaged.
    TimeoutError
        If the count has not ended after `timeout` seconds.
    MemoryError
        If the count needs more memory than the system has, or than `memory`.
    primelanes.Cancelled
        If `cancel` was set.
    primelanes.Error
        If workers were lost or could not be started, or if a double check found different results.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.count_primes(10**6)
    78498
    >>> primelanes.count_primes(10**12 + 10**6, start=10**12)
    36249
    """
    check(progress, cancel, timeout)
    command = worker_command() if backend == "processes" else None
    file = None if journal is None else os.fsdecode(journal)
    started = count(
        limit, start, algorithm, double_check, memory, file, backend, workers, command, progress is not None
    )
    return finish(started, progress, cancel, timeout)


def count_primes_holding_gil(
    limit: SupportsIndex,
    *,
    start: SupportsIndex = 0,
    algorithm: str = "auto",
    double_check: bool = False,
    memory: SupportsIndex | None = None,
) -> int:
    """Count the primes from `start` to `limit` without releasing the global interpreter lock.

    This is for demonstrations, and behaves like an extension that keeps the lock: no other Python thread runs until the
    count is over, and Ctrl-C has no effect before that. In a free-threaded interpreter, other threads run, but none can
    collect garbage. It counts in the calling thread. Parameters and exceptions are those of `count_primes`.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.count_primes_holding_gil(10**6)
    78498
    """
    return value(count_holding_lock(limit, start, algorithm, double_check, memory))


def check(progress: Callable[[Progress], object] | None, cancel: SupportsIsSet | None, timeout: float | None) -> None:
    """Check what can interrupt a count, and raise `Cancelled` if it already does."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable, not '{type(progress).__name__}'")
    if timeout is not None:
        try:
            valid = 0 <= timeout < inf
        except TypeError:
            raise TypeError(f"timeout must be a number of seconds, not '{type(timeout).__name__}'") from None
        except DecimalException:
            # It is no number, and cannot be compared.
            valid = False
        if not valid:
            raise ValueError(f"timeout must be a finite number of seconds from 0 on, not {timeout}")
    if cancel is not None:
        if not callable(getattr(cancel, "is_set", None)):
            kind = type(cancel).__name__
            raise TypeError(f"cancel must have a method is_set, like a threading.Event, but '{kind}' has none")
        if cancel.is_set():
            raise Cancelled("cancelled")


def seconds(timeout: float) -> float:
    """Return a valid timeout as a float that the clock can add to its time."""
    return float(min(timeout, LONGEST_TIMEOUT))


def finish(
    started: int | Failure | Handle,
    progress: Callable[[Progress], object] | None,
    cancel: SupportsIsSet | None,
    timeout: float | None,
    work: str = "the count",
    help_along: Callable[[], object] | None = None,
) -> int:
    """Wait for the end of a count, or of other work that leads to a number, and return the result."""
    if type(started) is int:
        return started
    if isinstance(started, Handle):
        wait(started, progress, cancel, timeout, work, help_along)
        started = started.take_number()
    return value(started)


def value(result: T | Failure) -> T:
    """Return the result, or raise the exception that it stands for."""
    if not isinstance(result, tuple):
        return result
    name, message = result
    raise {"Cancelled": Cancelled}.get(name, Error)(message)


def wait(
    handle: Handle,
    progress: Callable[[Progress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    timeout: float | None = None,
    work: str = "the count",
    help_along: Callable[[], object] | None = None,
) -> None:
    """Wait until the work has ended. If an exception ends the wait, it ends the work too.

    `help_along` is called whenever there may be news, and must not wait.
    """
    doze = _doze(handle)
    deadline = None if timeout is None else monotonic() + seconds(timeout)
    try:
        while True:
            reports, troubles, ended = handle.news()
            for trouble in troubles:
                warnings.warn(trouble, RuntimeWarning, stacklevel=4)
            if progress is not None:
                for report in reports:
                    _report(progress, Progress(*report))
            if ended:
                return
            if cancel is not None and cancel.is_set():
                raise Cancelled("cancelled")
            if deadline is not None and monotonic() >= deadline:
                raise TimeoutError(f"{work} did not end within {timeout} seconds")
            if is_finalizing():
                raise Error("the interpreter is shutting down")
            if help_along is not None:
                help_along()
            doze()
    finally:
        handle.cancel()
        while not handle.news()[-1]:
            doze()


def _doze(handle: Handle) -> Callable[[], object]:
    """Return a function that sleeps until there is news, for the poll interval at most."""
    descriptor = handle.fileno()
    if descriptor is None:
        return partial(sleep, PAUSE)
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return partial(poller.poll, POLL_MILLISECONDS)


def _report(progress: Callable[[Progress], object], report: Progress) -> None:
    returned = progress(report)
    # The body of an async function or a generator has not run yet, and nothing would run it.
    if isinstance(returned, (CoroutineType, GeneratorType, AsyncGeneratorType)):
        if not isinstance(returned, AsyncGeneratorType):
            returned.close()
        kind = type(returned).__name__.replace("_", " ")
        article = "an" if kind.startswith("a") else "a"
        raise TypeError(f"progress must be a plain function, not one that returns {article} {kind}")
