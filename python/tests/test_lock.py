"""The lock is released for as long as a count takes, or held for just as long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

import primelanes
from primelanes._ticker import Ticker
from support import eventually, threads

LIMIT = 2_000_000
"""Trial division takes some 0.3 s up to here."""


@pytest.fixture
def no_switches() -> Iterator[None]:
    """The lock changes hands only where it is given up, not by the clock."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("backend", primelanes.backends())
def test_others_run_while_it_is_released(no_switches: None, backend: str) -> None:
    with Ticker() as ticker:
        before = ticker.ticks
        assert primelanes.count_primes(LIMIT, algorithm="trial-division", backend=backend) == 148_933
        assert ticker.ticks > before + 10


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="there is no lock to hold")
def test_nobody_runs_while_it_is_held(no_switches: None) -> None:
    with Ticker() as ticker:
        before = ticker.ticks
        assert primelanes.count_primes_holding_gil(LIMIT, algorithm="trial-division") == 148_933
        assert ticker.ticks == before


def test_two_counts_are_under_way_at_once() -> None:
    both = threading.Barrier(2)
    met: set[int] = set()

    def meet(_: primelanes.Progress) -> None:
        # Only if both counts are under way do both come here for the first time.
        if threading.get_ident() not in met:
            both.wait(timeout=60)
            met.add(threading.get_ident())

    def count() -> None:
        primelanes.count_primes(LIMIT, algorithm="trial-division", backend="single-thread", progress=meet)

    team = [threading.Thread(target=count) for _ in range(2)]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join()
    assert len(met) == 2


@pytest.mark.parametrize("backend", primelanes.backends())
def test_no_thread_is_left_behind(backend: str) -> None:
    before = threads()
    primelanes.count_primes(10**7, backend=backend)
    assert eventually(lambda: threads() <= before)
