"""The outcome of the experiment, as text and as an object for JSON."""

from __future__ import annotations

import platform
import textwrap
from statistics import median

from primelanes._experiment import Outcome, Result, call_lanes

HEADINGS = ["lane", "up to", "median", "min .. max", "speed-up", "stall", "counts"]


def heading(outcome: Outcome) -> str:
    """Return one line that names the interpreter and the work."""
    lock = "with" if outcome.locked else "without"
    return (
        f"{platform.python_implementation()} {platform.python_version()} {lock} the global interpreter lock: "
        f"{outcome.settings.tasks} tasks, each counting primes by trial division"
    )


def table(outcome: Outcome) -> str:
    """Return a table with one row per lane."""
    rows = [HEADINGS] + [_row(outcome, result) for result in outcome.results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["   ".join(_cells(row, widths)).rstrip() for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join(f" {line}" for line in lines)


def conclusion(outcome: Outcome) -> str:
    """Return sentences that sum the table up."""
    sentences = [
        _ways_in_python(outcome),
        _interpreters(outcome),
        _ways_in_extension(outcome),
        "Every count is right." if outcome.correct else "SOME COUNTS ARE WRONG.",
    ]
    return "\n".join(textwrap.fill(sentence, width=110) for sentence in sentences)


def as_object(outcome: Outcome) -> dict[str, object]:
    """Return everything that was measured, for ``--json``."""
    lanes = [
        {
            "lane": result.lane,
            "limit": result.limit,
            "seconds": result.seconds,
            "speed_up": outcome.speed_up(result.lane),
            "longest_stall_seconds": result.stall,
            "counts": result.counts,
            "right": result.correct,
        }
        for result in outcome.results
    ]
    return {
        "python": platform.python_version(),
        "locked": outcome.locked,
        "tasks": outcome.settings.tasks,
        "pool_start_seconds": outcome.pool_seconds,
        "interpreter_start_seconds": outcome.interpreter_seconds,
        "lanes": lanes,
    }


def _ways_in_python(outcome: Outcome) -> str:
    tasks = outcome.settings.tasks
    threads, processes = (_times_as_fast(outcome, f"python-{way}") for way in ("threads", "processes"))
    return (
        f"Compared with one count after the other, {tasks} Python threads ran {threads}. {tasks} processes ran "
        f"{processes}, and took {_milliseconds(outcome.pool_seconds)} to start."
    )


def _interpreters(outcome: Outcome) -> str:
    if outcome.interpreter_seconds is None:
        return "The lane python-interpreters was left out: it needs Python 3.14 or later."
    return (
        f"{outcome.settings.tasks} interpreters ran {_times_as_fast(outcome, 'python-interpreters')}, and took "
        f"{_milliseconds(outcome.interpreter_seconds)} to start."
    )


def _ways_in_extension(outcome: Outcome) -> str:
    stalls = {result.lane: _milliseconds(result.stall) for result in outcome.results}
    lanes = call_lanes(outcome.locked)
    speed, detached_speed = (_times_as_fast(outcome, lane) for lane in lanes)
    stall, detached_stall = (stalls[lane] for lane in lanes)
    if outcome.locked:
        return (
            f"Threads in an extension that holds the lock ran {speed}, and stalled a ticker for {stall}. With the lock "
            f"released, they ran {detached_speed}, and stalled it for {detached_stall}."
        )
    return (
        f"Threads in an extension ran {speed} if they stayed attached to the interpreter, and {detached_speed} if they "
        f"were detached. To collect garbage, Python pauses all threads, and waits for a call that stays attached: a "
        f"ticker that collects garbage stalled for {stall} beside attached calls, and for {detached_stall} beside "
        f"detached ones."
    )


def _times_as_fast(outcome: Outcome, lane: str) -> str:
    return f"{outcome.speed_up(lane):.2f} times as fast"


def _row(outcome: Outcome, result: Result) -> list[str]:
    last_run = result.counts[-outcome.settings.tasks :]
    counts = "  ".join(f"{count} {'✓' if count == result.expected else '✗'}" for count in last_run)
    return [
        result.lane,
        str(result.limit),
        f"{median(result.seconds):.3f} s",
        f"{min(result.seconds):.3f} .. {max(result.seconds):.3f} s",
        f"{outcome.speed_up(result.lane):.2f} x",
        _milliseconds(result.stall),
        counts if result.correct else f"{counts}  (✗ in at least one run)",
    ]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _cells(row: list[str], widths: list[int]) -> list[str]:
    first, *figures, last = zip(row, widths)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in figures), last[0]]
