"""A lack of memory is an exception, and the interpreter stays alive."""

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
