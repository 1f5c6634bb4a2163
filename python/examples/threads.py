"""Several counts at once, in threads: each releases the lock, so they run side by side."""

from concurrent.futures import ThreadPoolExecutor

import primelanes


def count_million(start: int) -> int:
    """How many primes there are among a million numbers."""
    # One worker a count: there are as many counts as there are threads already.
    return primelanes.count_primes(start + 999_999, start=start, workers=1)


def main() -> None:
    starts = [10**exponent for exponent in range(9, 16)]
    with ThreadPoolExecutor() as team:
        for start, count in zip(starts, team.map(count_million, starts)):
            print(f"{count} primes in a million numbers from {start} on")


if __name__ == "__main__":
    main()
