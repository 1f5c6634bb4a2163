"""The primes themselves: the iterator, the nth prime, the next one, and whether a number is prime."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

import primelanes
from primelanes import _pure_python
from support import python

MAX_64 = 2**64 - 1
MAX_128 = 2**128 - 1
LAST_PROVEN = 3317044064679887385961980
LAST_PLACE = 425656284035217743
"""The number of primes below 2**64."""


def sieve(limit: int) -> list[int]:
    """Return the primes up to ``limit``."""
    is_prime = bytearray([1]) * (limit + 1)
    is_prime[:2] = bytes(min(2, limit + 1))
    for number in range(2, int(limit**0.5) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return [number for number in range(limit + 1) if is_prime[number]]


PRIMES = sieve(300_000)


def between(start: int, stop: int) -> list[int]:
    """Return the primes of a range whose end is at most 300,000."""
    return PRIMES[bisect_left(PRIMES, start) : bisect_right(PRIMES, stop)]


LISTS: list[Callable[[int, int], list[int]]] = [
    lambda start, stop: list(primelanes.primes(stop, start)),
    lambda start, stop: primelanes.array(stop, start).tolist(),
    lambda start, stop: primelanes.array(stop, start, backend="single-thread").tolist(),
]
"""The ways to list the primes of a range."""


@pytest.mark.parametrize("listed", LISTS)
def test_lists_agree_with_a_sieve_in_python(listed: Callable[[int, int], list[int]]) -> None:
    for stop in [*range(40), 210, 211, 65_535, 65_537, 299_999, 300_000]:
        for start in (-7, 0, 1, 2, 3, 5, stop - 1, stop, stop // 2):
            assert listed(start, stop) == between(start, stop), (start, stop)


@pytest.mark.parametrize("listed", LISTS)
def test_lists_have_both_ends(listed: Callable[[int, int], list[int]]) -> None:
    assert listed(7, 13) == [7, 11, 13]
    assert listed(2**64 - 59, 2**64 - 59) == [2**64 - 59]
    assert listed(2**64 - 100, MAX_64) == [2**64 - 95, 2**64 - 83, 2**64 - 59]
    assert listed(2**64 - 58, MAX_64) == []


@pytest.mark.parametrize("listed", LISTS)
def test_lists_far_out_contain_all_primes(listed: Callable[[int, int], list[int]]) -> None:
    assert listed(10**18, 10**18 + 20) == [10**18 + 3, 10**18 + 9]
    for start in (10**12, 10**15 - 1, 10**18):
        found = listed(start, start + 20_000)
        assert found == [number for number in range(start, start + 20_001) if primelanes.is_prime(number)]
        assert len(found) == primelanes.count_primes(start + 20_000, start=start)


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize(("start", "stop"), [(1, 0), (0, -1), (-5, -2), (MAX_64, 0), (MAX_128, MAX_64 + 1), (24, 28)])
def test_empty_ranges_have_no_primes(listed: Callable[[int, int], list[int]], start: int, stop: int) -> None:
    assert listed(start, stop) == []


@pytest.mark.parametrize("function", [primelanes.primes, primelanes.array])
@pytest.mark.parametrize(
    ("arguments", "exception", "message"),
    [
        ((2**64,), OverflowError, f"primes are listed up to {MAX_64}, but the range ends at {2**64}"),
        ((MAX_128 + 1,), OverflowError, f"{MAX_128 + 1} is above {MAX_128}, the largest 128-bit number"),
        ((1e9,), TypeError, "'float' object cannot be interpreted as an integer"),
        (("10",), TypeError, "'str' object cannot be interpreted as an integer"),
        ((10, None), TypeError, "'NoneType' object cannot be interpreted as an integer"),
    ],
)
def test_invalid_ranges_are_refused(
    function: Callable[..., object], arguments: tuple[Any, ...], exception: type[Exception], message: str
) -> None:
    with pytest.raises(exception) as raised:
        function(*arguments)
    assert str(raised.value) == message


def test_an_iterator_starts_at_once_and_goes_on() -> None:
    primes = primelanes.primes(MAX_64)
    assert iter(primes) is primes
    assert list(islice(primes, 20_000)) == PRIMES[:20_000]
    assert next(primes) == PRIMES[20_000]
    assert next(primelanes.primes(MAX_64, start=10**18)) == 10**18 + 3


def test_an_iterator_stays_at_its_end() -> None:
    primes = primelanes.primes(3)
    assert list(primes) == [2, 3]
    assert list(primes) == []
    assert next(primes, None) is None


def test_threads_share_an_iterator() -> None:
    primes = primelanes.primes(3_000_000)
    found: list[list[int]] = []

    def read(primes: Iterator[int]) -> None:
        found.append(list(primes))

    threads = [threading.Thread(target=read, args=(primes,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(part == sorted(part) for part in found)
    assert sorted(prime for part in found for prime in part) == primelanes.array(3_000_000).tolist()


def test_the_interpreter_exits_while_daemon_threads_read_primes() -> None:
    script = """
import threading, time
import primelanes

