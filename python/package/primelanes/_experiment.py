"""The article's experiment: the same count twice, one after the other, in threads, in processes; in Python and in an
extension that holds the lock, or releases it."""

from __future__ import annotations

import multiprocessing
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

from primelanes import _article, count_primes, count_primes_holding_gil
from primelanes._ticker import Ticker

Count = Callable[[int], int]

_released = partial(count_primes, algorithm="trial-division", backend="single-thread")
_held = partial(count_primes_holding_gil, algorithm="trial-division")


class Setting(NamedTuple):
    """What is counted, and how often."""

    limit: int
    """The last number that counts, in Python."""
    native_limit: int
    """The last number that counts, in the extension, which is faster."""
    tasks: int
    """How many counts there are in a lane."""
    rounds: int
    """How often each lane runs for its time."""


class Lane(NamedTuple):
    """A way to run the counts."""

    name: str
    baseline: str
    """The lane that it is measured against."""
    limit: int
    run: Callable[[], list[int]]


class Result(NamedTuple):
    """What was seen of a lane."""

    lane: str
    baseline: str
    limit: int
    expected: int
    counts: list[int]
    """Of all its runs."""
    seconds: list[float]
    """Of each round."""
    stall: float
    """The longest time between two ticks of a 1 ms ticker that ran beside it, once, in seconds."""

    @property
    def right(self) -> bool:
        """Whether all counts are."""
        return all(count == self.expected for count in self.counts)


class Outcome(NamedTuple):
    """What the experiment gave."""

    setting: Setting
    results: list[Result]
    pool_seconds: float
    """How long the processes took to start."""

    def speed_up(self, lane: str) -> float:
        """How many times as fast as its baseline, by medians."""
        results = {result.lane: result for result in self.results}
        result = results[lane]
        return median(results[result.baseline].seconds) / median(result.seconds)

    @property
    def right(self) -> bool:
        """Whether every count of every lane is."""
        return all(result.right for result in self.results)


def run(setting: Setting, note: Callable[[str], object] = lambda _: None) -> Outcome:
    """Runs every lane in every round, in an order shuffled anew, and once more beside a ticker."""
    clock = time.perf_counter()
    # Before any thread is started: a process that has some is not to be forked.
    with _pool(setting.tasks) as pool:
        pool.map(_article.count_primes, [10] * setting.tasks, chunksize=1)
        pool_seconds = time.perf_counter() - clock
        lanes = _lanes(setting, partial(pool.map, chunksize=1))
        counts: dict[str, list[int]] = {lane.name: [] for lane in lanes}
        seconds: dict[str, list[float]] = {lane.name: [] for lane in lanes}
        for done in range(setting.rounds):
            for lane in random.sample(lanes, len(lanes)):
                note(f"round {done + 1} of {setting.rounds}: {lane.name}")
                clock = time.perf_counter()
                counts[lane.name] += lane.run()
                seconds[lane.name].append(time.perf_counter() - clock)
        results = []
        for lane in lanes:
            note(f"beside a ticker: {lane.name}")
            with Ticker() as ticker:
                counts[lane.name] += lane.run()
            # Another algorithm, in another language: what the counts are held against.
            expected = count_primes(lane.limit, algorithm="sieve")
            seen = (counts[lane.name], seconds[lane.name], ticker.stall)
            results.append(Result(lane.name, lane.baseline, lane.limit, expected, *seen))
    return Outcome(setting, results, pool_seconds)


def _pool(workers: int) -> Pool:
    """A pool whose workers leave Ctrl-C to this process, from the first."""
    heeded = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return multiprocessing.Pool(workers)
    finally:
        signal.signal(signal.SIGINT, heeded)


def _lanes(setting: Setting, pool_map: Callable[[Count, list[int]], list[int]]) -> list[Lane]:
    def lane(
        name: str, baseline: str, limit: int, count: Count, mapped: Callable[[Count, list[int]], list[int]]
    ) -> Lane:
        return Lane(name, baseline, limit, partial(mapped, count, [limit] * setting.tasks))

    python, native = setting.limit, setting.native_limit
    return [
        lane("python-sequential", "python-sequential", python, _article.count_primes, _sequential),
        lane("python-threads", "python-sequential", python, _article.count_primes, _threads),
        lane("python-processes", "python-sequential", python, _article.count_primes, pool_map),
        lane("extension-sequential", "extension-sequential", native, _released, _sequential),
        lane("extension-held", "extension-sequential", native, _held, _threads),
        lane("extension-released", "extension-sequential", native, _released, _threads),
    ]


def _sequential(count: Count, limits: list[int]) -> list[int]:
    return [count(limit) for limit in limits]


def _threads(count: Count, limits: list[int]) -> list[int]:
    counts: list[Future[int]] = [Future() for _ in limits]

    def work(limit: int, answer: Future[int]) -> None:
        try:
            answer.set_result(count(limit))
        except BaseException as raised:
            answer.set_exception(raised)

    # Daemons, unlike those of an executor, so that Ctrl-C need not wait for them.
    for task in zip(limits, counts):
        threading.Thread(target=work, args=task, daemon=True).start()
    return [answer.result() for answer in counts]
