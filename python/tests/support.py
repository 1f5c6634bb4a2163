"""Helpers for several tests."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

WATCHDOG = 120
"""Seconds. Whatever takes longer hangs."""


def children(process: int | None = None) -> list[int]:
    """Return the running child processes of a process, by default of this one."""
    found: list[int] = []
    for task in Path(f"/proc/{process or os.getpid()}/task").glob("*/children"):
        # The thread may have ended in the meantime.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, task.read_text().split())
    return found


def is_gone(process: int) -> bool:
    """Return whether a process has ended. A zombie of another parent may be left."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def workers() -> list[int]:
    """Return those children of this process that are worker processes of primelanes."""
    found = []
    for child in children():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"primelanes._native" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def threads() -> int:
    """Return how many threads this process has, including those that Python does not know."""
    return len(list(Path(f"/proc/{os.getpid()}/task").iterdir()))


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds, and return whether it did in time."""
    deadline = time.monotonic() + WATCHDOG
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def python(
    *arguments: str,
    check: bool = True,
    stdin: str = "",
    cwd: Path | None = None,
    timeout: float = WATCHDOG,
    interpreter: str = sys.executable,
) -> subprocess.CompletedProcess[str]:
    """Run the interpreter with these arguments. Unless ``check`` is false, it must succeed."""
    command = [interpreter, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, input=stdin, cwd=cwd, timeout=timeout, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done
