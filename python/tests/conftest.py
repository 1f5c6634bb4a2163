"""Fixtures of several tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import clusters
from support import eventually

if TYPE_CHECKING:
    from distributed import Client, LocalCluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    """Two Dask workers on this machine, each a process with one thread."""
    # Not every interpreter that the other tests run on has Dask.
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(clusters.TOLERANT),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
    ):
        yield cluster


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    """A client of two honest workers. Afterwards, nothing is left on the scheduler."""
    from distributed import Client

    with Client(cluster) as client:
        client.wait_for_workers(2)
        yield client
        client.run(clusters.repair)
        assert eventually(lambda: client.run_on_scheduler(clusters.tasks_left) == 0)