shared = primelanes.primes(2**64 - 1, start=10**18)
for primes in (shared, shared, primelanes.primes(2**64 - 1)):
    threading.Thread(target=sum, args=(primes,), daemon=True).start()
time.sleep(0.2)
"""
    for _ in range(10):
        done = python("-c", script)
        assert (done.stdout, done.stderr) == ("", "")


def test_ctrl_c_ends_a_loop() -> None:
    script = """
import os, signal, threading
import primelanes

threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    for prime in primelanes.primes(2**64 - 1):
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
    assert python("-c", script).stdout == "interrupted\n"


@pytest.mark.parametrize("backend", [*primelanes.backends(), "auto"])
def test_every_backend_finds_the_nth_prime(backend: str) -> None:
    assert primelanes.nth_prime(10**6, backend=backend) == 15_485_863
    for n in (1, 2, 25, 22_999, 23_000, 23_001):
        assert primelanes.nth_prime(n, backend=backend) == PRIMES[n - 1]


def test_the_nth_prime_is_where_the_count_reaches_n() -> None:
    reports: list[primelanes.Progress] = []
    # OEIS A006988.
    assert primelanes.nth_prime(10**12, workers=2, progress=reports.append) == 29_996_224_275_833
    assert reports[-1].done == reports[-1].total
    assert primelanes.nth_prime(7, progress=reports.append) == 17
    with primelanes.ScopedThreads(2) as lane:
        assert lane.nth_prime(10**9, progress=reports.append) == 22_801_763_489
        assert lane.nth_prime(1) == 2


def test_a_search_for_the_nth_prime_ends_early() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(primelanes.Cancelled):
        primelanes.nth_prime(LAST_PLACE, cancel=stop)
    with pytest.raises(TimeoutError, match=r"^the search did not end within 0\.2 seconds$"):
        primelanes.nth_prime(LAST_PLACE, timeout=0.2)
    with primelanes.SingleThread() as lane, pytest.raises(TimeoutError, match="the search"):
        lane.nth_prime(LAST_PLACE, timeout=0.2)
    with pytest.raises(primelanes.Error, match="the lane is closed"):
        lane.nth_prime(1)


@pytest.mark.parametrize(
    ("n", "exception", "value"),
    [
        (0, ValueError, "0"),
        (-1, ValueError, "a negative number"),
        (-(2**200), ValueError, "a negative number"),
        (LAST_PLACE + 1, OverflowError, f"{LAST_PLACE + 1}"),
        (MAX_128, OverflowError, f"{MAX_128}"),
    ],
)
def test_there_is_no_such_nth_prime(n: int, exception: type[Exception], value: str) -> None:
    with pytest.raises(exception) as raised:
        primelanes.nth_prime(n)
    assert str(raised.value) == f"n must be from 1 to {LAST_PLACE} for an nth prime below 2^64, not {value}"


def test_single_primes_agree_with_pure_python() -> None:
    for number in range(-3, 2000):
        assert primelanes.is_prime(number) is _pure_python.is_prime(max(number, 0))
        above = PRIMES[bisect_right(PRIMES, number)]
        assert primelanes.next_prime(number) == above
        if number > 1:
            assert primelanes.previous_prime(above) == between(0, number)[-1]


def test_single_primes_beyond_64_bits() -> None:
    assert primelanes.next_prime(MAX_64) == 2**64 + 13
    assert primelanes.previous_prime(2**64 + 13) == 2**64 - 59
    assert primelanes.is_prime(10**20 + 39)
    assert primelanes.next_prime(10**20) == 10**20 + 39
    assert not primelanes.is_prime(LAST_PROVEN)
    assert primelanes.previous_prime(LAST_PROVEN) < LAST_PROVEN


@pytest.mark.parametrize("number", [2, 1, 0, -1, -(2**200)])
def test_there_is_no_prime_below(number: int) -> None:
    with pytest.raises(ValueError, match=f"^there is no prime below {number if number >= 0 else 'a negative number'}$"):
        primelanes.previous_prime(number)
    assert primelanes.next_prime(number) == (3 if number == 2 else 2)
    assert primelanes.is_prime(number) is (number == 2)


@pytest.mark.parametrize("function", [primelanes.is_prime, primelanes.next_prime, primelanes.previous_prime])
def test_numbers_that_cannot_be_tested_are_refused(function: Callable[[Any], object]) -> None:
    for number in (10**25, MAX_128):
        with pytest.raises(OverflowError, match=f"^the primality test is proven up to {LAST_PROVEN}, but not for "):
            function(number)
    with pytest.raises(OverflowError, match=f"^{2**128} is above {MAX_128}, the largest 128-bit number"):
        function(2**128)
    for wrong in (7.0, "7", None):
        with pytest.raises(TypeError, match="object cannot be interpreted as an integer"):
            function(wrong)


def test_the_next_prime_beyond_the_bound_is_refused() -> None:
    with pytest.raises(OverflowError, match=f"^the primality test is proven up to {LAST_PROVEN}, but not for "):
        primelanes.next_prime(LAST_PROVEN)
