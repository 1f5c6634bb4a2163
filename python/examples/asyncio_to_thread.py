"""Counts in threads of an event loop, which goes on meanwhile; where it is cancelled, as by Ctrl-C, they end too."""

from __future__ import annotations

import asyncio
import threading
import time

import primelanes


class Cancelled(Exception):
    """Nobody waits for a count any more."""


async def count_primes(limit: int, start: int = 0) -> int:
    """How many primes there are. Signals do not reach a thread; what a callback raises there ends the count."""
    cancelled = threading.Event()

    def check(_: primelanes.Progress) -> None:
        if cancelled.is_set():
            raise Cancelled

    try:
        return await asyncio.to_thread(primelanes.count_primes, limit, start=start, progress=check)
    finally:
        cancelled.set()


async def tick(longest: list[float]) -> None:
    """What else an event loop does: note the longest time that it was kept from it."""
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest[0] = max(longest[0], now - last)
        last = now


async def main() -> None:
    longest = [0.0]
    ticking = asyncio.create_task(tick(longest))
    counts = await asyncio.gather(count_primes(10**9), count_primes(10**13 + 10**7, start=10**13))
    ticking.cancel()
    print(f"{counts[0]} and {counts[1]} primes; the loop stood still for {longest[0] * 1000:.0f} ms at the longest")


if __name__ == "__main__":
    asyncio.run(main())
