"""The experiment: the same count several times, one after the other or at once.

In Python, counts at once run in threads, in processes or in interpreters. In the extension, they run in threads. With a
lock, these hold it or release it. Without one, they stay attached to the interpreter or detach from it.
"""

from __future__ import annotations

import gc
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from statistics import median
from typing import NamedTuple

from primelanes import _pools, _pure_python, count_primes, count_primes_holding_gil
from primelanes._ticker import Ticker

Count = Callable[[int], int]

_released = partial(count_primes, algorithm="trial-division", backend="single-thread")
_held = partial(count_primes_holding_gil, algorithm="trial-division")


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
    tick: Callable[[], object] = lambda: None
    """What the ticker does at each tick."""


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
    locked: bool
    """Whether the interpreter ran with a lock."""
    results: list[Result]
    pool_seconds: float
    """The time that the processes took to start."""
    interpreter_seconds: float | None
    """The time that the interpreters took to start, if there were any."""

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
    # Python before 3.13 always has a lock, and cannot be asked. A free-threaded interpreter turns its lock on when it
    # imports an extension that needs it. By now, all extensions are imported.
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    with _pools.processes(settings.tasks) as processes, _pools.interpreters(settings.tasks) as interpreters:
        lanes = _lanes(settings, locked, processes, interpreters)
        results = _measure(lanes, settings.rounds, show_status)
        start_seconds = interpreters.start_seconds if interpreters else None
        return Outcome(settings, locked, results, processes.start_seconds, start_seconds)


def call_lanes(locked: bool) -> tuple[str, str]:
    """Return the names of two lanes: during a call, other Python threads have to wait, or run."""
    return ("extension-held", "extension-released") if locked else ("extension-attached", "extension-detached")


def _measure(lanes: list[Lane], rounds: int, show_status: Callable[[str], object]) -> list[Result]:
    counts: dict[str, list[int]] = {lane.name: [] for lane in lanes}
    seconds: dict[str, list[float]] = {lane.name: [] for lane in lanes}
    for done in range(rounds):
        for lane in random.sample(lanes, len(lanes)):
            show_status(f"round {done + 1} of {rounds}: {lane.name}")
            clock = time.perf_counter()
            counts[lane.name] += lane.run()
            seconds[lane.name].append(time.perf_counter() - clock)
    results = []
    for lane in lanes:
        show_status(f"with a ticker: {lane.name}")
        with Ticker(lane.tick) as ticker:
            counts[lane.name] += lane.run()
        # The counts are compared with those of another algorithm in another language.
        expected = count_primes(lane.limit, algorithm="sieve")
        measured = (counts[lane.name], seconds[lane.name], ticker.stall)
        results.append(Result(lane.name, lane.baseline, lane.limit, expected, *measured))
    return results


def _lanes(
    settings: Settings, locked: bool, processes: _pools.Workers, interpreters: _pools.Workers | None
) -> list[Lane]:
    def python(name: str, count: Callable[[list[int]], list[int]]) -> Lane:
        limits = [settings.limit] * settings.tasks
        return Lane(f"python-{name}", "python-sequential", settings.limit, partial(count, limits))

    def extension(name: str, count: Callable[[list[int]], list[int]]) -> Lane:
        limits = [settings.native_limit] * settings.tasks
        lane = Lane(name, "extension-sequential", settings.native_limit, partial(count, limits))
        # Without a lock, other threads run beside a call that stays attached. But the garbage collector has to pause
        # them all, and waits for the call.
        return lane if locked else lane._replace(tick=gc.collect)

    attached, detached = call_lanes(locked)
    return [
        python("sequential", partial(_sequential, _pure_python.count_primes)),
        python("threads", partial(_threads, _pure_python.count_primes)),
        python("processes", processes.run),
        *([python("interpreters", interpreters.run)] if interpreters else []),
        extension("extension-sequential", partial(_sequential, _released)),
        extension(attached, partial(_threads, _held)),
        extension(detached, partial(_threads, _released)),
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
