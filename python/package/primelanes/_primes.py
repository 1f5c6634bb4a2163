"""The primes themselves: in order, as an array, and the nth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import SupportsIndex

from primelanes import _native
from primelanes._counting import Failure, SupportsIsSet, check, finish, value, wait
from primelanes._types import Progress
from primelanes._worker import command as worker_command

SEARCH = "the search"
LISTING = "the listing"


def primes(stop: SupportsIndex, start: SupportsIndex = 0) -> Iterator[int]:
    """Return an iterator over the primes from `start` to `stop`, both included, in ascending order.

    It finds the primes as they are read, in batches, and releases the global interpreter lock meanwhile. Threads can
    share it: each prime is returned to one of them. The first prime comes at once, wherever the range begins.

    Parameters
    ----------
    stop : int
        The last number of the range, at most 2**64 - 1. Like `start`, it can be any object with `__index__`.
    start : int
        The first number of the range. If it is above `stop`, there are no primes.

    Raises
    ------
    OverflowError
        If `stop` is above 2**64 - 1.
    TypeError
        If a number is not an integer.

    Examples
    --------
    >>> import primelanes
    >>> list(primelanes.primes(30))
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
    >>> next(primelanes.primes(2**64 - 1, start=10**18))
    1000000000000000003
    """
    return _native.primes(stop, start)


def array(
    stop: SupportsIndex,
    start: SupportsIndex = 0,
    *,
    backend: str = "auto",
    workers: SupportsIndex | None = None,
    cancel: SupportsIsSet | None = None,
    timeout: float | None = None,
) -> memoryview:
    """Return the primes from `start` to `stop`, both included, in an array of 64-bit numbers.

    The array takes 8 bytes per prime. `numpy.asarray` uses it without a copy, with the type `uint64`. All workers list
    primes, and the global interpreter lock is released meanwhile. In the main thread, Ctrl-C ends the listing.

    Parameters
    ----------
    stop : int
        The last number of the range, at most 2**64 - 1. Like the other integers, it can be any object with `__index__`.
    start : int
        The first number of the range. If it is above `stop`, the array is empty.
    backend : str
        Where the work runs, one of `backends()`, or "auto", which starts threads.
    workers : int
        The number of threads or processes. The default is one per core.
    cancel : object
        An object with a method `is_set`, such as `threading.Event`. Once it is set, the listing ends with `Cancelled`.
    timeout : float
        The longest time that the listing may take, in seconds. A longer one ends with `TimeoutError`.

    Returns
    -------
    memoryview
        The primes in ascending order. It can be written to.

    Raises
    ------
    OverflowError
        If `stop` is above 2**64 - 1.
    TypeError
        If a number is not an integer, `cancel` has no `is_set`, or `timeout` is not a number.
    ValueError
        If the backend is unknown, the number of workers is out of range, or `timeout` is negative or not finite.
    TimeoutError
        If the listing has not ended after `timeout` seconds.
    MemoryError
        If the primes do not fit in the memory. If that is certain, it is raised at once.
    primelanes.Cancelled
        If `cancel` was set.
    primelanes.Error
        If workers were lost or could not be started.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.array(30).tolist()
    [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
    >>> len(primelanes.array(10**12 + 10**6, start=10**12))
    36249
    """
    check(None, cancel, timeout)
    command = worker_command() if backend == "processes" else None
    return finish_array(_native.list_primes(stop, start, backend, workers, command), cancel, timeout)


def nth_prime(
    n: SupportsIndex,
    *,
    backend: str = "auto",
    workers: SupportsIndex | None = None,
    progress: Callable[[Progress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    timeout: float | None = None,
) -> int:
    """Return the nth prime. The first is 2.

    This takes about as long as a count of the primes up to the result. The global interpreter lock is released. In the
    main thread, Ctrl-C ends the search.

    Parameters
    ----------
    n : int
        From 1 to 425656284035217743, the number of primes below 2**64. It can be any object with `__index__`.
    backend : str
        Where the work runs, one of `backends()`, or "auto", which starts threads.
    workers : int
        The number of threads or processes. The default is one per core, or a single one if `n` is at most 23,000.
    progress : callable
        Called with a `Progress` about every 50 ms, as in `count_primes`.
    cancel : object
        An object with a method `is_set`, such as `threading.Event`. Once it is set, the search ends with `Cancelled`.
    timeout : float
        The longest time that the search may take, in seconds. A longer one ends with `TimeoutError`.

    Raises
    ------
    OverflowError
        If `n` is above 425656284035217743.
    TypeError
        If a number is not an integer. Also if `progress` is not a plain function, `cancel` has no `is_set`, or
        `timeout` is not a number.
    ValueError
        If `n` is less than 1, the backend is unknown, the number of workers is out of range, or `timeout` is negative
        or not finite.
    TimeoutError
        If the search has not ended after `timeout` seconds.
    MemoryError
        If the search needs more memory than the system has.
    primelanes.Cancelled
        If `cancel` was set.
    primelanes.Error
        If workers were lost or could not be started.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.nth_prime(10**6)
    15485863
    """
    check(progress, cancel, timeout)
    command = worker_command() if backend == "processes" else None
    started = _native.nth_prime(n, backend, workers, command, progress is not None)
    return finish(started, progress, cancel, timeout, SEARCH)


def finish_array(started: Failure | _native.Handle, cancel: SupportsIsSet | None, timeout: float | None) -> memoryview:
    """Wait for the end of a listing, and return the array."""
    handle = value(started)
    wait(handle, None, cancel, timeout, LISTING)
    return value(handle.take_primes())
