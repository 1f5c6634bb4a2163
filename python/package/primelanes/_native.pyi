"""
The extension module of primelanes.
"""

from _typeshed import SupportsGetItem
from typing import Final, SupportsFloat, SupportsIndex, final

__all__ = ["__version__", "Handle", "OpenLane", "algorithms", "backends", "count", "count_holding_lock", "open", "serve"]

__version__: Final[str]
"""
The version of this package.
"""

@final
class Handle:
    """
    A count, or the start of workers, on a thread of its own. No method waits or releases the lock. Dropping it cancels the
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
    def news(self, /) -> tuple[list[tuple[str, int, int]], bool]:
        """
        Return the last progress of each phase since the previous call, and whether the work has ended.
        """
    def take_count(self, /) -> int | tuple[str, str]:
        """
        Take the number of primes, or why there is none.
        """
    def take_lane(self, /) -> OpenLane | tuple[str, str]:
        """
        Take the lane that was opened, or why there is none.
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
    def count(self, /, limit: SupportsIndex, start: SupportsIndex, algorithm: str, double_check: bool, memory: SupportsIndex | None, observed: bool) -> int | tuple[str, str] | Handle:
        """
        Start to count the primes from `start` to `limit`. A short count is done at once.
        """
    @property
    def name(self, /) -> str:
        """
        The name of the backend.
        """
    @property
    def workers(self, /) -> int:
        """
        The number of workers.
        """

def algorithms() -> list[str]:
    """
    Return the names that `algorithm` accepts.
    """

def backends() -> list[str]:
    """
    Return the names that `backend` accepts on this system, except "auto".
    """

def count(limit: SupportsIndex, start: SupportsIndex, algorithm: str, double_check: bool, memory: SupportsIndex | None, backend: str, workers: SupportsIndex | None, command: SupportsGetItem[int, str] | None, observed: bool) -> int | tuple[str, str] | Handle:
    """
    Start to count the primes from `start` to `limit` on a new lane. A short count is done at once.

    `command` is the command of a worker process, if the lane has some. `observed` is whether the handle reports progress.
    """

def count_holding_lock(limit: SupportsIndex, start: SupportsIndex, algorithm: str, double_check: bool, memory: SupportsIndex | None) -> int | tuple[str, str]:
    """
    Count the primes from `start` to `limit` without releasing the lock.
    """

def open(backend: str, workers: SupportsIndex | None, command: SupportsGetItem[int, str] | None, timeout: SupportsFloat | SupportsIndex | None) -> Handle | tuple[str, str]:
    """
    Start to open a lane that stays open. By default it has a worker for each core.

    `command` is the command of a worker process, and `timeout` the time in seconds that it may be silent.
    """

def serve() -> str | None:
    """
    Serve as a worker process: do the work that arrives on standard input, until it is closed. Return what is wrong with the
    input, if anything.
    """
