"""What the experiment gave, in words and figures."""

from __future__ import annotations

import platform
import sys
import textwrap
from statistics import median

from primelanes._experiment import Outcome, Result

HEADINGS = ["lane", "up to", "median", "min .. max", "speed-up", "stall", "counts"]


def heading(outcome: Outcome) -> str:
    """Which interpreter ran what."""
    # Interpreters from before 3.13 have the lock, and need not say so.
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    lock = "with" if locked else "without"
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {lock} its global interpreter lock: "
        f"{outcome.setting.tasks} tasks, each counting primes by trial division"
    )


def table(outcome: Outcome) -> str:
    """A line for each lane."""
    rows = [HEADINGS] + [_row(outcome, result) for result in outcome.results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["   ".join(_cells(row, widths)).rstrip() for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join(f" {line}" for line in lines)


def conclusion(outcome: Outcome) -> str:
    """What the table says, in words."""
    tasks = outcome.setting.tasks
    faster = {result.lane: f"{outcome.speed_up(result.lane):.2f} times" for result in outcome.results}
    stall = {result.lane: _milliseconds(result.stall) for result in outcome.results}
    said = [
        f"Against one after the other, {tasks} threads of Python ran {faster['python-threads']} as fast, and {tasks} "
        f"processes {faster['python-processes']}, once they had started, in {_milliseconds(outcome.pool_seconds)}.",
        f"In an extension that held the lock, threads ran {faster['extension-held']} as fast, and stalled a ticker for "
        f"{stall['extension-held']}; once it released the lock, {faster['extension-released']}, and for "
        f"{stall['extension-released']}.",
        "Every count is right." if outcome.right else "SOME COUNTS ARE WRONG.",
    ]
    return "\n".join(textwrap.fill(sentence, width=110) for sentence in said)


def as_object(outcome: Outcome) -> dict[str, object]:
    """All of it, for ``--json``."""
    lanes = [
        {
            "lane": result.lane,
            "limit": result.limit,
            "seconds": result.seconds,
            "speed_up": outcome.speed_up(result.lane),
            "longest_stall_seconds": result.stall,
            "counts": result.counts,
            "right": result.right,
        }
        for result in outcome.results
    ]
    return {
        "python": platform.python_version(),
        "tasks": outcome.setting.tasks,
        "pool_start_seconds": outcome.pool_seconds,
        "lanes": lanes,
    }


def _row(outcome: Outcome, result: Result) -> list[str]:
    marked = [
        f"{count} {'✓' if count == result.expected else '✗'}" for count in result.counts[-outcome.setting.tasks :]
    ]
    return [
        result.lane,
        str(result.limit),
        f"{median(result.seconds):.3f} s",
        f"{min(result.seconds):.3f} .. {max(result.seconds):.3f} s",
        f"{outcome.speed_up(result.lane):.2f} x",
        _milliseconds(result.stall),
        "  ".join(marked) if result.right else "  ".join(marked) + "  (✗ in some round)",
    ]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _cells(row: list[str], widths: list[int]) -> list[str]:
    first, *figures, last = zip(row, widths)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in figures), last[0]]
