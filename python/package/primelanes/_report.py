"""The outcome of the experiment, as text and as an object for JSON."""

from __future__ import annotations

import platform
import sys
import textwrap
from statistics import median

from primelanes._experiment import Outcome, Result

HEADINGS = ["lane", "up to", "median", "min .. max", "speed-up", "stall", "counts"]


def heading(outcome: Outcome) -> str:
    """Return one line that names the interpreter and the work."""
    # Interpreters before 3.13 always have the lock, and cannot be asked.
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    lock = "with" if locked else "without"
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
    tasks = outcome.settings.tasks
    speed = {result.lane: f"{outcome.speed_up(result.lane):.2f} times as fast" for result in outcome.results}
    stall = {result.lane: _milliseconds(result.stall) for result in outcome.results}
    sentences = [
        f"Compared with one count after the other, {tasks} Python threads ran {speed['python-threads']}. {tasks} "
        f"processes ran {speed['python-processes']}, and took {_milliseconds(outcome.pool_seconds)} to start.",
        f"Threads in an extension that holds the lock ran {speed['extension-held']}, and stalled a ticker for "
        f"{stall['extension-held']}. With the lock released, they ran {speed['extension-released']}, and stalled it "
        f"for {stall['extension-released']}.",
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
        "tasks": outcome.settings.tasks,
        "pool_start_seconds": outcome.pool_seconds,
        "lanes": lanes,
    }


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
