"""Several counts at once in threads. Each count releases the lock, so they run in parallel."""

from concurrent.futures import ThreadPoolExecutor

import primelanes


def count_million(start: int) -> int:
    """Count the primes among the million numbers that begin at ``start``."""
    # One worker per count is enough, because several counts run at once.
    return primelanes.count_primes(start + 999_999, start=start, workers=1)


def main() -> None:
    starts = [10**exponent for exponent in range(9, 16)]
    with ThreadPoolExecutor() as threads:
        for start, count in zip(starts, threads.map(count_million, starts)):
            print(f"{count} primes among the million numbers from {start} on")


if __name__ == "__main__":
    main()
