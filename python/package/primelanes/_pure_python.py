"""A prime count in pure Python, by trial division."""

from math import isqrt


def is_prime(number: int) -> bool:
    """Return whether ``number`` is a prime."""
    for divisor in range(2, isqrt(number) + 1):
        if number % divisor == 0:
            return False
    return number > 1


def count_primes(limit: int) -> int:
    """Return the number of primes up to ``limit``, inclusive."""
    count = 0
    for number in range(2, limit + 1):
        if is_prime(number):
            count += 1
    return count
