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
    Return the names that `algorithm` accepts.
    """

def backends() -> list[str]:
    """
    Return the names that `backend` accepts on this system, except "auto".
    """

def count_primes(limit: SupportsIndex, *, start: SupportsIndex = ..., algorithm: str = "auto", double_check: bool = False, backend: str = "auto", workers: SupportsIndex | None = None, progress: Callable[[Progress], object] | None = None) -> int:
    """
    Count the primes from `start` to `limit`, both included.

    The global interpreter lock is released for the whole count. Other Python threads run meanwhile, and several counts
    can run at once. In the main thread, Ctrl-C raises KeyboardInterrupt within a tenth of a second and leaves no thread
    and no process behind. Other threads do not see signals; there, raise an exception in `progress` to end a count.

    Parameters
    ----------
    limit : int
        The last number of the range. If it is negative, the count is 0. "auto" and "combinatorial" count up to 2**80 - 1,
        the other algorithms up to 2**64 - 1. Like the other numbers, it can be any object with `__index__`.
    start : int
        The first number of the range. If it is above `limit`, the count is 0.
    algorithm : str
        How to count, one of `algorithms()`: "combinatorial", which counts the primes up to both ends of the range without
        finding them; "sieve", which finds them; "trial-division", which divides each number by those up to its square
        root; or "auto", which picks the fastest.
    double_check : bool
        Whether to count again with other parameters, and to check by an independent formula whether the count is odd or
        even. That takes the time of the count once more, and about 40 seconds on one core if `limit` is 10**18.
    backend : str
        Where the work runs, one of `backends()`, or "auto", which starts threads for the count. "processes" starts
        interpreters, which takes about 30 ms.
    workers : int
        The number of threads or processes. The default is one per core, or a single one if `limit` is at most 262,142.
    progress : callable
        Called with a `Progress` from time to time, in the thread that called this function. An exception that it raises
        ends the count.

    Returns
    -------
    int
        The exact number of primes.

    Raises
    ------
    OverflowError
        If `limit` is beyond what the algorithm can count, or a number is above 2**128 - 1.
    TypeError
        If a number is not an integer: 1e9 is a float, 10**9 is not. Also if `progress` is not callable.
    ValueError
        If the algorithm or backend is unknown, or the number of workers is out of range.
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

def count_primes_holding_gil(limit: SupportsIndex, *, start: SupportsIndex = ..., algorithm: str = "auto", double_check: bool = False) -> int:
    """
    Count the primes from `start` to `limit` without releasing the global interpreter lock.

    This is for demonstrations, and behaves like an extension that keeps the lock: no other Python thread runs until the
    count is over, and Ctrl-C has no effect before that. It counts in the calling thread. Parameters and exceptions are
    those of `count_primes`.

    Examples
    --------
    >>> import primelanes
    >>> primelanes.count_primes_holding_gil(10**6)
    78498
    """

def serve() -> None:
    """
    Serve as a worker process: do the work that arrives on standard input, until it is closed.
    """
