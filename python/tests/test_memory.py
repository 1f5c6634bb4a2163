"""A lack of memory or of open files is an exception, and the interpreter stays alive."""

from __future__ import annotations

import pytest

import primelanes
from support import python


@pytest.mark.parametrize("backend", primelanes.backends())
@pytest.mark.parametrize("megabytes", [10, 40, 150, 300])
def test_a_lack_of_memory_is_an_exception(backend: str, megabytes: int) -> None:
    script = f"""
import re, resource
import primelanes

size = int(re.search(r"VmSize:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
resource.setrlimit(resource.RLIMIT_AS, ((size << 10) + ({megabytes} << 20),) * 2)
try:
    primelanes.count_primes(10**18 + 10**10, start=10**18, algorithm="sieve", backend={backend!r}, timeout=1)
except (MemoryError, primelanes.Error, TimeoutError) as error:
    print(type(error).__name__, error)
print(primelanes.count_primes(1000), primelanes.count_primes(10**6, backend="single-thread", algorithm="sieve"))
"""
    outcome, counts = python("-c", script).stdout.splitlines()
    assert counts == "168 78498"
    # There is room for some, and each worker process has a limit of its own.
    if megabytes == 10 and backend != "processes":
        assert outcome.startswith(("MemoryError out of memory: ", "Error the count could not start ")), outcome


def test_a_count_needs_no_open_file() -> None:
    script = """
import os, resource
import primelanes

resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1,) * 2)
reports = []
print(primelanes.count_primes(10**7, algorithm="sieve", progress=reports.append), reports[-1].done == reports[-1].total)
try:
    primelanes.count_primes(10**7, backend="processes")
except primelanes.Error as error:
    print(error)
"""
    count, error = python("-c", script).stdout.splitlines()
    assert count == "664579 True"
    assert error.startswith("processes could not start ")
    assert "Too many open files" in error


def test_a_count_keeps_to_the_memory_that_it_may_take() -> None:
    with pytest.raises(MemoryError, match=r"^the plan needs about \d+ bytes of memory, but the bound is 1000000$"):
        primelanes.count_primes(10**18 + 10**10, start=10**18, algorithm="sieve", memory=10**6)
    with primelanes.ScopedThreads(2) as lane:
        assert lane.count_primes(10**18 + 10**6, start=10**18, algorithm="sieve", memory=10**9) == 24_280
        with pytest.raises(MemoryError, match="the bound is 0"):
            lane.count_primes(10**18 + 10**10, start=10**18, algorithm="sieve", memory=0)
    assert primelanes.count_primes(10**9, memory=2**100) == primelanes.count_primes_holding_gil(10**9, memory=10**7)
    with pytest.raises(ValueError, match=r"^memory must be at least 0, not a negative number$"):
        primelanes.count_primes(100, memory=-1)
