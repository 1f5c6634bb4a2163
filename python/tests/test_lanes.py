"""Lanes that stay open between counts."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

import primelanes
from support import eventually, python, threads, workers

LANES: dict[str, Callable[[], primelanes.Lane]] = {
    "single-thread": primelanes.SingleThread,
    "scoped-threads": lambda: primelanes.ScopedThreads(2),
    "rayon": lambda: primelanes.Rayon(2),
    "global-lock": lambda: primelanes.GlobalLock(2),
    "processes": lambda: primelanes.Processes(2),
}


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> Any:
    with LANES[request.param]() as lane:
        yield lane


def test_there_is_a_class_for_every_backend() -> None:
    assert list(LANES) == primelanes.backends()


def test_a_lane_counts_again_and_again(lane: primelanes.Lane) -> None:
    for algorithm in primelanes.algorithms():
        assert lane.count_primes(200_000, algorithm=algorithm) == 17_984
        assert lane.count_primes(10**12 + 100, start=10**12, algorithm=algorithm, double_check=True) == 4
    assert lane.count_primes(10) == 4
    reports: list[primelanes.Progress] = []
    assert lane.count_primes(10**8, algorithm="sieve", progress=reports.append) == 5_761_455
    assert reports[-1].done == reports[-1].total


def test_a_lane_describes_itself(lane: primelanes.Lane) -> None:
    assert lane.name in primelanes.backends()
    count = 1 if lane.name == "single-thread" else 2
    assert (lane.workers, lane.closed) == (count, False)
    with pytest.raises(AttributeError):
        lane.workers = 3  # type: ignore[misc]
    name = type(lane).__name__
    assert repr(lane) == f"<primelanes.{name} with {count} worker{'s' * (count > 1)}>"
    lane.close()
    assert repr(lane) == f"<primelanes.{name} with {count} worker{'s' * (count > 1)}, closed>"
    assert (lane.workers, lane.closed) == (count, True)


def test_a_closed_lane_refuses_to_count(lane: primelanes.Lane) -> None:
    lane.close()
    lane.close()
    for limit in (10, 10**9):
        with pytest.raises(primelanes.Error, match=r"^the lane is closed$"):
            lane.count_primes(limit)


def test_a_count_goes_on_while_its_lane_is_closed(lane: primelanes.Lane) -> None:
    started, counts = threading.Event(), []

    def count() -> None:
        counts.append(lane.count_primes(3 * 10**9, algorithm="sieve", progress=lambda _: started.set()))

    counting = threading.Thread(target=count)
    counting.start()
    started.wait()
    lane.close()
    with pytest.raises(primelanes.Error, match="the lane is closed"):
        lane.count_primes(10**9)
    counting.join()
    assert counts == [144_449_537]
    assert eventually(lambda: not workers())


def test_threads_share_a_lane(lane: primelanes.Lane) -> None:
    counts: list[int] = []
    counting = [
        threading.Thread(target=lambda: counts.append(lane.count_primes(10**7, algorithm="sieve"))) for _ in range(5)
    ]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()
    assert counts == [664_579] * 5


def test_a_cancelled_count_leaves_the_lane_usable(lane: primelanes.Lane) -> None:
    with pytest.raises(TimeoutError):
        lane.count_primes(10**18, algorithm="sieve", timeout=0.1)
    assert lane.count_primes(10**6, algorithm="sieve") == 78_498


def test_a_closed_lane_leaves_nothing_behind() -> None:
    before = threads()
    for open_lane in LANES.values():
        with open_lane() as lane:
            lane.count_primes(10**6, algorithm="sieve")
        assert eventually(lambda: threads() <= before)
        assert not workers()


def test_a_lane_without_references_leaves_nothing_behind() -> None:
    before = threads()
    for open_lane in LANES.values():
        open_lane().count_primes(10**6, algorithm="sieve")
        gc.collect()
        assert eventually(lambda: threads() <= before and not workers())


def test_worker_processes_stay_between_counts() -> None:
    with primelanes.Processes(2) as lane:
        before = sorted(workers())
        assert len(before) == 2
        for _ in range(3):
            lane.count_primes(10**6, algorithm="sieve")
        assert sorted(workers()) == before
        os.kill(before[0], signal.SIGKILL)
        assert lane.count_primes(10**8, algorithm="sieve") == 5_761_455
        assert len(workers()) == 2


def test_a_timeout_replaces_a_worker_that_is_stopped() -> None:
    with primelanes.Processes(2, timeout=0.3) as lane:
        stopped = workers()[0]
        os.kill(stopped, signal.SIGSTOP)
        clock = time.monotonic()
        assert lane.count_primes(10**8, algorithm="sieve") == 5_761_455
        assert time.monotonic() - clock > 0.25
        assert stopped not in workers()


@pytest.mark.parametrize(
    ("open_lane", "exception", "message"),
    [
        (lambda: primelanes.Rayon(0), ValueError, "workers must be at least 1, not 0"),
        (lambda: primelanes.ScopedThreads(1025), ValueError, "scoped-threads takes at most 1024 workers, not 1025"),
        (lambda: primelanes.Processes(257), ValueError, "processes takes at most 256 workers, not 257"),
        (
            lambda: primelanes.Processes(python=cast(Any, 3)),
            TypeError,
            "expected str, bytes or os.PathLike object, not int",
        ),
        (lambda: primelanes.Rayon(cast(Any, 2.0)), TypeError, "'float' object cannot be interpreted as an integer"),
    ],
)
def test_a_lane_that_cannot_be_opened(
    open_lane: Callable[[], primelanes.Lane], exception: type[Exception], message: str
) -> None:
    with pytest.raises(exception) as raised:
        open_lane()
    assert str(raised.value) == message


@pytest.mark.parametrize("backend", LANES)
def test_a_fork_needs_a_lane_of_its_own(backend: str) -> None:
    name = type(LANES[backend]()).__name__
    script = f"""
import os, warnings
import primelanes

warnings.simplefilter("ignore", DeprecationWarning)
lane = primelanes.{name}()
if (child := os.fork()) == 0:
    try:
        lane.count_primes(10**6)
    except primelanes.Error as error:
        print(error, flush=True)
    del lane
    os._exit(0)
os.waitpid(child, 0)
print(lane.count_primes(10**6, algorithm="sieve"))
"""
    refused, count = python("-c", script).stdout.splitlines()
    assert refused.startswith("the lane belongs to process ")
    assert refused.endswith(", and this process is a fork of it")
    assert count == "78498"


def test_a_lane_that_is_open_at_exit_is_no_problem() -> None:
    script = """
import primelanes
lanes = [primelanes.SingleThread(), primelanes.Rayon(2), primelanes.Processes(2)]
print([lane.count_primes(10**6, algorithm="sieve") for lane in lanes])
"""
    done = python("-c", script)
    assert (done.stdout, done.stderr) == ("[78498, 78498, 78498]\n", "")
