"""The array of the primes of a range: its memory, and how it ends early."""

from __future__ import annotations

import threading
import time

import pytest

import primelanes
from support import eventually, python, threads, workers

MAX_64 = 2**64 - 1


@pytest.mark.parametrize("backend", primelanes.backends())
def test_every_backend_fills_an_array(backend: str) -> None:
    primes = primelanes.array(10**6, backend=backend, workers=1)
    assert (len(primes), primes[0], primes[-1]) == (78_498, 2, 999_983)
    assert primes.tolist() == list(primelanes.primes(10**6))
    assert len(primelanes.array(10**12 + 10**6, start=10**12, backend=backend)) == 36_249


def test_an_array_holds_64_bit_numbers() -> None:
    primes = primelanes.array(10**5)
    assert isinstance(primes, memoryview)
    assert (primes.format, primes.itemsize, primes.shape, primes.nbytes) == ("Q", 8, (9592,), 8 * 9592)
    assert primes.contiguous
    primes[0] = MAX_64
    assert primes[0] == MAX_64
    empty = primelanes.array(1)
    assert (empty.format, empty.shape) == ("Q", (0,))


def test_numpy_takes_an_array_without_a_copy() -> None:
    numpy = pytest.importorskip("numpy")
    primes = primelanes.array(10**6)
    taken = numpy.asarray(primes)
    assert taken.dtype == numpy.uint64
    assert taken.shape == (78_498,)
    assert numpy.shares_memory(taken, primes)
    assert taken.sum() == 37_550_402_023
    taken[0] = 7
    assert primes[0] == 7
    del primes
    assert taken[-1] == 999_983
    assert numpy.asarray(primelanes.array(1)).shape == (0,)
    # Most of these arrays get more room than they need, and shrink.
    for start in (10**9, 10**12, 10**18, MAX_64 - 10**6):
        window = numpy.asarray(primelanes.array(min(start + 10**6, MAX_64), start))
        assert (numpy.diff(window) >= 2).all()
        assert len(window) == primelanes.count_primes(min(start + 10**6, MAX_64), start=start)


@pytest.mark.parametrize("stop", [MAX_64, 10**15])
def test_an_array_that_does_not_fit_is_refused_at_once(stop: int) -> None:
    clock = time.monotonic()
    message = r"^only \d+ primes fit in \d+ bytes of memory, but the range has at least \d+$"
    with pytest.raises(MemoryError, match=message):
        primelanes.array(stop)
    with primelanes.SingleThread() as lane, pytest.raises(MemoryError, match=message):
        lane.array(stop)
    assert time.monotonic() - clock < 1


def test_a_lack_of_memory_is_an_exception() -> None:
    script = """
import re, resource
import primelanes

size = int(re.search(r"VmSize:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
for megabytes in (10, 100, 300, 500):
    resource.setrlimit(resource.RLIMIT_AS, ((size << 10) + (megabytes << 20), resource.RLIM_INFINITY))
    try:
        print(len(primelanes.array(10**9)))
    except (MemoryError, primelanes.Error) as error:
        print(type(error).__name__)
    print(len(primelanes.array(1000)))
"""
    lines = python("-c", script).stdout.splitlines()
    assert lines[1::2] == ["168"] * 4
    assert set(lines[:6:2]) <= {"MemoryError", "Error"}


def test_a_listing_ends_with_cancel_and_timeout() -> None:
    before = threads()
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(primelanes.Cancelled):
        primelanes.array(10**18 + 10**10, 10**18, cancel=stop)
    for backend in ("auto", "processes"):
        with pytest.raises(TimeoutError, match=r"^the listing did not end within 0\.2 seconds$"):
            primelanes.array(10**18 + 10**10, 10**18, timeout=0.2, backend=backend)
    with primelanes.ScopedThreads(2) as lane:
        with pytest.raises(TimeoutError, match="the listing"):
            lane.array(10**18 + 10**10, 10**18, timeout=0.2)
        assert lane.array(10).tolist() == [2, 3, 5, 7]
    with pytest.raises(primelanes.Error, match="the lane is closed"):
        lane.array(10)
    assert eventually(lambda: threads() <= before and not workers())


@pytest.mark.parametrize("backend", primelanes.backends())
def test_ctrl_c_ends_a_listing_and_leaves_no_thread_process_or_memory(
    request: pytest.FixtureRequest, backend: str
) -> None:
    script = f"""
import os, re, signal, sys, threading
sys.path.insert(0, {str(request.path.parent)!r})
import primelanes
from support import eventually, threads, workers

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", open("/proc/self/status").read())[1])

for _ in range(3):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        primelanes.array(3 * 10**10, backend={backend!r})
    except KeyboardInterrupt:
        print("interrupted", len(primelanes.array(1000)))
assert eventually(lambda: threads() == 1 and not workers()), (threads(), workers())
assert eventually(lambda: resident() < 200_000), resident()
"""
    assert python("-c", script).stdout == "interrupted 168\n" * 3


def test_other_threads_run_while_an_array_is_filled() -> None:
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.wait(0.001):
            ticks += 1

    ticking = threading.Thread(target=tick)
    ticking.start()
    assert len(primelanes.array(10**8)) == 5_761_455
    done.set()
    ticking.join()
    assert ticks > 5


def test_the_interpreter_exits_while_a_daemon_thread_fills_an_array() -> None:
    script = """
import threading, time
import primelanes

threading.Thread(target=primelanes.array, args=(10**10,), daemon=True).start()
time.sleep(0.3)
print("the end")
"""
    for _ in range(5):
        done = python("-c", script)
        assert (done.stdout, done.stderr) == ("the end\n", "")


@pytest.mark.parametrize(
    ("options", "exception", "message"),
    [
        ({"workers": 0}, ValueError, "workers must be at least 1, not 0"),
        ({"backend": "gpu"}, ValueError, "unknown backend 'gpu'"),
        ({"cancel": 1}, TypeError, "cancel must have a method is_set"),
        ({"timeout": -1}, ValueError, "timeout must be a finite number of seconds from 0 on, not -1"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, object], exception: type[Exception], message: str) -> None:
    with pytest.raises(exception, match=message):
        primelanes.array(10, **options)  # type: ignore[arg-type]
    with pytest.raises(exception, match=message):
        primelanes.nth_prime(10, **options)  # type: ignore[arg-type]
