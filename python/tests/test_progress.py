"""Progress is reported to the calling thread, in order and to the end. An exception in the callback ends the count."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest

import primelanes
from support import eventually, threads, workers


@pytest.mark.parametrize("backend", primelanes.backends())
def test_progress_grows_up_to_the_total(backend: str) -> None:
    reports: list[primelanes.Progress] = []
    count = primelanes.count_primes(10**8, algorithm="sieve", backend=backend, progress=reports.append)
    assert count == 5_761_455
    assert reports[-1].phase == "sieve"
    assert {progress.phase for progress in reports} <= {"set-up", "sieve"}
    assert {type(progress) for progress in reports} == {primelanes.Progress}
    done = [progress.done for progress in reports]
    assert done == sorted(done)
    assert reports[-1].done == reports[-1].total == reports[0].total


@pytest.mark.parametrize("backend", primelanes.backends())
def test_progress_of_several_phases_grows_once(backend: str) -> None:
    reports: list[primelanes.Progress] = []
    count = primelanes.count_primes(10**12, start=10**11, double_check=True, backend=backend, progress=reports.append)
    assert count == 33_489_857_205
    assert {progress.phase for progress in reports} <= {"set-up", "pi(x)", "parity"}
    done = [progress.done for progress in reports]
    assert done == sorted(done)
    assert {progress.total for progress in reports} == {done[-1]}


def test_the_callback_runs_in_the_calling_thread() -> None:
    callers: set[int] = set()
    count = primelanes.count_primes(10**6, progress=lambda _: callers.add(threading.get_ident()))
    assert (count, callers) == (78_498, {threading.get_ident()})


def test_short_counts_report_progress_too() -> None:
    reports: list[primelanes.Progress] = []
    assert primelanes.count_primes(100, progress=reports.append) == 25
    assert reports[-1].done == reports[-1].total


def test_a_slow_callback_misses_some_reports_but_not_the_last() -> None:
    reports: list[primelanes.Progress] = []

    def slow(progress: primelanes.Progress) -> None:
        reports.append(progress)
        time.sleep(0.15)

    primelanes.count_primes(5 * 10**8, algorithm="sieve", backend="single-thread", progress=slow)
    assert reports[-1].done == reports[-1].total


@pytest.mark.parametrize("backend", primelanes.backends())
def test_an_exception_in_the_callback_ends_the_count(backend: str) -> None:
    before = threads()
    calls = 0

    def stop(_: primelanes.Progress) -> None:
        nonlocal calls
        calls += 1
        raise StopIteration("enough")

    with pytest.raises(StopIteration, match="enough"):
        primelanes.count_primes(10**15, algorithm="sieve", backend=backend, progress=stop)
    assert calls == 1
    assert eventually(lambda: threads() <= before and not workers())


def test_a_long_tile_is_interrupted_at_once() -> None:
    # Each of these numbers takes up to two billion divisions.
    calls: list[float] = []

    def stop(_: primelanes.Progress) -> None:
        calls.append(time.monotonic())
        if len(calls) == 5:
            raise StopIteration

    start = time.monotonic()
    with pytest.raises(StopIteration):
        primelanes.count_primes(2**64 - 1, start=2**64 - 1000, algorithm="trial-division", progress=stop)
    assert time.monotonic() - start < 3


async def coroutine_function(_: primelanes.Progress) -> None: ...


def generator_function(_: primelanes.Progress) -> Iterator[None]:
    yield


async def async_generator_function(_: primelanes.Progress) -> AsyncIterator[None]:
    yield


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (coroutine_function, "a coroutine"),
        (partial(coroutine_function), "a coroutine"),
        (lambda progress: coroutine_function(progress), "a coroutine"),
        (generator_function, "a generator"),
        (async_generator_function, "an async generator"),
    ],
)
@pytest.mark.parametrize("limit", [100, 10**18])
def test_a_callback_that_never_runs_is_refused(function: Any, kind: str, limit: int) -> None:
    with pytest.raises(TypeError, match=f"^progress must be a plain function, not one that returns {kind}$"):
        primelanes.count_primes(limit, progress=function)
    gc.collect()


def test_another_thread_can_cancel_a_count() -> None:
    stop = threading.Event()

    class Cancelled(Exception):
        pass

    def check(_: primelanes.Progress) -> None:
        if stop.is_set():
            raise Cancelled

    raised: list[BaseException] = []

    def count() -> None:
        try:
            primelanes.count_primes(10**15, algorithm="sieve", progress=check)
        except Cancelled as cancelled:
            raised.append(cancelled)

    thread = threading.Thread(target=count)
    thread.start()
    stop.set()
    thread.join()
    assert [type(reason) for reason in raised] == [Cancelled]


def test_a_callback_can_count_too() -> None:
    counts: list[int] = []
    primelanes.count_primes(10**6, progress=lambda _: counts.append(primelanes.count_primes(10**6)))
    assert set(counts) == {78_498}


def test_progress_is_a_tuple() -> None:
    phase, done, total = primelanes.Progress("sieve", 1, 2)
    assert (phase, done, total) == ("sieve", 1, 2)
