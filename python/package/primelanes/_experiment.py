"""The experiment: the same count several times, one after the other or at once.

In Python, counts at once run in threads or in processes. In the extension, they run in threads that hold the lock or
release it.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from multiprocessing.pool import Pool
from statistics import median
from typing import NamedTuple

from primelanes import _pure_python, count_primes, count_primes_holding_gil
from primelanes._ticker import Ticker

Count = Callable[[int], int]

_released = partial(count_primes, algorithm="trial-division", backend="single-thread")
_held = partial(count_primes_holding_gil, algorithm="trial-division")


PARENT_CHECK_INTERVAL = 0.2
"""Seconds between two checks of a worker that its parent process still runs."""


class Settings(NamedTuple):
    """What is counted, and how often."""

    limit: int
    """Python counts the primes up to here."""
    native_limit: int
    """The extension, which is faster, counts the primes up to here."""
    tasks: int
    """The number of counts in one run of a lane."""
    rounds: int
    """The number of timed runs of each lane."""


class Lane(NamedTuple):
    """A way to run the counts."""

    name: str
    baseline: str
    """The name of the lane that its speed is compared with."""
    limit: int
    run: Callable[[], list[int]]


class Result(NamedTuple):
    """The measurements of one lane."""

    lane: str
    baseline: str
    limit: int
    expected: int
    counts: list[int]
    """The counts of all runs."""
    seconds: list[float]
    """The time of each round."""
    stall: float
    """The longest time between two ticks of a 1 ms ticker during one more run, in seconds."""

    @property
    def correct(self) -> bool:
        """Whether all counts are right."""
        return all(count == self.expected for count in self.counts)


class Outcome(NamedTuple):
    """The result of the experiment."""

    settings: Settings
    results: list[Result]
    pool_seconds: float
    """The time that the processes took to start."""

    def speed_up(self, lane: str) -> float:
        """Return how many times as fast as its baseline a lane is, by medians."""
        results = {result.lane: result for result in self.results}
        result = results[lane]
        return median(results[result.baseline].seconds) / median(result.seconds)

    @property
    def correct(self) -> bool:
        """Whether all counts of all lanes are right."""
        return all(result.correct for result in self.results)


def run(settings: Settings, show_status: Callable[[str], object] = lambda _: None) -> Outcome:
    """Run each lane once per round, in random order, and then once more while a ticker runs."""
    clock = time.perf_counter()
    # The pool comes before any thread, because a process that has threads must not be forked.
    with _pool(settings.tasks) as pool:
        pool.map(_pure_python.count_primes, [10] * settings.tasks, chunksize=1)
        pool_seconds = time.perf_counter() - clock
        lanes = _lanes(settings, partial(pool.map, chunksize=1))
        counts: dict[str, list[int]] = {lane.name: [] for lane in lanes}
        seconds: dict[str, list[float]] = {lane.name: [] for lane in lanes}
        for done in range(settings.rounds):
            for lane in random.sample(lanes, len(lanes)):
                show_status(f"round {done + 1} of {settings.rounds}: {lane.name}")
                clock = time.perf_counter()
                counts[lane.name] += lane.run()
                seconds[lane.name].append(time.perf_counter() - clock)
        results = []
        for lane in lanes:
            show_status(f"with a ticker: {lane.name}")
            with Ticker() as ticker:
                counts[lane.name] += lane.run()
            # The counts are compared with those of another algorithm in another language.
            expected = count_primes(lane.limit, algorithm="sieve")
            measured = (counts[lane.name], seconds[lane.name], ticker.stall)
            results.append(Result(lane.name, lane.baseline, lane.limit, expected, *measured))
    return Outcome(settings, results, pool_seconds)


def _pool(workers: int) -> Pool:
    """Return a pool whose workers ignore Ctrl-C from their first moment, so that only this process handles it."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return multiprocessing.Pool(workers, initializer=_end_with_parent)
    finally:
        signal.signal(signal.SIGINT, handler)


def _end_with_parent() -> None:
    """Make this process end with its parent, even if the parent is killed. The pool does not end a busy worker."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_INTERVAL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _lanes(settings: Settings, pool_map: Callable[[Count, list[int]], list[int]]) -> list[Lane]:
    def lane(
        name: str, baseline: str, limit: int, count: Count, mapped: Callable[[Count, list[int]], list[int]]
    ) -> Lane:
        return Lane(name, baseline, limit, partial(mapped, count, [limit] * settings.tasks))

    python, native = settings.limit, settings.native_limit
    return [
        lane("python-sequential", "python-sequential", python, _pure_python.count_primes, _sequential),
        lane("python-threads", "python-sequential", python, _pure_python.count_primes, _threads),
        lane("python-processes", "python-sequential", python, _pure_python.count_primes, pool_map),
        lane("extension-sequential", "extension-sequential", native, _released, _sequential),
        lane("extension-held", "extension-sequential", native, _held, _threads),
        lane("extension-released", "extension-sequential", native, _released, _threads),
    ]


def _sequential(count: Count, limits: list[int]) -> list[int]:
    return [count(limit) for limit in limits]


def _threads(count: Count, limits: list[int]) -> list[int]:
    futures: list[Future[int]] = [Future() for _ in limits]

    def work(limit: int, future: Future[int]) -> None:
        try:
            future.set_result(count(limit))
        except BaseException as error:
            future.set_exception(error)

    # Unlike the threads of an executor, these are daemons, so Ctrl-C does not wait for them.
    for task in zip(limits, futures):
        threading.Thread(target=work, args=task, daemon=True).start()
    return [future.result() for future in futures]
