"""
The extension module of primelanes.
"""

from _typeshed import SupportsGetItem
from os import PathLike
from typing import Final, SupportsFloat, SupportsIndex, final

__all__ = ["__version__", "Handle", "OpenLane", "Page", "Primes", "Relay", "algorithms", "backends", "count", "count_holding_lock", "is_prime", "list_primes", "measure_report", "name_interpreters", "next_prime", "nth_prime", "open", "partial", "previous_prime", "primes", "run_request", "serve"]

__version__: Final[str]
"""
The version of this package.
"""

@final
class Handle:
    """
    A count or other work on a thread of its own. No method waits or releases the lock. Dropping it cancels the
    work.
    """
    def cancel(self, /) -> None:
        """
        Ask the work to end.
        """
    def fileno(self, /) -> int | None:
        """
        Return the descriptor that can be polled for news, or None if news must be asked for now and then.
        """
    def news(self, /) -> tuple[list[tuple[str, int, int]], list[str], bool]:
        """
        Return the last progress of each phase since the previous call, warnings, and whether the work has ended.
        """
    def take_bytes(self, /) -> bytes | tuple[str, str]:
        """
        Take the answer to a request, or why there is none.
        """
    def take_lane(self, /) -> OpenLane | tuple[str, str]:
        """
        Take the lane that was opened, or why there is none.
        """
    def take_names(self, /) -> list[str] | tuple[str, str]:
        """
        Take the names of interpreters, or why there are none.
        """
    def take_number(self, /) -> int | tuple[str, str]:
        """
        Take the number of primes or the nth prime, or why there is none.
        """
    def take_page(self, /) -> Page | tuple[str, str]:
        """
        Take the page of a report, or why there is none.
        """
    def take_primes(self, /) -> memoryview | tuple[str, str]:
        """
        Take the primes that were listed, or why there are none.
        """

@final
class OpenLane:
    """
    A lane that stays open between counts. Dropping it closes it.
    """
    def close(self, /) -> Handle | None:
        """
        Start to close the lane, unless it is closed. Counts that are running go on to their end, and so do their workers.
        """
    def count(self, /, limit: SupportsIndex, start: SupportsIndex, algorithm: str, double_check: bool, memory: SupportsIndex | None, journal: str | PathLike[str] | None, observed: bool) -> int | tuple[str, str] | Handle:
        """
        Start to count the primes from `start` to `limit`. A short count is done at once.
        """
    def list_primes(self, /, stop: SupportsIndex, start: SupportsIndex) -> Handle | tuple[str, str]:
        """
        Start to list the primes from `start` to `stop`.
        """
    @property
    def name(self, /) -> str:
        """
        The name of the backend.
        """
    def nth_prime(self, /, n: SupportsIndex, observed: bool) -> int | tuple[str, str] | Handle:
        """
        Start to find the nth prime. A short search is done at once.
        """
    @property
    def workers(self, /) -> int:
        """
        The number of workers.
        """

@final
class Page:
    """
    A report.
    """
    @property
    def html(self, /) -> str:
        """
        The HTML.
        """
    @property
    def verified(self, /) -> bool:
        """
        Whether every count is right.
        """

@final
class Primes:
    """
    An iterator over primes, in ascending order. Threads can share it: each prime is returned to one of them.
    """
    def __iter__(self, /) -> Primes: ...
    def __next__(self, /) -> int: ...

@final
class Relay:
    """
    A lane whose runs of tiles are carried to workers by the program. No method waits.
    """
    def __new__(cls, /, processes: SupportsIndex, threads: SupportsIndex) -> Relay:
        """
        Create a relay. A machine of the cluster has at most this many worker processes, and threads in them.
        """
    def answer(self, /, id: SupportsIndex, answer: bytes) -> None:
        """
        Pass the answer to a request.
        """
    def count(self, /, limit: SupportsIndex, start: SupportsIndex, algorithm: str, journal: str | PathLike[str] | None, observed: bool) -> int | tuple[str, str] | Handle:
        """
        Start to count the primes from `start` to `limit`. A short count is done at once. A relay is for one count.
        `journal` is the file of the journal, if one is kept.
        """
    def fail(self, /, id: SupportsIndex, reason: str) -> None:
        """
        Say why a request will not be answered.
        """
    def resize(self, /, workers: SupportsIndex, threads: SupportsIndex) -> None:
        """
        Set the number of workers and of their threads, which says how many requests there are at once.
        """
    def take_rejections(self, /) -> list[tuple[int, str]]:
        """
        Take the answers that were malformed: the ID of the request, and what is wrong.
        """
    def take_requests(self, /) -> list[tuple[int, int, int, bytes]]:
        """
        Take the requests that are to be carried: the ID, the first tile, their end, and the bytes for a worker.
        """
    def wake(self, /) -> None:
        """
        Wake the thread that waits for the count.
        """

