"""Counts are right: in every lane, by every algorithm, at the ends of what there is."""

from __future__ import annotations

import random
from typing import SupportsIndex

import pytest

import primelanes
from primelanes import _article

TOP = 2**64 - 1


@pytest.mark.parametrize("backend", [*primelanes.backends(), "auto"])
@pytest.mark.parametrize("algorithm", primelanes.algorithms())
def test_every_lane_counts_right_by_every_algorithm(backend: str, algorithm: str) -> None:
    assert primelanes.count_primes(200_000, algorithm=algorithm, backend=backend) == 17_984
    assert primelanes.count_primes(10**12 + 100, start=10**12, algorithm=algorithm, backend=backend) == 4


def test_counts_agree_with_plain_python() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for limit in [*range(30), *(draw.randrange(20_000) for _ in range(20))]:
        assert primelanes.count_primes(limit) == _article.count_primes(limit), limit
        assert primelanes.count_primes_holding_gil(limit) == _article.count_primes(limit), limit
        start = draw.randrange(limit + 2)
        count = sum(map(_article.is_prime, range(start, limit + 1)))
        assert primelanes.count_primes(limit, start=start) == count, (start, limit)
        assert primelanes.count_primes_holding_gil(limit, start=start) == count, (start, limit)


@pytest.mark.parametrize(
    ("limit", "count"), [(10**6, 78_498), (10**7, 664_579), (10**8, 5_761_455), (10**9, 50_847_534)]
)
def test_powers_of_ten(limit: int, count: int) -> None:
    assert primelanes.count_primes(limit) == count


def test_either_side_of_what_is_counted_without_a_thread() -> None:
    assert [primelanes.count_primes(limit) for limit in (99_990, 99_991, 100_000, 100_001, 100_003)] == [
        9_591,
        9_592,
        9_592,
        9_592,
        9_593,
    ]


def test_both_ends_count() -> None:
    assert primelanes.count_primes(7, start=7) == 1
    assert primelanes.count_primes(7, start=5) == 2
    assert primelanes.count_primes(6, start=7) == 0
    assert primelanes.count_primes(6, start=10**20) == 0
    # The largest prime of 64 bits, and the numbers after it.
    assert primelanes.count_primes(TOP, start=2**64 - 59) == 1


@pytest.mark.parametrize("limit", [-1, -(2**63) - 1, -(2**64), -(10**5000)], ids=int.bit_length)
def test_there_are_no_primes_below_zero(limit: int) -> None:
    assert primelanes.count_primes(limit) == 0
    assert primelanes.count_primes(limit, backend="processes") == 0
    assert primelanes.count_primes_holding_gil(limit) == 0
    assert primelanes.count_primes(10, start=limit) == 4
    assert primelanes.count_primes(limit, start=limit) == 0


class Seven:
    """Not an int, but it can stand for one."""

    def __index__(self) -> int:
        return 7


class Negative:
    """Less than all integers that are long enough to be of 64 bits."""

    def __index__(self) -> int:
        return -(2**70)


@pytest.mark.parametrize(("number", "count"), [(True, 0), (Seven(), 4), (Negative(), 0)])
def test_whatever_can_stand_for_an_integer_does(number: SupportsIndex, count: int) -> None:
    assert primelanes.count_primes(number) == count
    assert primelanes.count_primes(number, start=number, workers=Seven()) == (1 if count == 4 else 0)


class Contrary(int):
    """An integer that says whatever it likes of itself."""

    def __lt__(self, other: object) -> bool:
        return True

    def __index__(self) -> int:
        return 3


class Changing:
    """Each time another integer."""

    def __init__(self, *answers: int) -> None:
        self.answers = iter(answers)

    def __index__(self) -> int:
        return next(self.answers)


def test_an_integer_counts_for_what_it_is() -> None:
    assert primelanes.count_primes(Contrary(10)) == 4
    with pytest.raises(OverflowError, match=str(2**70)):
        primelanes.count_primes(Contrary(2**70))
    with pytest.raises(OverflowError, match=str(2**70)):
        primelanes.count_primes(Changing(2**70, 5))
    assert primelanes.count_primes(Changing(-1, 5)) == 0


def test_as_many_workers_as_are_asked_for() -> None:
    for workers in (1, 2, 3, 7):
        assert primelanes.count_primes(10**6, workers=workers, backend="scoped-threads") == 78_498
        assert primelanes.count_primes(10**6, workers=workers, backend="rayon") == 78_498
