"""The workers that the experiment starts once: processes and interpreters, which count in plain Python."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import Pool
from typing import NamedTuple

from primelanes import _pure_python

PARENT_CHECK_INTERVAL = 0.2
"""Seconds between two checks of a worker that its parent process still runs."""


class Workers(NamedTuple):
    """Workers that are ready to count."""

    run: Callable[[list[int]], list[int]]
    """Counts the primes up to each limit, all at once."""
    start_seconds: float
    """The time that the workers took to start."""


@contextmanager
def processes(number: int) -> Iterator[Workers]:
    """Start a pool of processes. This must come before any thread: a process that has threads must not be forked."""
    clock = time.perf_counter()
    with _pool(number) as pool:
        yield _started(partial(pool.map, _pure_python.count_primes, chunksize=1), number, clock)


@contextmanager
def interpreters(number: int) -> Iterator[Workers | None]:
    """Start a pool of interpreters, each with its own lock. Python has none before version 3.14."""
    if sys.version_info >= (3, 14):
        from concurrent.futures import InterpreterPoolExecutor

        # They cannot import this package, so they run the one file of it that counts.
        count = f"__import__('runpy').run_path({_pure_python.__file__!r})['count_primes']"
        clock = time.perf_counter()
        pool = InterpreterPoolExecutor(number)
        try:
            _wait_for_all(pool, number)
            yield _started(lambda limits: list(pool.map(eval, [f"{count}({n})" for n in limits])), number, clock)
        finally:
            # After Ctrl-C, this does not wait for counts, which cannot be interrupted.
            pool.shutdown(wait=False, cancel_futures=True)
    else:
        yield None


def _wait_for_all(pool: Executor, number: int) -> None:
    """Wait until every interpreter has answered. One that has started may answer for others that have not."""
    who = "(__import__('time').sleep(0.01), __import__('_interpreters').get_current())[1]"
    ready: set[object] = set()
    while len(ready) < number:
        ready.update(pool.map(eval, [who] * number))


def _started(count: Callable[[list[int]], list[int]], number: int, clock: float) -> Workers:
    """Return the workers once each has had something to count."""
    count([10] * number)
    return Workers(count, time.perf_counter() - clock)


def _pool(workers: int) -> Pool:
    """Return a pool whose workers never see Ctrl-C, so that only this process handles it."""
    if sys.platform == "win32":
        return multiprocessing.Pool(workers, initializer=_end_with_parent)
    # The workers inherit the mask. If the signal arrives in the meantime, this process receives it afterwards.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return multiprocessing.Pool(workers, initializer=_end_with_parent)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _end_with_parent() -> None:
    """Make this process end with its parent, even if the parent is killed. The pool does not end a busy worker."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_CHECK_INTERVAL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
