"""A thread that wants to run every millisecond, as one that serves a user interface does."""

from __future__ import annotations

import threading
import time
from types import TracebackType

PERIOD = 0.001
"""Between two ticks, in seconds, if nothing stalls them."""


class Ticker:
    """Ticks as long as the ``with`` block runs."""

    def __init__(self) -> None:
        self.ticks = 0
        """How many there were."""
        self.stall = 0.0
        """The longest time between two of them, in seconds."""
        self._stop = threading.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Ticker:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _tick(self) -> None:
        last = time.perf_counter()
        self._started.set()
        while not self._stop.is_set():
            time.sleep(PERIOD)
            now = time.perf_counter()
            self.stall = max(self.stall, now - last)
            self.ticks += 1
            last = now
