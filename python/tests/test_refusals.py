"""What callers are told that ask for what there is not."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import primelanes

TOP = 2**64 - 1
WIDEST = 2**128 - 1
BACKENDS = ", ".join(primelanes.backends())


@pytest.mark.parametrize(
    ("arguments", "refusal", "message"),
    [
        ({"limit": TOP + 1}, OverflowError, f"sieve counts up to {TOP}, and the range ends at {TOP + 1}"),
        (
            {"limit": 10**30, "algorithm": "trial-division"},
            OverflowError,
            f"trial-division counts up to {TOP}, and the range ends at {10**30}",
        ),
        ({"limit": WIDEST + 1}, OverflowError, f"{WIDEST + 1} is above {WIDEST}, the largest number of 128 bits"),
        ({"limit": 1, "start": 2**128}, OverflowError, f"{2**128} is above {WIDEST}, the largest number of 128 bits"),
        (
            {"limit": 2**20_000},
            OverflowError,
            f"an integer of 20001 bits is above {WIDEST}, the largest number of 128 bits",
        ),
        ({"limit": 1e9}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"limit": "10"}, TypeError, "'str' object cannot be interpreted as an integer"),
        ({"limit": None}, TypeError, "'NoneType' object cannot be interpreted as an integer"),
        ({"limit": 1, "start": 0.0}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"limit": 1, "workers": 2.0}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"limit": 1, "workers": 0}, ValueError, "a count takes at least 1 worker, not 0"),
        ({"limit": 1, "workers": -3}, ValueError, "a count takes at least 1 worker, not a negative number"),
        ({"limit": 1, "workers": 1025}, ValueError, "scoped-threads takes at most 1024 workers, not 1025"),
        (
            {"limit": 1, "workers": 2, "backend": "single-thread"},
            ValueError,
            "single-thread takes at most 1 worker, not 2",
        ),
        ({"limit": 1, "backend": "gpu"}, ValueError, f"unknown backend 'gpu': one of auto, {BACKENDS}"),
        (
            {"limit": 1, "algorithm": "guess"},
            ValueError,
            "unknown algorithm 'guess': one of auto, trial-division, sieve",
        ),
        ({"limit": 1, "algorithm": None}, TypeError, "'None' is not an instance of 'str'"),
        ({"limit": 1, "progress": 3}, TypeError, "progress takes something to call, not 'int'"),
    ],
)
def test_a_refusal_names_the_value_and_what_would_do(
    arguments: dict[str, Any], refusal: type[Exception], message: str
) -> None:
    with pytest.raises(refusal) as raised:
        primelanes.count_primes(**arguments)
    assert str(raised.value) == message


def test_the_other_kind_of_count_refuses_the_same() -> None:
    with pytest.raises(OverflowError, match=f"sieve counts up to {TOP}"):
        primelanes.count_primes_holding_gil(TOP + 1)
    with pytest.raises(TypeError, match="'float' object"):
        primelanes.count_primes_holding_gil(1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one of auto, trial-division, sieve"):
        primelanes.count_primes_holding_gil(1, algorithm="guess")


def test_an_index_that_fails_is_heard() -> None:
    class Broken:
        def __index__(self) -> int:
            raise LookupError("no integer today")

    class Overflowing:
        def __index__(self) -> int:
            raise OverflowError("of its own")

    with pytest.raises(LookupError, match="no integer today"):
        primelanes.count_primes(Broken())
    with pytest.raises(OverflowError, match="of its own"):
        primelanes.count_primes(Overflowing())


def test_the_options_are_named() -> None:
    with pytest.raises(TypeError):
        primelanes.count_primes(10, 5)  # type: ignore[call-arg]


def test_the_exception_travels_between_processes() -> None:
    assert issubclass(primelanes.Error, Exception)
    copy = pickle.loads(pickle.dumps(primelanes.Error("lost")))
    assert type(copy) is primelanes.Error
    assert str(copy) == "lost"
