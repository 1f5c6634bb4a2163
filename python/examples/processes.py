"""Counts in the processes of an executor, for work that is part Python: there each process has a lock to itself."""

from concurrent.futures import ProcessPoolExecutor
from math import log

import primelanes


def over_estimate(limit: int) -> float:
    """How many times as many primes there are as limit / ln(limit)."""
    # One worker a count: there are as many processes as there are cores already.
    return primelanes.count_primes(limit, workers=1) * log(limit) / limit


def main() -> None:
    limits = [10**exponent for exponent in range(3, 10)]
    with ProcessPoolExecutor() as team:
        for limit, ratio in zip(limits, team.map(over_estimate, limits)):
            print(f"up to {limit} there are {ratio:.4f} times as many primes as limit / ln(limit)")


if __name__ == "__main__":
    main()
