"""The lock is released, or held, for the whole of a count."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

import primelanes
from primelanes._ticker import Ticker
from support import eventually, threads

LIMIT = 2_000_000
"""Trial division up to here takes about 0.3 s."""


@pytest.fixture
def no_switches() -> Iterator[None]:
    """Disable the switch interval, so that the lock changes hands only when a thread releases it."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("backend", primelanes.backends())
def test_other_threads_run_while_the_lock_is_released(no_switches: None, backend: str) -> None:
    with Ticker() as ticker:
        before = ticker.ticks
        assert primelanes.count_primes(LIMIT, algorithm="trial-division", backend=backend) == 148_933
        assert ticker.ticks > before + 10


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="there is no lock to hold")
def test_no_other_thread_runs_while_the_lock_is_held(no_switches: None) -> None:
    with Ticker() as ticker:
        before = ticker.ticks
        assert primelanes.count_primes_holding_gil(LIMIT, algorithm="trial-division") == 148_933
        assert ticker.ticks == before


def test_two_counts_run_at_once() -> None:
    barrier = threading.Barrier(2)
    met: set[int] = set()

    def meet(_: primelanes.Progress) -> None:
        # The barrier opens only if both counts are running.
        if threading.get_ident() not in met:
            barrier.wait(timeout=60)
            met.add(threading.get_ident())

    def count() -> None:
        primelanes.count_primes(LIMIT, algorithm="trial-division", backend="single-thread", progress=meet)

    counting = [threading.Thread(target=count) for _ in range(2)]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()
    assert len(met) == 2


@pytest.mark.parametrize("backend", primelanes.backends())
def test_no_thread_is_left_behind(backend: str) -> None:
    before = threads()
    primelanes.count_primes(10**7, backend=backend)
    assert eventually(lambda: threads() <= before)
