"""Exact prime counts, computed in Rust with the global interpreter lock released.

>>> import primelanes
>>> primelanes.count_primes(10**9)
50847534

``python -m primelanes`` measures what it gains to release the lock.
"""

from primelanes._counting import count_primes, count_primes_holding_gil
from primelanes._lanes import GlobalLock, Lane, Processes, Rayon, ScopedThreads, SingleThread
from primelanes._native import __version__, algorithms, backends, is_prime, next_prime, previous_prime
from primelanes._primes import array, nth_prime, primes
from primelanes._types import Cancelled, Error, Progress

__all__ = [
    "Cancelled",
    "Error",
    "GlobalLock",
    "Lane",
    "Processes",
    "Progress",
    "Rayon",
    "ScopedThreads",
    "SingleThread",
    "__version__",
    "algorithms",
    "array",
    "backends",
    "count_primes",
    "count_primes_holding_gil",
    "is_prime",
    "next_prime",
    "nth_prime",
    "previous_prime",
    "primes",
]

# Tracebacks, pickles and documentation name the public module, not the private one that defines an object.
for _name in __all__:
    if callable(_public := globals()[_name]):
        _public.__module__ = __name__
