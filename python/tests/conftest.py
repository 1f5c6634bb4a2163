"""Fixtures of several tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import clusters
from support import eventually, python

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


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a report, with figures that mean nothing because they were measured for too short a time."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert python("-m", "primelanes", "report", "--trial", "--out", str(path)).stdout == f"Wrote '{path}'.\n"
    return path


@pytest.fixture(scope="session")
def free_threaded() -> str:
    """The path of a free-threaded interpreter in which the package is installed."""
    interpreter = os.environ.get("PRIMELANES_PYTHON_T")
    if interpreter is None:
        pytest.skip("PRIMELANES_PYTHON_T does not name a free-threaded interpreter")
    search = "import importlib.util, sys; sys.exit(importlib.util.find_spec('primelanes') is None)"
    if python("-c", search, check=False, interpreter=interpreter).returncode:
        pytest.skip(f"primelanes is not installed in {interpreter}")
    return interpreter


@pytest.fixture(params=["this", "free-threaded"])
def interpreter(request: pytest.FixtureRequest) -> str:
    """The path of this interpreter, and of a free-threaded one."""
    if request.param == "this":
        return sys.executable
    path: str = request.getfixturevalue("free_threaded")
    return path
