"""Measures what each way out of the lock costs: its start-up, the overhead of a task, and memory. Needs Linux.

Start-up is the time until one worker has finished its first empty task. The overhead of a task is the round trip of an
empty one. Memory is what one worker adds and shares with no other process. The figures are medians.
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
    """Do nothing: the empty task."""


def seconds(work: Callable[[], object]) -> float:
    """Return how long the call takes."""
    clock = time.perf_counter()
    work()
    return time.perf_counter() - clock


def private_memory(process: int) -> int:
    """Return how many bytes of memory the process shares with no other."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def executor(make: Callable[[], Executor]) -> tuple[float, float]:
    """Return the start-up time of an executor with one worker, and the overhead of a task in it."""

    def start() -> None:
        with make() as workers:
            began = time.perf_counter()
            workers.submit(nothing).result()
            starts.append(time.perf_counter() - began)

    starts: list[float] = []
    for _ in range(STARTS):
        start()
    with make() as workers:
        tasks = [seconds(lambda: workers.submit(nothing).result()) for _ in range(TASKS)]
    return median(starts), median(tasks)


def threads() -> tuple[float, float, int]:
    start, task = executor(lambda: ThreadPoolExecutor(1))
    return start, task, memory_of_threads(lambda started, stop: (started(), stop.wait()))


def memory_of_threads(work: Callable[[Callable[[], object], threading.Event], object]) -> int:
    """Return the memory of one thread. It runs ``work``, which calls its first argument and then awaits the event."""
    gc.collect()
    before = private_memory(os.getpid())
    started, stop = threading.Barrier(THREADS + 1), threading.Event()
    threads = [threading.Thread(target=work, args=(started.wait, stop)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    started.wait()
    added = private_memory(os.getpid()) - before
    stop.set()
    for thread in threads:
        thread.join()
    return added // THREADS


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
    """Measure ``backend="processes"``. Each count starts its own pool, so an empty count takes the start-up time."""
    starts = [seconds(lambda: primelanes.count_primes(0, backend="processes", workers=1)) for _ in range(STARTS)]
    memory: list[int] = []

    def measure(_: primelanes.Progress) -> None:
        tasks = Path("/proc/self/task").glob("*/children")
        memory.extend(private_memory(int(child)) for task in tasks for child in task.read_text().split())

    primelanes.count_primes(3_000_000, algorithm="trial-division", backend="processes", workers=1, progress=measure)
    return median(starts), None, int(median(memory))


class Stopped(Exception):
    """The count is not needed any more."""


def count_until(started: Callable[[], object], stop: threading.Event) -> None:
    """Call ``started`` once the count is running, and count in one thread until the event is set."""
    reports = 0

    def check(_: primelanes.Progress) -> None:
        nonlocal reports
        reports += 1
        if reports == 2:
            started()
        if stop.is_set():
            raise Stopped

    with suppress(Stopped):
        # Unlike a sieve, trial division has no tables. Only the memory of the thread is to be measured.
        primelanes.count_primes(10**15, algorithm="trial-division", backend="single-thread", progress=check)


def extension() -> tuple[float, float, int]:
    """Measure counts that release the lock: a start is a count with its own thread, a task is one without."""

    def start() -> None:
        # The lowest limit that makes the extension count on another thread.
        primelanes.count_primes(262_143, start=262_143, algorithm="sieve", backend="single-thread")

    starts = [seconds(start) for _ in range(TASKS)]
    tasks = [seconds(lambda: primelanes.count_primes(10)) for _ in range(TASKS)]
    return median(starts), median(tasks), memory_of_threads(count_until)


def interpreters() -> tuple[float, float, int]:
    from concurrent.futures import InterpreterPoolExecutor

    start, task = executor(lambda: InterpreterPoolExecutor(1))
    gc.collect()
    before = private_memory(os.getpid())
    executors = [InterpreterPoolExecutor(1) for _ in range(8)]
    for each in executors:
        each.submit(nothing).result()
    added = private_memory(os.getpid()) - before
    for each in executors:
        each.shutdown()
    return start, task, added // len(executors)


def count_in_python(limit: int) -> int:
    """Count primes in pure Python. The function uses no global name, so any interpreter can run it as it is."""
    count = 0
    for number in range(2, limit + 1):
        for divisor in range(2, int(number**0.5) + 1):
            if number % divisor == 0:
                break
        else:
            count += 1
    return count


def speed_up_of_interpreters() -> float:
    """Return how many times as fast two counts are in two interpreters as one after the other."""
    from concurrent.futures import InterpreterPoolExecutor

    limits = [400_000] * 2
    with InterpreterPoolExecutor(2) as workers:
        list(workers.map(count_in_python, [10, 10]))
        sequential, parallel = [], []
        for _ in range(5):
            sequential.append(seconds(lambda: [count_in_python(limit) for limit in limits]))
            parallel.append(seconds(lambda: list(workers.map(count_in_python, limits))))
    return median(sequential) / median(parallel)


def main() -> None:
    ways: dict[str, Callable[[], tuple[float, float | None, int]]] = {
        "threads": threads,
        "multiprocessing.Pool, fork": lambda: pool("fork"),
        "multiprocessing.Pool, spawn": lambda: pool("spawn"),
        'backend="processes"': worker_processes,
        "extension, lock released": extension,
    }
    if sys.version_info >= (3, 14):
        ways["interpreters"] = interpreters
    print(f"CPython {platform.python_version()}")
    print(f"{'way':<28} {'start-up':>12} {'per task':>12} {'per worker':>12}")
    for name, measure in ways.items():
        start, task, memory = measure()
        overhead = "" if task is None else f"{task * 1e6:.1f} us"
        print(f"{name:<28} {start * 1e6:>9.0f} us {overhead:>12} {memory / 1024:>8.0f} KiB")
    if sys.version_info >= (3, 14):
        print(f"two counts in Python ran {speed_up_of_interpreters():.2f} times as fast in two interpreters")


if __name__ == "__main__":
    main()
