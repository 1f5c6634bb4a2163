"""Counts on a Dask cluster of two worker processes."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")

from distributed import Client, LocalCluster, wait

import clusters
import primelanes
from primelanes.distributed import count_primes
from support import eventually, python

PI_15 = 29_844_570_422_669
LONG = 10**18


def test_every_algorithm_counts(client: Client) -> None:
    assert count_primes(client, 10**7, algorithm="sieve") == 664_579
    assert count_primes(client, 10**6, algorithm="trial-division") == 78_498
    assert count_primes(client, 10**12, algorithm="combinatorial") == 37_607_912_018
    assert count_primes(client, 10**15) == PI_15
    assert count_primes(client, 10**12 + 10**6, 10**12) == 36_249
    assert count_primes(client, 2 * 10**14, 10**14, "combinatorial") == 3_065_482_900_513
    assert count_primes(client, 1000) == 168
    assert count_primes(client, -5) == 0


def test_progress_is_reported_in_this_thread(client: Client) -> None:
    reports: list[primelanes.Progress] = []
    threads = set()

    def note(report: primelanes.Progress) -> None:
        reports.append(report)
        threads.add(threading.get_ident())

    assert count_primes(client, 10**14, progress=note) == 3_204_941_750_802
    assert reports[-1].done == reports[-1].total
    assert threads == {threading.get_ident()}


def test_counts_at_once_share_the_cluster(client: Client) -> None:
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(count_primes(client, 10**14))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [3_204_941_750_802] * 3


def test_an_event_a_timeout_or_an_exception_ends_a_count(client: Client) -> None:
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    clock = time.monotonic()
    with pytest.raises(primelanes.Cancelled, match=r"^cancelled$"):
        count_primes(client, LONG, cancel=stop)
    with pytest.raises(TimeoutError, match=r"^the count did not end within 0\.3 seconds$"):
        count_primes(client, LONG, timeout=0.3)

    def fail(report: primelanes.Progress) -> None:
        raise LookupError(report.phase)

    with pytest.raises(LookupError, match=r"^set-up$"):
        count_primes(client, LONG, progress=fail)
    assert time.monotonic() - clock < 20
    assert eventually(lambda: not client.futures)
    timer.join()


class FirstRun:
    """Is set a moment after a worker has done a run."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.before = self.executed()

    def executed(self) -> int:
        return sum(self.client.run(clusters.executed).values())

    def is_set(self) -> bool:
        if self.executed() == self.before:
            return False
        time.sleep(0.2)
        return True


def test_a_count_that_ends_leaves_the_other_results_of_its_client_alone(client: Client) -> None:
    # Dask fetches at most five batches of results at once. Whatever comes then, waits and becomes one batch.
    client.run_on_scheduler(clusters.slow_down_gathering, seconds=4.0)
    try:
        with ThreadPoolExecutor() as pool:
            first = []
            for number in range(5):
                future = client.submit(abs, -number)
                wait(future)
                first.append(pool.submit(future.result))
                time.sleep(0.05)
            with pytest.raises(primelanes.Cancelled):
                count_primes(client, LONG, cancel=FirstRun(client))
            assert client.submit(abs, -5).result() == 5
            assert [result.result() for result in first] == [0, 1, 2, 3, 4]
    finally:
        client.run_on_scheduler(clusters.slow_down_gathering, seconds=0.0)


def test_ctrl_c_ends_a_count(cluster: LocalCluster, client: Client) -> None:
    script = f"""
import os, signal, sys, threading
sys.path.append({os.path.dirname(__file__)!r})
from distributed import Client
from primelanes.distributed import count_primes
from support import eventually

with Client({cluster.scheduler_address!r}) as client:
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        count_primes(client, {LONG})
    except KeyboardInterrupt:
        print("interrupted", eventually(lambda: not client.futures))
"""
    assert python("-c", script).stdout == "interrupted True\n"


def test_without_a_client_workers_start_on_this_machine_and_end() -> None:
    script = """
import sys
from support import children, eventually
from primelanes.distributed import count_primes

if __name__ == "__main__":
    print(count_primes(None, 10**13))
    from multiprocessing import active_children
    assert not active_children(), active_children()
"""
    tests = os.path.dirname(__file__)
    assert python("-W", "ignore", "-c", f"import sys; sys.path.append({tests!r}){script}").stdout == "346065536839\n"


def test_dask_is_imported_only_if_it_is_used() -> None:
    script = """
import sys
import primelanes
assert not {"dask", "distributed", "tornado"} & sys.modules.keys()
sys.modules["distributed"] = None
try:
    from primelanes.distributed import count_primes
except ImportError as error:
    print(error)
"""
    assert python("-c", script).stdout == 'primelanes.distributed needs dask: pip install "primelanes[distributed]"\n'


@pytest.mark.parametrize(
    ("arguments", "exception", "message"),
    [
        ({"limit": 2**80}, OverflowError, "combinatorial counts up to"),
        ({"limit": 1e9}, TypeError, "'float' object"),
        ({"limit": 10, "algorithm": "guess"}, ValueError, "unknown algorithm 'guess'"),
        ({"limit": 10, "double_check": 1.5}, ValueError, r"^double_check must be a share from 0 to 1, not 1\.5$"),
        ({"limit": 10, "progress": 3}, TypeError, "^progress must be callable"),
        ({"limit": 10, "timeout": -1}, ValueError, "^timeout must be"),
        ({"client": "tcp://here", "limit": 10}, TypeError, r"^client must be a dask\.distributed\.Client or None"),
    ],
)
def test_an_invalid_argument_is_named(
    client: Client, arguments: dict[str, Any], exception: type[Exception], message: str
) -> None:
    with pytest.raises(exception, match=message):
        count_primes(**{"client": client, **arguments})


def test_an_asynchronous_client_is_refused(cluster: LocalCluster) -> None:
    script = f"""
import asyncio
from distributed import Client
from primelanes.distributed import count_primes

async def main():
    async with Client({cluster.scheduler_address!r}, asynchronous=True) as client:
        try:
            count_primes(client, 10)
        except ValueError as error:
            print(error)
        print(await asyncio.to_thread(count_primes, client, 10**13))

asyncio.run(main())
"""
    refused, count = python("-c", script).stdout.splitlines()
    assert refused.startswith("client must not be asynchronous")
    assert count == "346065536839"


def test_a_client_that_was_closed_is_an_error(cluster: LocalCluster) -> None:
    with Client(cluster) as closed:
        pass
    with pytest.raises(primelanes.Error, match="the status of the Dask client is 'closed'"):
        count_primes(closed, 1000)
