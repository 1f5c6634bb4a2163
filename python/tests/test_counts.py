"""Counts are right on every lane, with every algorithm, and at the bounds of the range."""

from __future__ import annotations

import random
from typing import SupportsIndex

import pytest

import primelanes
from primelanes import _pure_python

MAX_64 = 2**64 - 1
MAX_128 = 2**128 - 1


@pytest.mark.parametrize("backend", [*primelanes.backends(), "auto"])
@pytest.mark.parametrize("algorithm", primelanes.algorithms())
def test_every_backend_counts_with_every_algorithm(backend: str, algorithm: str) -> None:
    assert primelanes.count_primes(200_000, algorithm=algorithm, backend=backend) == 17_984
    assert primelanes.count_primes(10**12 + 100, start=10**12, algorithm=algorithm, backend=backend) == 4


def test_counts_agree_with_pure_python() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for limit in [*range(30), *(rng.randrange(20_000) for _ in range(20))]:
        assert primelanes.count_primes(limit) == _pure_python.count_primes(limit), limit
        assert primelanes.count_primes_holding_gil(limit) == _pure_python.count_primes(limit), limit
        start = rng.randrange(limit + 2)
        count = sum(map(_pure_python.is_prime, range(start, limit + 1)))
        assert primelanes.count_primes(limit, start=start) == count, (start, limit)
        assert primelanes.count_primes_holding_gil(limit, start=start) == count, (start, limit)


@pytest.mark.parametrize(
    ("limit", "count"), [(10**6, 78_498), (10**7, 664_579), (10**8, 5_761_455), (10**9, 50_847_534)]
)
def test_powers_of_ten(limit: int, count: int) -> None:
    assert primelanes.count_primes(limit) == count


def test_counts_with_and_without_a_thread() -> None:
    # Up to 262,142, the extension counts on the calling thread, by default in a table. 262,139 and 262,147 are primes.
    for algorithm in primelanes.algorithms():
        limits = (262_138, 262_139, 262_142, 262_143, 262_146, 262_147)
        counts = [primelanes.count_primes(limit, algorithm=algorithm) for limit in limits]
        assert counts == [22_999, 23_000, 23_000, 23_000, 23_000, 23_001]


@pytest.mark.parametrize("algorithm", primelanes.algorithms())
@pytest.mark.parametrize("backend", primelanes.backends())
def test_counts_pass_a_double_check(algorithm: str, backend: str) -> None:
    for limit, start, count in [(100, 0, 25), (7, 8, 0), (200_000, 100, 17_959), (10**9 + 10**4, 10**9, 487)]:
        checked = primelanes.count_primes(limit, start=start, algorithm=algorithm, double_check=True, backend=backend)
        assert checked == count
    assert primelanes.count_primes_holding_gil(10**6, algorithm=algorithm, double_check=True) == 78_498


def test_both_ends_are_included() -> None:
    assert primelanes.count_primes(7, start=7) == 1
    assert primelanes.count_primes(7, start=5) == 2
    assert primelanes.count_primes(6, start=7) == 0
    # The largest 64-bit prime and the numbers above it.
    assert primelanes.count_primes(MAX_64, start=2**64 - 59) == 1


def test_windows_above_64_bits_are_sieved() -> None:
    # PARI/GP 2.15.2: forprime(p=10^20, 10^20+10^5, n++)
    for backend in primelanes.backends():
        assert primelanes.count_primes(10**20 + 10**5, start=10**20, algorithm="sieve", backend=backend) == 2115
    assert primelanes.count_primes(2**64 + 13, start=2**64 - 59) == 2


@pytest.mark.parametrize("algorithm", primelanes.algorithms())
@pytest.mark.parametrize(("limit", "start"), [(6, 10**20), (10**30, 10**30 + 1), (6, MAX_128), (MAX_128 - 1, MAX_128)])
def test_empty_ranges_up_to_128_bits_count_0(algorithm: str, limit: int, start: int) -> None:
    for backend in primelanes.backends():
        assert primelanes.count_primes(limit, start=start, algorithm=algorithm, backend=backend) == 0
    assert primelanes.count_primes_holding_gil(limit, start=start, algorithm=algorithm) == 0


@pytest.mark.parametrize("limit", [-1, -(2**63) - 1, -(2**64), -(2**128), -(10**5000)], ids=int.bit_length)
def test_negative_numbers_are_not_primes(limit: int) -> None:
    assert primelanes.count_primes(limit) == 0
    assert primelanes.count_primes(limit, backend="processes") == 0
    assert primelanes.count_primes_holding_gil(limit) == 0
    assert primelanes.count_primes(10, start=limit) == 4
    assert primelanes.count_primes(limit, start=limit) == 0


class Seven:
    """Not an int, but it has ``__index__``."""

    def __index__(self) -> int:
        return 7


class Negative:
    """Its ``__index__`` is below all 128-bit integers."""

    def __index__(self) -> int:
        return -(2**130)


@pytest.mark.parametrize(("number", "count"), [(True, 0), (Seven(), 4), (Negative(), 0)])
def test_objects_with_index_are_integers(number: SupportsIndex, count: int) -> None:
    assert primelanes.count_primes(number) == count
    assert primelanes.count_primes(number, start=number, workers=Seven()) == (1 if count == 4 else 0)


class Lying(int):
    """An integer whose methods return wrong results."""

    def __lt__(self, other: object) -> bool:
        return True

    def __index__(self) -> int:
        return 3


class Changing:
    """Its ``__index__`` returns another integer each time."""

    def __init__(self, *values: int) -> None:
        self.values = iter(values)

    def __index__(self) -> int:
        return next(self.values)


def test_only_the_value_of_an_integer_matters() -> None:
    assert primelanes.count_primes(Lying(10)) == 4
    for number in (2**80, 2**130):
        with pytest.raises(OverflowError, match=str(number)):
            primelanes.count_primes(Lying(number))
        with pytest.raises(OverflowError, match=str(number)):
            primelanes.count_primes(Changing(number, 5))
    assert primelanes.count_primes(Changing(-1, 5)) == 0


def test_any_number_of_workers_gives_the_same_count() -> None:
    for workers in (1, 2, 3, 7):
        assert primelanes.count_primes(10**6, workers=workers, backend="scoped-threads") == 78_498
        assert primelanes.count_primes(10**6, workers=workers, backend="rayon") == 78_498