def algorithms() -> list[str]:
    """
    Return the names that `algorithm` accepts.
    """

def backends() -> list[str]:
    """
    Return the names that `backend` accepts on this system, except "auto".
    """

def count(limit: SupportsIndex, start: SupportsIndex, algorithm: str, double_check: bool, memory: SupportsIndex | None, journal: str | PathLike[str] | None, backend: str, workers: SupportsIndex | None, command: SupportsGetItem[int, str] | None, observed: bool) -> int | tuple[str, str] | Handle:
    """
    Start to count the primes from `start` to `limit` on a new lane. A short count is done at once.

    `journal` is the file of the journal, if one is kept. `command` is the command of a worker process, if the lane has some.
    `observed` is whether the handle reports progress.
    """

def count_holding_lock(limit: SupportsIndex, start: SupportsIndex, algorithm: str, double_check: bool, memory: SupportsIndex | None) -> int | tuple[str, str]:
    """
    Count the primes from `start` to `limit` without releasing the lock.
    """

def is_prime(number: SupportsIndex) -> bool:
    """
    Return whether a number is prime.

    The answer is certain. Numbers up to 3317044064679887385961980 can be tested; a larger one raises `OverflowError`. A
    negative number is not prime.

    >>> import primelanes
    >>> primelanes.is_prime(2**61 - 1)
    True
    """

def list_primes(stop: SupportsIndex, start: SupportsIndex, backend: str, workers: SupportsIndex | None, command: SupportsGetItem[int, str] | None) -> Handle | tuple[str, str]:
    """
    Start to list the primes from `start` to `stop` on a new lane.

    `command` is the command of a worker process, if the lane has some.
    """

def measure_report(programs: SupportsGetItem[int, str], worker: SupportsGetItem[int, str], quick: bool, trial: bool) -> Handle | tuple[str, str]:
    """
    Start to measure for a report. `worker` is the command that starts a worker process.
    """

def name_interpreters(programs: SupportsGetItem[int, str]) -> Handle | tuple[str, str]:
    """
    Start to ask programs which Python interpreters they are. The result is their names.
    """

def next_prime(number: SupportsIndex) -> int:
    """
    Return the smallest prime above a number.

    If it is above 3317044064679887385961980, this raises `OverflowError`.

    >>> import primelanes
    >>> primelanes.next_prime(90)
    97
    """

def nth_prime(n: SupportsIndex, backend: str, workers: SupportsIndex | None, command: SupportsGetItem[int, str] | None, observed: bool) -> int | tuple[str, str] | Handle:
    """
    Start to find the nth prime on a new lane. A short search is done at once. The last arguments are those of `count`.
    """

def open(backend: str, workers: SupportsIndex | None, command: SupportsGetItem[int, str] | None, timeout: SupportsFloat | SupportsIndex | None) -> Handle | tuple[str, str]:
    """
    Start to open a lane that stays open. By default it has a worker for each core.

    `command` is the command of a worker process, and `timeout` the time in seconds that it may be silent.
    """

def partial(answer: bytes) -> bytes | None:
    """
    Return the partial result in an answer, or None if the answer is malformed or an error.
    """

def previous_prime(number: SupportsIndex) -> int:
    """
    Return the largest prime below a number.

    If there is none, this raises `ValueError`, and for numbers above 3317044064679887385961980 `OverflowError`.

    >>> import primelanes
    >>> primelanes.previous_prime(97)
    89
    """

def primes(stop: SupportsIndex, start: SupportsIndex) -> Primes:
    """
    Return an iterator over the primes from `start` to `stop`.
    """

def run_request(request: SupportsGetItem[int, SupportsIndex], threads: SupportsIndex) -> Handle | tuple[str, str]:
    """
    Start to run the tiles of a request, on this many threads, which all requests share. The result is an answer.
    """

def serve() -> str | None:
    """
    Serve as a worker process: do the work that arrives on standard input, until it is closed. Return what is wrong with the
    input, if anything.
    """
