"""Exact prime counts, with the global interpreter lock released.

>>> import primelanes
>>> primelanes.count_primes(10**9)
50847534

``python -m primelanes`` shows what releasing the lock is worth.
"""

from primelanes._native import __version__, algorithms, backends, count_primes, count_primes_holding_gil
from primelanes._types import Error, Progress

# Where they are to be found, whatever they are made of.
for _public in (algorithms, backends, count_primes, count_primes_holding_gil, Error, Progress):
    _public.__module__ = __name__

__all__ = [
    "Error",
    "Progress",
    "__version__",
    "algorithms",
    "backends",
    "count_primes",
    "count_primes_holding_gil",
]
