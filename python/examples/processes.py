"""Counts in the processes of an executor, for work that is partly Python: each process has its own lock."""

from concurrent.futures import ProcessPoolExecutor
from math import log

import primelanes


def ratio_to_estimate(limit: int) -> float:
    """Return the number of primes up to ``limit``, divided by the estimate limit / ln(limit)."""
    # One worker per count is enough, because there are as many processes as cores.
    return primelanes.count_primes(limit, workers=1) * log(limit) / limit


def main() -> None:
    limits = [10**exponent for exponent in range(3, 10)]
    with ProcessPoolExecutor() as processes:
        for limit, ratio in zip(limits, processes.map(ratio_to_estimate, limits)):
            print(f"up to {limit} there are {ratio:.4f} times as many primes as limit / ln(limit)")


if __name__ == "__main__":
    main()
