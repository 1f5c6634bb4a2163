"""Workers and schedulers of a Dask cluster that die, leave, join, lie or have another version."""

from __future__ import annotations

import os
import re
import signal
import threading

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")

import dask
from distributed import Client, LocalCluster

import clusters
import primelanes
from primelanes.distributed import count_primes
from support import eventually, python

PI_15 = 29_844_570_422_669
LONG = 10**18


def address(client: Client) -> str:
    """Return the address of one of the workers."""
    return str(min(client.nthreads()))


def test_a_worker_that_is_killed_is_replaced_by_others(client: Client) -> None:
    victim = client.run(clusters.process, workers=[address(client)])[address(client)]
    killed: list[int] = []

    def kill(report: primelanes.Progress) -> None:
        if not killed and report.done > 0.2 * report.total:
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    assert count_primes(client, 2 * 10**15, progress=kill) == 58_478_215_681_891
    assert killed


def test_a_worker_that_joins_is_used(cluster: LocalCluster, client: Client) -> None:
    before = set(client.nthreads())
    scaled: list[int] = []

    def scale(report: primelanes.Progress) -> None:
        if not scaled:
            cluster.scale(3)
            scaled.append(3)

    stop = threading.Event()

    def is_used() -> bool:
        late = [worker for worker in client.nthreads() if worker not in before]
        return bool(late) and client.run(clusters.executed, workers=late)[late[0]] > 0

    def watch() -> None:
        eventually(is_used)
        stop.set()

    threading.Thread(target=watch).start()
    try:
        with pytest.raises(primelanes.Cancelled):
            count_primes(client, LONG, progress=scale, cancel=stop)
        assert is_used()
    finally:
        cluster.scale(2)
        assert eventually(lambda: len(client.nthreads()) == 2)


@pytest.mark.parametrize("kind", ["garbage", "truncated"])
def test_a_malformed_answer_is_reported_and_computed_again(client: Client, kind: str) -> None:
    liar = address(client)
    client.run(clusters.sabotage, kind, workers=[liar])
    with pytest.warns(RuntimeWarning, match=f"^the worker {liar} is avoided from now on") as caught:
        assert count_primes(client, 10**15) == PI_15
    assert len(caught) == 1
    assert "its answer is malformed" in str(caught[0].message)


def test_a_cluster_that_answers_nothing_but_garbage_is_an_error(client: Client) -> None:
    client.run(clusters.sabotage, "garbage")
    with (
        pytest.warns(RuntimeWarning, match="is avoided"),
        pytest.raises(primelanes.Error, match=r"^dask lost 3 workers on the tiles \d+\.\.\d+.* malformed"),
    ):
        count_primes(client, 10**14)


def test_a_task_that_fails_is_tried_three_times(client: Client) -> None:
    client.run(clusters.sabotage, "fails")
    with pytest.raises(primelanes.Error, match=r"^dask lost 3 workers .*RuntimeError: the disk is on fire$"):
        count_primes(client, 10**14)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("version", rf"^the worker tcp://\S+ has primelanes 9\.9\.9, and this client has {primelanes.__version__}$"),
        ("wire", r"speaks version 99\.\d+ of the wire protocol, and this end speaks \d+\.\d+$"),
    ],
)
def test_a_worker_of_another_version_is_an_error(client: Client, kind: str, message: str) -> None:
    client.run(clusters.sabotage, kind, workers=[address(client)])
    with pytest.raises(primelanes.Error, match=message):
        count_primes(client, 10**15)


def test_a_worker_without_primelanes_is_an_error(client: Client) -> None:
    client.run(clusters.forget_primelanes, workers=[address(client)])
    try:
        with pytest.raises(primelanes.Error, match=r"_worker.*; install primelanes\[distributed\] .* on all workers$"):
            count_primes(client, 10**15)
    finally:
        client.run(clusters.remember_primelanes, workers=[address(client)])


def test_a_double_check_finds_a_worker_that_lies(client: Client) -> None:
    assert count_primes(client, 10**14, double_check=1) == 3_204_941_750_802
    client.run(clusters.sabotage, "garbage", workers=[address(client)])
    # Nothing can be compared with the only other worker.
    with (
        pytest.warns(RuntimeWarning, match=f"^the worker {address(client)} is avoided"),
        pytest.raises(primelanes.Error, match=r"^dask lost 3 workers .* malformed"),
    ):
        count_primes(client, 10**14, double_check=1)
    client.run(clusters.sabotage, "lie", workers=[address(client)])
    one, other = sorted(client.nthreads())
    pair = f"({re.escape(one)} and {re.escape(other)}|{re.escape(other)} and {re.escape(one)})"
    with pytest.raises(
        primelanes.Error, match=rf"^the workers {pair} gave different results for the tiles \d+\.\.\d+$"
    ):
        count_primes(client, 10**15, double_check=0.9)


def test_a_double_checked_run_does_not_wait_for_a_worker_that_left(cluster: LocalCluster, client: Client) -> None:
    cluster.scale(3)
    client.wait_for_workers(3)
    left: list[int] = []

    def leave(report: primelanes.Progress) -> None:
        if not left and report.done > 0.1 * report.total:
            cluster.scale(2)
            left.append(1)

    assert count_primes(client, 10**15, double_check=1, progress=leave) == PI_15
    assert left


def test_a_count_waits_for_the_first_worker() -> None:
    with (
        dask.config.set(clusters.TOLERANT),
        LocalCluster(n_workers=0, threads_per_worker=2, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        with pytest.raises(TimeoutError):
            count_primes(client, 10**13, timeout=0.3)
        threading.Timer(0.5, lambda: cluster.scale(1)).start()
        assert count_primes(client, 10**13) == 346_065_536_839
        with pytest.raises(ValueError, match=r"^double_check needs at least two workers, but the cluster has 1$"):
            count_primes(client, 10**13, double_check=0.5)


def test_a_scheduler_that_gives_up_early_is_reported() -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 3}),
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster,
        Client(cluster) as client,
        pytest.warns(
            RuntimeWarning, match=r"^distributed\.scheduler\.allowed-failures is 3 on the scheduler: set it to 10"
        ),
    ):
        assert count_primes(client, 10**12) == 37_607_912_018


def test_a_lost_scheduler_is_an_error() -> None:
    script = """
import os, signal, subprocess, sys, time, warnings
from distributed import Client
import primelanes
from primelanes.distributed import count_primes

warnings.simplefilter("ignore")
dask = [sys.executable, "-m", "dask"]
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
scheduler = subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"], **quiet)
for line in scheduler.stderr:
    if "Scheduler at:" in line:
        address = line.split()[-1]
        break
worker = subprocess.Popen([*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"], **quiet)
def kill(report):
    if report.done > 0 and scheduler.poll() is None:
        scheduler.kill()
        scheduler.wait()
try:
    with Client(address, timeout=3) as client:
        client.wait_for_workers(1)
        clock = time.monotonic()
        count_primes(client, 10**16, progress=kill)
except primelanes.Error as error:
    print(error)
    assert time.monotonic() - clock < 30
finally:
    worker.kill()
"""
    assert python("-W", "ignore", "-c", script).stdout.startswith("the client has lost its scheduler: ")
