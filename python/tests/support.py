"""What several tests need."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

WATCHDOG = 120
"""Seconds after which nothing more is expected of whatever is waited for."""


def children(process: int | None = None) -> list[int]:
    """The processes that a process, this one unless it is said, has started and that have not ended."""
    tasks = Path(f"/proc/{process or os.getpid()}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def threads() -> int:
    """How many threads this process has, those of other languages counted."""
    return len(list(Path(f"/proc/{os.getpid()}/task").iterdir()))


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    deadline = time.monotonic() + WATCHDOG
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def python(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs the interpreter with these arguments."""
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done
