"""What ``python -m primelanes`` says with and without a lock, and with and without interpreters."""

from __future__ import annotations

import json
import platform

import pytest

from primelanes import _report
from primelanes._experiment import Outcome, Result, Settings, call_lanes


@pytest.fixture(autouse=True)
def version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the texts independent of the interpreter."""
    monkeypatch.setattr(platform, "python_implementation", lambda: "CPython")
    monkeypatch.setattr(platform, "python_version", lambda: "3.14.9")


def outcome(locked: bool, interpreters: bool) -> Outcome:
    """Return an outcome with two counts in each lane. A lane that runs both at once takes half the time."""
    attached, detached = call_lanes(locked)

    def python(lane: str, seconds: float, stall: float) -> Result:
        return Result(lane, "python-sequential", 100, 25, [25] * 8, [seconds, seconds * 0.9, seconds * 1.1], stall)

    def extension(lane: str, seconds: float, stall: float) -> Result:
        return Result(lane, "extension-sequential", 1000, 168, [168] * 8, [seconds] * 3, stall)

    results = [
        python("python-sequential", 1.0, 0.008),
        python("python-threads", 1.0 if locked else 0.5, 0.1 if locked else 0.002),
        python("python-processes", 0.5, 0.004),
        *([python("python-interpreters", 0.5, 0.003)] if interpreters else []),
        extension("extension-sequential", 0.5, 0.005),
        extension(attached, 0.5 if locked else 0.25, 0.5 if locked else 0.25),
        extension(detached, 0.25, 0.002),
    ]
    settings = Settings(limit=100, native_limit=1000, tasks=2, rounds=3)
    return Outcome(settings, locked, results, 0.013, 0.088 if interpreters else None)


def text(locked: bool, interpreters: bool) -> str:
    made = outcome(locked, interpreters)
    return "\n".join([_report.heading(made), _report.table(made), _report.conclusion(made)])


def test_with_a_lock_and_without_interpreters() -> None:
    assert text(locked=True, interpreters=False) == (
        """\
CPython 3.14.9 with the global interpreter lock: 2 tasks, each counting primes by trial division
 lane                   up to    median         min .. max   speed-up      stall   counts
 ──────────────────────────────────────────────────────────────────────────────────────────────
 python-sequential        100   1.000 s   0.900 .. 1.100 s     1.00 x     8.0 ms   25 ✓  25 ✓
 python-threads           100   1.000 s   0.900 .. 1.100 s     1.00 x   100.0 ms   25 ✓  25 ✓
 python-processes         100   0.500 s   0.450 .. 0.550 s     2.00 x     4.0 ms   25 ✓  25 ✓
 extension-sequential    1000   0.500 s   0.500 .. 0.500 s     1.00 x     5.0 ms   168 ✓  168 ✓
 extension-held          1000   0.500 s   0.500 .. 0.500 s     1.00 x   500.0 ms   168 ✓  168 ✓
 extension-released      1000   0.250 s   0.250 .. 0.250 s     2.00 x     2.0 ms   168 ✓  168 ✓
Compared with one count after the other, 2 Python threads ran 1.00 times as fast. 2 processes ran 2.00 times
as fast, and took 13.0 ms to start.
The lane python-interpreters was left out: it needs Python 3.14 or later.
Threads in an extension that holds the lock ran 1.00 times as fast, and stalled a ticker for 500.0 ms. With
the lock released, they ran 2.00 times as fast, and stalled it for 2.0 ms.
Every count is right."""
    )


def test_without_a_lock_and_with_interpreters() -> None:
    assert text(locked=False, interpreters=True) == (
        """\
CPython 3.14.9 without the global interpreter lock: 2 tasks, each counting primes by trial division
 lane                   up to    median         min .. max   speed-up      stall   counts
 ──────────────────────────────────────────────────────────────────────────────────────────────
 python-sequential        100   1.000 s   0.900 .. 1.100 s     1.00 x     8.0 ms   25 ✓  25 ✓
 python-threads           100   0.500 s   0.450 .. 0.550 s     2.00 x     2.0 ms   25 ✓  25 ✓
 python-processes         100   0.500 s   0.450 .. 0.550 s     2.00 x     4.0 ms   25 ✓  25 ✓
 python-interpreters      100   0.500 s   0.450 .. 0.550 s     2.00 x     3.0 ms   25 ✓  25 ✓
 extension-sequential    1000   0.500 s   0.500 .. 0.500 s     1.00 x     5.0 ms   168 ✓  168 ✓
 extension-attached      1000   0.250 s   0.250 .. 0.250 s     2.00 x   250.0 ms   168 ✓  168 ✓
 extension-detached      1000   0.250 s   0.250 .. 0.250 s     2.00 x     2.0 ms   168 ✓  168 ✓
Compared with one count after the other, 2 Python threads ran 2.00 times as fast. 2 processes ran 2.00 times
as fast, and took 13.0 ms to start.
2 interpreters ran 2.00 times as fast, and took 88.0 ms to start.
Threads in an extension ran 2.00 times as fast if they stayed attached to the interpreter, and 2.00 times as
fast if they were detached. To collect garbage, Python pauses all threads, and waits for a call that stays
attached: a ticker that collects garbage stalled for 250.0 ms beside attached calls, and for 2.0 ms beside
detached ones.
Every count is right."""
    )


@pytest.mark.parametrize("locked", [True, False])
def test_interpreters_change_one_row_and_one_sentence(locked: bool) -> None:
    without, with_them = (text(locked, interpreters).splitlines() for interpreters in (False, True))
    assert [line for line in without if line not in with_them] == [
        "The lane python-interpreters was left out: it needs Python 3.14 or later."
    ]
    assert [line for line in with_them if line not in without] == [
        " python-interpreters      100   0.500 s   0.450 .. 0.550 s     2.00 x     3.0 ms   25 ✓  25 ✓",
        "2 interpreters ran 2.00 times as fast, and took 88.0 ms to start.",
    ]


@pytest.mark.parametrize("locked", [True, False])
def test_json_says_whether_there_is_a_lock(locked: bool) -> None:
    made = json.loads(json.dumps(_report.as_object(outcome(locked, interpreters=False))))
    lanes = made.pop("lanes")
    assert made == {
        "python": "3.14.9",
        "locked": locked,
        "tasks": 2,
        "pool_start_seconds": 0.013,
        "interpreter_start_seconds": None,
    }
    assert lanes[1] == {
        "lane": "python-threads",
        "limit": 100,
        "seconds": [1.0, 0.9, 1.1] if locked else [0.5, 0.45, 0.55],
        "speed_up": 1.0 if locked else 2.0,
        "longest_stall_seconds": 0.1 if locked else 0.002,
        "counts": [25] * 8,
        "right": True,
    }
    assert (
        json.loads(json.dumps(_report.as_object(outcome(locked, interpreters=True))))["interpreter_start_seconds"]
        == 0.088
    )
