"""A thread that needs to run every millisecond, like one that serves a user interface."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

PERIOD = 0.001
"""The time between two ticks if nothing stalls them, in seconds."""


class Ticker:
    """Ticks while the ``with`` block runs, and calls a function at each tick."""

    def __init__(self, function: Callable[[], object] = lambda: None) -> None:
        self._function = function
        self.ticks = 0
        """The number of ticks so far."""
        self.stall = 0.0
        """The longest time between two ticks, in seconds."""
        self._stop = threading.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Ticker:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _tick(self) -> None:
        last = time.perf_counter()
        self._started.set()
        while not self._stop.is_set():
            time.sleep(PERIOD)
            self._function()
            now = time.perf_counter()
            self.stall = max(self.stall, now - last)
            self.ticks += 1
            last = now
