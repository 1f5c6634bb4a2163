"""A count ends with ``cancel``, with ``timeout``, and with the task that waits for it."""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import primelanes
from support import eventually, python, threads, workers

ENDLESS: dict[str, Any] = {"limit": 10**18, "algorithm": "sieve"}


@pytest.fixture
def event() -> Iterator[threading.Event]:
    """An event that is set after a moment."""
    event = threading.Event()
    timer = threading.Timer(0.2, event.set)
    timer.start()
    yield event
    timer.join()


@pytest.mark.parametrize("backend", primelanes.backends())
@pytest.mark.parametrize("algorithm", ["sieve", "trial-division", "combinatorial"])
def test_an_event_cancels_a_count(event: threading.Event, backend: str, algorithm: str) -> None:
    before = threads()
    clock = time.monotonic()
    with pytest.raises(primelanes.Cancelled, match=r"^cancelled$"):
        primelanes.count_primes(10**18, algorithm=algorithm, backend=backend, cancel=event)
    assert 0.15 < time.monotonic() - clock < 5
    assert eventually(lambda: threads() <= before and not workers())


def test_an_event_that_is_set_cancels_every_count() -> None:
    event = threading.Event()
    assert primelanes.count_primes(10, cancel=event) == 4
    event.set()
    for limit in (10, 10**18):
        with pytest.raises(primelanes.Error, match=r"^cancelled$"):
            primelanes.count_primes(limit, cancel=event)


def test_an_exception_in_is_set_ends_the_count() -> None:
    class Broken:
        calls = 0

        def is_set(self) -> bool:
            self.calls += 1
            if self.calls > 2:
                raise LookupError("not today")
            return False

    with pytest.raises(LookupError, match="not today"):
        primelanes.count_primes(**ENDLESS, cancel=Broken())


@pytest.mark.parametrize("cancel", [1, "event", threading.Lock()])
def test_a_cancel_without_is_set_is_refused(cancel: Any) -> None:
    message = f"cancel must have a method is_set, like a threading.Event, but '{type(cancel).__name__}' has none"
    with pytest.raises(TypeError, match=message):
        primelanes.count_primes(10, cancel=cancel)


@pytest.mark.parametrize("timeout", [0, 0.2, decimal.Decimal("0.2"), fractions.Fraction(1, 5)])
@pytest.mark.parametrize("backend", ["auto", "processes"])
def test_a_count_ends_at_its_timeout(timeout: Any, backend: str) -> None:
    clock = time.monotonic()
    with pytest.raises(TimeoutError, match=f"the count did not end within {timeout} seconds"):
        primelanes.count_primes(**ENDLESS, backend=backend, timeout=timeout)
    assert timeout <= time.monotonic() - clock < 5
    assert eventually(lambda: not workers())


@pytest.mark.parametrize("timeout", [60, 1e308, 10**400])
def test_a_long_timeout_ends_no_count(timeout: float) -> None:
    assert primelanes.count_primes(10, timeout=timeout) == 4
    assert primelanes.count_primes(10**7, timeout=timeout) == 664_579
    with primelanes.Processes(1, timeout=timeout) as lane:
        assert lane.count_primes(10**7) == 664_579


@pytest.mark.parametrize(
    ("timeout", "exception", "message"),
    [
        (-1, ValueError, "timeout must be a finite number of seconds from 0 on, not -1"),
        (math.inf, ValueError, "timeout must be a finite number of seconds from 0 on, not inf"),
        (math.nan, ValueError, "timeout must be a finite number of seconds from 0 on, not nan"),
        (decimal.Decimal("nan"), ValueError, "timeout must be a finite number of seconds from 0 on, not NaN"),
        ("1", TypeError, "timeout must be a number of seconds, not 'str'"),
        (datetime.timedelta(1), TypeError, "timeout must be a number of seconds, not 'timedelta'"),
        (1j, TypeError, "timeout must be a number of seconds, not 'complex'"),
    ],
)
def test_an_invalid_timeout_is_refused(timeout: Any, exception: type[Exception], message: str) -> None:
    with pytest.raises(exception, match=f"^{message}$"):
        primelanes.count_primes(10, timeout=timeout)
    with pytest.raises(exception, match=f"^{message}$"):
        primelanes.Processes(1, timeout=timeout)


def test_a_cancelled_task_ends_its_count() -> None:
    # Without `cancel`, the event loop would wait for the thread forever.
    script = """
import asyncio, threading, time
import primelanes

async def count(limit):
    stop = threading.Event()
    try:
        return await asyncio.to_thread(primelanes.count_primes, limit, algorithm="sieve", cancel=stop)
    finally:
        stop.set()

async def main():
    print(await count(10**6))
    try:
        await asyncio.wait_for(count(10**18), timeout=0.2)
    except asyncio.TimeoutError:
        print("timed out")
    tasks = [asyncio.create_task(count(10**18)) for _ in range(3)]
    await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    print({type(outcome).__name__ for outcome in await asyncio.gather(*tasks, return_exceptions=True)})

clock = time.monotonic()
asyncio.run(main())
assert time.monotonic() - clock < 10
"""
    assert python("-c", script).stdout == "78498\ntimed out\n{'CancelledError'}\n"


def test_ctrl_c_ends_the_counts_of_an_executor() -> None:
    script = """
import os, signal, threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
import primelanes

stop = threading.Event()
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    with ThreadPoolExecutor() as executor:
        try:
            count = partial(primelanes.count_primes, algorithm="sieve", cancel=stop)
            list(executor.map(count, [10**18] * 2))
        finally:
            stop.set()
except KeyboardInterrupt:
    print("interrupted")
"""
    assert python("-c", script).stdout == "interrupted\n"
