"""The count of an article on the global interpreter lock: plain Python, by trial division."""

from math import isqrt


def is_prime(number: int) -> bool:
    """Whether no number from 2 up to its root divides it."""
    for divisor in range(2, isqrt(number) + 1):
        if number % divisor == 0:
            return False
    return number > 1


def count_primes(limit: int) -> int:
    """How many primes there are up to ``limit``, itself counted."""
    count = 0
    for number in range(2, limit + 1):
        if is_prime(number):
            count += 1
    return count
