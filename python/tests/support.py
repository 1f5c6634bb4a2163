"""What several tests need."""

from __future__ import annotations

import contextlib
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
    found: list[int] = []
    for task in Path(f"/proc/{process or os.getpid()}/task").glob("*/children"):
        # A thread may have ended since it was listed.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, task.read_text().split())
    return found


def workers() -> list[int]:
    """Those of them that are worker processes, and none of ``multiprocessing``, say."""
    found = []
    for child in children():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"primelanes.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


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


def python(
    *arguments: str, check: bool = True, stdin: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the interpreter with these arguments."""
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, input=stdin, cwd=cwd, timeout=WATCHDOG, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done
