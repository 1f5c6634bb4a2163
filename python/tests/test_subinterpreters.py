"""One interpreter of a process can import the package. The others get an ImportError, and spoil nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from support import python

PROLOGUE = """
import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


def create(own_lock):
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if own_lock else "legacy")
    if sys.version_info >= (3, 12):
        return interpreters.create(isolated=own_lock)
    return interpreters.create()


def import_in(interpreter):
    interpreters.run_string(interpreter, '''
try:
    import primelanes
except ImportError as error:
    print(error, flush=True)
else:
    print(primelanes.count_primes(10**7), flush=True)
''')


def count_and_cancel():
    import primelanes

    assert primelanes.count_primes(10**7) == 664_579
    class Set:
        def is_set(self):
            return self.__dict__.setdefault("calls", []).append(1) or len(self.calls) > 2
    try:
        primelanes.count_primes(10**18, algorithm="sieve", cancel=Set())
    except primelanes.Cancelled as error:
        print(error, flush=True)
"""

OWN_LOCK = "module primelanes._native does not support loading in subinterpreters\n"
SHARED_LOCK = "PyO3 modules do not yet support subinterpreters, see https://github.com/PyO3/pyo3/issues/576\n"

REFUSALS = [
    pytest.param(False, SHARED_LOCK, id="shared-lock"),
    pytest.param(True, OWN_LOCK, id="own-lock"),
]


@pytest.fixture
def run(interpreter: str) -> Callable[[str], str]:
    """Run a script after the prologue, and return its output."""
    return lambda script: python("-c", PROLOGUE + script, interpreter=interpreter).stdout


def skip_without_own_lock(interpreter: str) -> None:
    if interpreter == sys.executable and sys.version_info < (3, 12):
        pytest.skip("before Python 3.12, all interpreters share one lock")


@pytest.mark.parametrize(("own_lock", "refusal"), REFUSALS)
def test_another_interpreter_gets_an_import_error(
    run: Callable[[str], str], interpreter: str, own_lock: bool, refusal: str
) -> None:
    if own_lock:
        skip_without_own_lock(interpreter)
    script = f"""
count_and_cancel()
for _ in range(3):
    other = create({own_lock})
    for _ in range(2):
        import_in(other)
    interpreters.destroy(other)
    count_and_cancel()
"""
    assert run(script) == "cancelled\n" + 3 * (2 * refusal + "cancelled\n")


@pytest.mark.parametrize(("own_lock", "refusal"), REFUSALS)
def test_an_import_error_does_not_disturb_a_running_count(
    run: Callable[[str], str], interpreter: str, own_lock: bool, refusal: str
) -> None:
    if own_lock:
        skip_without_own_lock(interpreter)
    script = f"""
import threading
import primelanes

counts, reports = [], []
started = threading.Event()

def report(progress):
    started.set()
    reports.append(progress)

def count():
    counts.append(primelanes.count_primes(10**10, workers=1, algorithm="sieve", progress=report))

counting = threading.Thread(target=count)
counting.start()
assert started.wait(30)
other = create({own_lock})
import_in(other)
assert counting.is_alive()
interpreters.destroy(other)
counting.join()
print(counts, {{type(report) is primelanes.Progress for report in reports}})
"""
    assert run(script) == refusal + "[455052511] {True}\n"


def test_an_interpreter_with_its_own_lock_leaves_the_package_to_the_main_interpreter(
    run: Callable[[str], str], interpreter: str
) -> None:
    skip_without_own_lock(interpreter)
    script = """
# CPython 3.12.1 crashes if another interpreter is the first to import this.
import decimal

other = create(True)
import_in(other)
interpreters.destroy(other)
count_and_cancel()
"""
    assert run(script) == OWN_LOCK + "cancelled\n"


def test_the_first_interpreter_that_imports_the_package_keeps_it(run: Callable[[str], str]) -> None:
    script = """
first, second = create(False), create(False)
import_in(first)
import_in(second)
try:
    import primelanes
except ImportError as error:
    print(error, flush=True)
import_in(first)
for other in (first, second):
    interpreters.destroy(other)
"""
    assert run(script) == "664579\n" + 2 * SHARED_LOCK + "664579\n"
