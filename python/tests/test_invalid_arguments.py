"""Invalid arguments raise exceptions that name the value and what is allowed."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import primelanes

MAX_64 = 2**64 - 1
MAX_80 = 2**80 - 1
MAX_128 = 2**128 - 1
BACKENDS = ", ".join(primelanes.backends())


@pytest.mark.parametrize(
    ("arguments", "exception", "message"),
    [
        (
            {"limit": MAX_64 + 1, "algorithm": "sieve"},
            OverflowError,
            f"sieve counts up to {MAX_64}, but the range ends at {MAX_64 + 1}",
        ),
        (
            {"limit": MAX_80 + 1, "start": MAX_80, "double_check": True},
            OverflowError,
            f"combinatorial counts up to {MAX_80}, but the range ends at {MAX_80 + 1}",
        ),
        (
            {"limit": 10**30, "algorithm": "trial-division"},
            OverflowError,
            f"trial-division counts up to {MAX_64}, but the range ends at {10**30}",
        ),
        ({"limit": MAX_128 + 1}, OverflowError, f"{MAX_128 + 1} is above {MAX_128}, the largest 128-bit number"),
        (
            {"limit": 1, "start": MAX_128 + 1},
            OverflowError,
            f"{MAX_128 + 1} is above {MAX_128}, the largest 128-bit number",
        ),
        (
            {"limit": MAX_128},
            OverflowError,
            f"combinatorial counts up to {MAX_80}, but the range ends at {MAX_128}",
        ),
        (
            {"limit": MAX_128, "start": MAX_128, "algorithm": "trial-division", "backend": "processes"},
            OverflowError,
            f"trial-division counts up to {MAX_64}, but the range ends at {MAX_128}",
        ),
        (
            {"limit": 2**20_000},
            OverflowError,
            f"an integer of 20001 bits is above {MAX_128}, the largest 128-bit number",
        ),
        ({"limit": 1e9}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"limit": "10"}, TypeError, "'str' object cannot be interpreted as an integer"),
        ({"limit": None}, TypeError, "'NoneType' object cannot be interpreted as an integer"),
        ({"limit": 1, "start": 0.0}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"limit": 1, "workers": 2.0}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"limit": 1, "workers": 0}, ValueError, "workers must be at least 1, not 0"),
        ({"limit": 1, "workers": -3}, ValueError, "workers must be at least 1, not a negative number"),
        ({"limit": 1, "workers": 1025}, ValueError, "scoped-threads takes at most 1024 workers, not 1025"),
        (
            {"limit": 1, "workers": 2, "backend": "single-thread"},
            ValueError,
            "single-thread takes at most 1 worker, not 2",
        ),
        ({"limit": 1, "backend": "gpu"}, ValueError, f"unknown backend 'gpu': expected one of auto, {BACKENDS}"),
        (
            {"limit": 1, "algorithm": "guess"},
            ValueError,
            "unknown algorithm 'guess': expected one of auto, trial-division, sieve, combinatorial",
        ),
        ({"limit": 1, "algorithm": None}, TypeError, "'None' is not an instance of 'str'"),
        ({"limit": 1, "double_check": 1}, TypeError, "'int' object is not an instance of 'bool'"),
        ({"limit": 1, "progress": 3}, TypeError, "progress must be callable, not 'int'"),
    ],
)
def test_the_message_names_the_value_and_what_is_allowed(
    arguments: dict[str, Any], exception: type[Exception], message: str
) -> None:
    with pytest.raises(exception) as raised:
        primelanes.count_primes(**arguments)
    assert str(raised.value) == message


def test_holding_the_lock_makes_no_difference() -> None:
    with pytest.raises(OverflowError, match=f"combinatorial counts up to {MAX_80}"):
        primelanes.count_primes_holding_gil(MAX_80 + 1)
    with pytest.raises(TypeError, match="'float' object"):
        primelanes.count_primes_holding_gil(1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one of auto, trial-division, sieve, combinatorial"):
        primelanes.count_primes_holding_gil(1, algorithm="guess")


def test_an_exception_in_index_reaches_the_caller() -> None:
    class Broken:
        def __index__(self) -> int:
            raise LookupError("no integer today")

    class Overflowing:
        def __index__(self) -> int:
            raise OverflowError("no room")

    with pytest.raises(LookupError, match="no integer today"):
        primelanes.count_primes(Broken())
    with pytest.raises(OverflowError, match="no room"):
        primelanes.count_primes(Overflowing())


def test_options_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        primelanes.count_primes(10, 5)  # type: ignore[call-arg]


def test_the_exception_can_be_pickled() -> None:
    assert issubclass(primelanes.Error, Exception)
    copy = pickle.loads(pickle.dumps(primelanes.Error("lost")))
    assert type(copy) is primelanes.Error
    assert str(copy) == "lost"
