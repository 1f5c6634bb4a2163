"""Lanes that stay open between counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from sys import is_finalizing
from types import TracebackType
from typing import SupportsIndex, TypeVar

from primelanes._counting import SupportsIsSet, check, finish, seconds, value, wait
from primelanes._native import open as open_lane
from primelanes._primes import SEARCH, finish_array
from primelanes._types import Progress
from primelanes._worker import AnyPath
from primelanes._worker import command as worker_command

L = TypeVar("L", bound="Lane")


class Lane:
    """A backend with its workers, for any number of counts.

    Several threads can count on one lane at once. Use a lane in a ``with`` block, or close it when it is no longer
    needed. A lane belongs to the process that opened it, and not to a fork of that process.
    """

    def __init__(
        self,
        backend: str,
        workers: SupportsIndex | None,
        command: list[str] | None = None,
        timeout: float | None = None,
    ) -> None:
        opening = value(open_lane(backend, workers, command, timeout))
        wait(opening)
        self._lane = value(opening.take_lane())
        self._closed = False

    @property
    def name(self) -> str:
        """The name of the backend, as in ``backends()``."""
        return self._lane.name

    @property
    def workers(self) -> int:
        """The number of workers."""
        return self._lane.workers

    @property
    def closed(self) -> bool:
        """Whether the lane is closed."""
        return self._closed

    def count_primes(
        self,
        limit: SupportsIndex,
        *,
        start: SupportsIndex = 0,
        algorithm: str = "auto",
        double_check: bool = False,
        memory: SupportsIndex | None = None,
        journal: AnyPath | None = None,
        progress: Callable[[Progress], object] | None = None,
        cancel: SupportsIsSet | None = None,
        timeout: float | None = None,
    ) -> int:
        """Count the primes from `start` to `limit`, both included, on the workers of this lane.

        Parameters and exceptions are those of the function `count_primes`. A lane that is closed raises `Error`.
        """
        check(progress, cancel, timeout)
        file = None if journal is None else os.fsdecode(journal)
        started = self._lane.count(limit, start, algorithm, double_check, memory, file, progress is not None)
        return finish(started, progress, cancel, timeout)

    def nth_prime(
        self,
        n: SupportsIndex,
        *,
        progress: Callable[[Progress], object] | None = None,
        cancel: SupportsIsSet | None = None,
        timeout: float | None = None,
    ) -> int:
        """Return the nth prime, with the workers of this lane.

        Parameters and exceptions are those of the function `nth_prime`. A lane that is closed raises `Error`.
        """
        check(progress, cancel, timeout)
        started = self._lane.nth_prime(n, progress is not None)
        return finish(started, progress, cancel, timeout, SEARCH)

    def array(
        self,
        stop: SupportsIndex,
        start: SupportsIndex = 0,
        *,
        cancel: SupportsIsSet | None = None,
        timeout: float | None = None,
    ) -> memoryview:
        """Return the primes from `start` to `stop`, both included, in an array that the workers of this lane fill.

        Parameters and exceptions are those of the function `array`. A lane that is closed raises `Error`.
        """
        check(None, cancel, timeout)
        return finish_array(self._lane.list_primes(stop, start), cancel, timeout)

    def close(self) -> None:
        """Close the lane and end its workers. Counts that other threads have started go on, and keep their workers."""
        self._closed = True
        closing = self._lane.close()
        if closing is not None and not is_finalizing():
            wait(closing)

    def __enter__(self: L) -> L:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self._closed else ""
        return f"<primelanes.{type(self).__name__} with {self.workers} worker{'s' * (self.workers > 1)}{state}>"


class SingleThread(Lane):
    """A lane that counts on one thread."""

    def __init__(self) -> None:
        super().__init__("single-thread", None)


class ScopedThreads(Lane):
    """A lane that starts threads for each count, by default one per core."""

    def __init__(self, workers: SupportsIndex | None = None) -> None:
        super().__init__("scoped-threads", workers)


class Rayon(Lane):
    """A lane with a pool of threads, by default one per core."""

    def __init__(self, workers: SupportsIndex | None = None) -> None:
        super().__init__("rayon", workers)


class GlobalLock(Lane):
    """A lane with threads of which only one runs at a time, as in CPython. The lock is not that of the interpreter."""

    def __init__(self, workers: SupportsIndex | None = None) -> None:
        super().__init__("global-lock", workers)


class Processes(Lane):
    """A lane with worker processes, by default one per core.

    `python` is the interpreter that runs as a worker, by default `sys.executable`. Name one if your program is frozen
    or embeds Python, because then `sys.executable` is the program itself. Any CPython works that can import this build
    of primelanes. A worker that sends nothing for `timeout` seconds is replaced; the default is 2.
    """

    def __init__(
        self, workers: SupportsIndex | None = None, *, python: AnyPath | None = None, timeout: float | None = None
    ) -> None:
        check(None, None, timeout)
        super().__init__("processes", workers, worker_command(python), None if timeout is None else seconds(timeout))
