"""Prime counts on the workers of a Dask cluster.

>>> from dask.distributed import Client  # doctest: +SKIP
>>> from primelanes.distributed import count_primes  # doctest: +SKIP
>>> count_primes(Client("tcp://scheduler:8786"), 10**18)  # doctest: +SKIP
24739954287740860

``python -m primelanes.distributed`` is the same as a command.
"""

try:
    import dask  # noqa: F401
    import distributed  # noqa: F401
except ImportError as error:
    raise ImportError('primelanes.distributed needs dask: pip install "primelanes[distributed]"') from error

from primelanes.distributed._count import count_primes

__all__ = ["count_primes"]

count_primes.__module__ = __name__
