"""Progress is told where it was asked for, in order, to the end; what a callback raises ends the count."""

from __future__ import annotations

import threading
import time

import pytest

import primelanes
from support import eventually, threads, workers


@pytest.mark.parametrize("backend", primelanes.backends())
def test_it_grows_up_to_the_total(backend: str) -> None:
    told: list[primelanes.Progress] = []
    assert primelanes.count_primes(10**8, backend=backend, progress=told.append) == 5_761_455
    assert {progress.phase for progress in told} == {"sieve"}
    assert {type(progress) for progress in told} == {primelanes.Progress}
    done = [progress.done for progress in told]
    assert done == sorted(set(done))
    assert told[-1].done == told[-1].total == told[0].total


def test_it_is_told_in_the_thread_that_asked() -> None:
    told: set[int] = set()
    count = primelanes.count_primes(10**6, progress=lambda _: told.add(threading.get_ident()))
    assert (count, told) == (78_498, {threading.get_ident()})


def test_short_counts_tell_it_too() -> None:
    told: list[primelanes.Progress] = []
    assert primelanes.count_primes(100, progress=told.append) == 25
    assert told[-1].done == told[-1].total


def test_a_slow_callback_misses_some_but_not_the_last() -> None:
    told: list[primelanes.Progress] = []

    def slow(progress: primelanes.Progress) -> None:
        told.append(progress)
        time.sleep(0.15)

    primelanes.count_primes(5 * 10**8, backend="single-thread", progress=slow)
    assert told[-1].done == told[-1].total


@pytest.mark.parametrize("backend", primelanes.backends())
def test_what_it_raises_ends_the_count(backend: str) -> None:
    before = threads()
    calls = 0

    def enough(_: primelanes.Progress) -> None:
        nonlocal calls
        calls += 1
        raise StopIteration("enough")

    with pytest.raises(StopIteration, match="enough"):
        primelanes.count_primes(10**15, backend=backend, progress=enough)
    assert calls == 1
    assert eventually(lambda: threads() <= before and not workers())


def test_a_count_is_cancelled_from_another_thread() -> None:
    stop = threading.Event()

    class Cancelled(Exception):
        pass

    def check(_: primelanes.Progress) -> None:
        if stop.is_set():
            raise Cancelled

    raised: list[BaseException] = []

    def count() -> None:
        try:
            primelanes.count_primes(10**15, progress=check)
        except Cancelled as cancelled:
            raised.append(cancelled)

    thread = threading.Thread(target=count)
    thread.start()
    stop.set()
    thread.join()
    assert [type(reason) for reason in raised] == [Cancelled]


def test_a_callback_may_count_too() -> None:
    counts: list[int] = []
    primelanes.count_primes(10**6, progress=lambda _: counts.append(primelanes.count_primes(10**6)))
    assert set(counts) == {78_498}


def test_progress_is_a_plain_tuple() -> None:
    phase, done, total = primelanes.Progress("sieve", 1, 2)
    assert (phase, done, total) == ("sieve", 1, 2)
