"""Counts in threads of an event loop, which keeps running. The counts end if it is cancelled, for example by Ctrl-C."""

from __future__ import annotations

import asyncio
import threading
import time

import primelanes


async def count_primes(limit: int, start: int = 0) -> int:
    """Count primes in a thread. Signals do not reach it, so the count ends when this task does."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(primelanes.count_primes, limit, start=start, cancel=stop)
    finally:
        stop.set()


async def tick(longest: list[float]) -> None:
    """Run every millisecond in the event loop, and measure the longest delay."""
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
    print(f"{counts[0]} and {counts[1]} primes; the event loop stalled for {longest[0] * 1000:.0f} ms at most")


if __name__ == "__main__":
    asyncio.run(main())
