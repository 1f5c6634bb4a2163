"""Exact prime counts, computed in Rust with the global interpreter lock released.

>>> import primelanes
>>> primelanes.count_primes(10**9)
50847534

``python -m primelanes`` measures what it gains to release the lock.
"""

from primelanes._counting import count_primes, count_primes_holding_gil
from primelanes._lanes import GlobalLock, Lane, Processes, Rayon, ScopedThreads, SingleThread
from primelanes._native import __version__, algorithms, backends
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
    "backends",
    "count_primes",
    "count_primes_holding_gil",
]

# Tracebacks, pickles and documentation name the public module, not the private one that defines an object.
for _name in __all__:
    if callable(_public := globals()[_name]):
        _public.__module__ = __name__
