"""Exact prime counts, computed in Rust with the global interpreter lock released.

>>> import primelanes
>>> primelanes.count_primes(10**9)
50847534

``python -m primelanes`` measures what it gains to release the lock.
"""

from primelanes._native import __version__, algorithms, backends, count_primes, count_primes_holding_gil
from primelanes._types import Error, Progress

# Tracebacks, pickles and documentation name the public module, not the private one that defines an object.
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
