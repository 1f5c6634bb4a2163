"""Counts on several hosts: network namespaces, each with a network card that can be cut off."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")

import dask
from distributed import Client, LocalCluster

import clusters
import primelanes
from primelanes.distributed import count_primes
from support import eventually

PREFIX = f"pl{os.getpid() % 100_000}"
BRIDGE = f"{PREFIX}br"
NETWORK = f"10.213.{os.getpid() % 256}"
"""Another one than that of a run that was killed and has left its bridge."""
SERIALS = count()
TTL = 5
"""Seconds after which the scheduler gives up a worker that is silent."""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Host:
    """A network namespace with a Dask worker."""

    def __init__(self, number: int, scheduler: str) -> None:
        # The names of another test may still be in use.
        serial = next(SERIALS)
        self.name = f"{PREFIX}h{serial}"
        self.card = f"{PREFIX}v{serial}"
        self.address = f"{NETWORK}.{number}"
        self.scheduler = scheduler
        ip("netns", "add", self.name)
        ip("link", "add", self.card, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self.card, "master", BRIDGE, "up")
        ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")
        ip("-n", self.name, "link", "set", "lo", "up")
        worker = [
            "dask",
            "worker",
            scheduler,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--no-nanny",
            "--host",
            self.address,
        ]
        self.worker = subprocess.Popen(
            ["ip", "netns", "exec", self.name, sys.executable, "-m", *worker],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.path.dirname(__file__)},
        )

    def cut_off(self) -> None:
        ip("link", "set", self.card, "down")

    def connect(self) -> None:
        ip("link", "set", self.card, "up")

    def close(self) -> None:
        self.worker.kill()
        self.worker.wait()
        ip("link", "del", self.card)
        ip("netns", "del", self.name)


@pytest.fixture(scope="module")
def bridge() -> Iterator[None]:
    """A network of hosts. This process is on it too."""
    if shutil.which("ip") is None:
        pytest.skip("the command ip is not installed")
    try:
        ip("netns", "add", PREFIX)
        ip("netns", "del", PREFIX)
        ip("link", "add", BRIDGE, "type", "bridge")
    except subprocess.CalledProcessError as refusal:
        pytest.skip(f"network namespaces are not permitted: {refusal.stderr.decode().strip()}")
    try:
        ip("addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        yield
    finally:
        ip("link", "del", BRIDGE)


@contextmanager
def hosts(ttl: str) -> Iterator[tuple[Client, list[Host]]]:
    """Start a scheduler and two hosts. Others may be added to the list."""
    config = {**clusters.TOLERANT, "distributed.scheduler.worker-ttl": ttl}
    with (
        dask.config.set(config),
        LocalCluster(n_workers=0, host=f"{NETWORK}.1", dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        started: list[Host] = []
        try:
            started += [Host(number, cluster.scheduler_address) for number in (2, 3)]
            client.wait_for_workers(2, timeout=60)
            yield client, started
        finally:
            for host in started:
                host.close()


@contextmanager
def later(seconds: float, *actions: object) -> Iterator[None]:
    """Do something a moment after the start of the block, then something else after each following time."""

    def act() -> None:
        for action in actions:
            if callable(action):
                action()
            elif isinstance(action, (int, float)):
                time.sleep(action)

    timer = threading.Timer(seconds, act)
    timer.start()
    yield
    timer.join()


def pi_16(client: Client) -> None:
    assert count_primes(client, 10**16) == 279_238_341_033_925


@pytest.mark.usefixtures("bridge")
def test_a_host_that_is_cut_off_for_a_while_does_no_harm() -> None:
    with hosts("5 minutes") as (client, (one, _)), later(1, one.cut_off, 20, one.connect):
        clock = time.monotonic()
        pi_16(client)
        # A run on that host waits for it.
        assert time.monotonic() - clock < 60


@pytest.mark.usefixtures("bridge")
def test_the_work_of_a_host_that_stays_silent_is_done_by_others_and_a_late_host_helps() -> None:
    with hosts(f"{TTL} seconds") as (client, started):
        one, _ = started

        def add() -> None:
            started.append(Host(4, one.scheduler))

        with later(1, one.cut_off, add):
            pi_16(client)
        late = f"tcp://{NETWORK}.4"
        assert eventually(lambda: any(worker.startswith(late) for worker in client.nthreads()))
        stop = threading.Event()

        def watch() -> None:
            workers = [worker for worker in client.nthreads() if worker.startswith(late)]
            eventually(lambda: client.run(clusters.executed, workers=workers)[workers[0]] > 0)
            stop.set()

        threading.Thread(target=watch).start()
        with pytest.raises(primelanes.Cancelled):
            count_primes(client, 10**18, cancel=stop)
