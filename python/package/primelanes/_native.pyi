"""
The compiled half of primelanes.
"""

from collections.abc import Callable
from primelanes._types import Progress
from typing import Final, SupportsIndex

__all__ = ["__version__", "algorithms", "backends", "count_primes", "count_primes_holding_gil", "serve"]

__version__: Final[str]
"""
The version of this package.
"""

def algorithms() -> list[str]:
    """
    The names of the ways to find primes, for `algorithm`.
    """

def backends() -> list[str]:
    """
    The names of the ways to run a count that this system has, for `backend`.
    """

def count_primes(limit: SupportsIndex, *, start: SupportsIndex = ..., algorithm: str = "auto", backend: str = "auto", workers: SupportsIndex | None = None, progress: Callable[[Progress], object] | None = None) -> int:
    """
    Count the primes from `start` to `limit`, both ends counted.

    The global interpreter lock is released for the whole count, so that other Python threads run meanwhile, and several
    counts at once. Ctrl-C raises KeyboardInterrupt within a tenth of a second if the main thread counts, as the only one
    that sees signals; it leaves no thread and no process behind.

    Parameters
    ----------
    limit : int
        The last number that counts, up to 2**64 - 1. Anything with `__index__` will do. If it is negative there are
        none.
    start : int
        The first number that counts.
    algorithm : str
        How primes are found, as `algorithms()` lists: "sieve", the fast one, or "trial-division", in which each number is
        divided by those up to its root. "auto" picks the fastest.
    backend : str
        What the work runs in, as `backends()` lists. "auto" picks threads that are started for the count. "processes"
        starts interpreters, which takes some 30 ms.
    workers : int
        How many threads or processes. By default there is one for each core, or a single one if `limit` is at most
        100,000.
    progress : callable
        Called with a `Progress` now and then, in this thread; whatever it raises ends the count.

    Returns
    -------
    int
        How many primes there are, exactly.

    Raises
    ------
    OverflowError
        If a number is above 2**64 - 1.
    TypeError
        If it is no integer: 1e9 is a float, 10**9 is not.
    ValueError
        If an algorithm or a backend is unknown, or a number of workers is impossible.
    Error
        If workers were lost, or could not be started.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.count_primes(10**6)
    78498
    >>> primelanes.count_primes(10**12 + 10**6, start=10**12)
    36249
    """

def count_primes_holding_gil(limit: SupportsIndex, *, start: SupportsIndex = ..., algorithm: str = "auto") -> int:
    """
    Count the primes from `start` to `limit` as an extension does that does not release the global interpreter lock.

    For demonstrations: no other Python thread runs until the count is over, and Ctrl-C is not seen before. It counts in
    this one thread. Parameters and exceptions are those of `count_primes`.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.count_primes_holding_gil(10**6)
    78498
    """

def serve() -> None:
    """
    Work on what comes in on standard input, until that ends: what a worker process does, and nothing else.
    """
