"""What does each way out of the lock cost? To start it, for a task, and in memory for a worker; on Linux.

Start-up is until the first empty task is done, of one worker. The cost of a task is an empty one's, there and back.
Memory is what a worker has that it shares with no other process. Figures are medians.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import platform
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import median

import primelanes

STARTS, TASKS, THREADS = 21, 2_000, 16


def nothing() -> None:
    """The empty task."""


def seconds(work: Callable[[], object]) -> float:
    clock = time.perf_counter()
    work()
    return time.perf_counter() - clock


def private_memory(process: int) -> int:
    """Bytes that no other process has."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def executor(make: Callable[[], Executor]) -> tuple[float, float]:
    """Start-up of an executor of one worker, and the cost of a task there."""

    def start() -> None:
        with make() as team:
            began = time.perf_counter()
            team.submit(nothing).result()
            starts.append(time.perf_counter() - began)

    starts: list[float] = []
    for _ in range(STARTS):
        start()
    with make() as team:
        tasks = [seconds(lambda: team.submit(nothing).result()) for _ in range(TASKS)]
    return median(starts), median(tasks)


def threads() -> tuple[float, float, int]:
    start, task = executor(lambda: ThreadPoolExecutor(1))
    return start, task, memory_of_threads(lambda begun, end: (begun(), end.wait()))


def memory_of_threads(work: Callable[[Callable[[], object], threading.Event], object]) -> int:
    """Of one of many that say when they have begun, and go on until the end."""
    gc.collect()
    before = private_memory(os.getpid())
    begun, end = threading.Barrier(THREADS + 1), threading.Event()
    team = [threading.Thread(target=work, args=(begun.wait, end)) for _ in range(THREADS)]
    for thread in team:
        thread.start()
    begun.wait()
    grown = private_memory(os.getpid()) - before
    end.set()
    for thread in team:
        thread.join()
    return grown // THREADS


def pool(method: str) -> tuple[float, float, int]:
    context = multiprocessing.get_context(method)
    starts = []
    for _ in range(STARTS):
        began = time.perf_counter()
        with context.Pool(1) as workers:
            workers.apply(nothing)
            starts.append(time.perf_counter() - began)
    with context.Pool(1) as workers:
        tasks = [seconds(lambda: workers.apply(nothing)) for _ in range(TASKS)]
        return median(starts), median(tasks), private_memory(workers.apply(os.getpid))


def worker_processes() -> tuple[float, None, int]:
    """Of ``backend="processes"``: there is a pool for a count, and an empty count is its start."""
    starts = [seconds(lambda: primelanes.count_primes(0, backend="processes", workers=1)) for _ in range(STARTS)]
    grown: list[int] = []

    def look(_: primelanes.Progress) -> None:
        tasks = Path("/proc/self/task").glob("*/children")
        grown.extend(private_memory(int(child)) for task in tasks for child in task.read_text().split())

    primelanes.count_primes(3_000_000, algorithm="trial-division", backend="processes", workers=1, progress=look)
    return median(starts), None, int(median(grown))


class Enough(Exception):
    """A count has gone on for long enough."""


def count_until(begun: Callable[[], object], end: threading.Event) -> None:
    """Counts in one thread until the end."""
    told = 0

    def check(_: primelanes.Progress) -> None:
        nonlocal told
        told += 1
        if told == 2:
            begun()
        if end.is_set():
            raise Enough

    with suppress(Enough):
        # Without tables of its own, unlike a sieve: it is the memory of the thread that is asked for.
        primelanes.count_primes(10**15, algorithm="trial-division", backend="single-thread", progress=check)


def extension() -> tuple[float, float, int]:
    """A count that releases the lock, and one that is long enough for a thread of its own."""

    def start() -> None:
        # The least that is counted on a thread of its own.
        primelanes.count_primes(100_001, start=100_001, backend="single-thread")

    starts = [seconds(start) for _ in range(TASKS)]
    tasks = [seconds(lambda: primelanes.count_primes(10)) for _ in range(TASKS)]
    return median(starts), median(tasks), memory_of_threads(count_until)


def interpreters() -> tuple[float, float, int]:
    from concurrent.futures import InterpreterPoolExecutor

    start, task = executor(lambda: InterpreterPoolExecutor(1))
    gc.collect()
    before = private_memory(os.getpid())
    team = [InterpreterPoolExecutor(1) for _ in range(8)]
    for each in team:
        each.submit(nothing).result()
    grown = private_memory(os.getpid()) - before
    for each in team:
        each.shutdown()
    return start, task, grown // len(team)


def article(limit: int) -> int:
    """Counts primes in Python. It names nothing outside of itself, and so can be run by any interpreter as it is."""
    count = 0
    for number in range(2, limit + 1):
        for divisor in range(2, int(number**0.5) + 1):
            if number % divisor == 0:
                break
        else:
            count += 1
    return count


def speed_up_of_interpreters() -> float:
    """How many times as fast two counts are in two interpreters as one after the other."""
    from concurrent.futures import InterpreterPoolExecutor

    limits = [400_000] * 2
    with InterpreterPoolExecutor(2) as team:
        list(team.map(article, [10, 10]))
        rounds = [
            (seconds(lambda: [article(limit) for limit in limits]), seconds(lambda: list(team.map(article, limits))))
            for _ in range(5)
        ]
    return median(alone for alone, _ in rounds) / median(together for _, together in rounds)


def main() -> None:
    ways: dict[str, Callable[[], tuple[float, float | None, int]]] = {
        "threads": threads,
        "multiprocessing.Pool, fork": lambda: pool("fork"),
        "multiprocessing.Pool, spawn": lambda: pool("spawn"),
        'backend="processes"': worker_processes,
        "released extension": extension,
    }
    if sys.version_info >= (3, 14):
        ways["interpreters"] = interpreters
    print(f"CPython {platform.python_version()}")
    print(f"{'way':<28} {'start-up':>12} {'a task':>12} {'a worker':>12}")
    for name, measure in ways.items():
        start, task, memory = measure()
        spent = "" if task is None else f"{task * 1e6:.1f} us"
        print(f"{name:<28} {start * 1e6:>9.0f} us {spent:>12} {memory / 1024:>8.0f} KiB")
    if sys.version_info >= (3, 14):
        print(f"two counts in Python ran {speed_up_of_interpreters():.2f} times as fast in two interpreters")


if __name__ == "__main__":
    main()
