"""Prime counts on the workers of a Dask cluster.

>>> from dask.distributed import Client  # doctest: +SKIP
>>> from primelanes.distributed import count_primes  # doctest: +SKIP
>>> count_primes(Client("tcp://scheduler:8786"), 10**18)  # doctest: +SKIP
24739954287740860

``python -m primelanes.distributed`` is the same as a command.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from primelanes.distributed._count import count_primes

__all__ = ["count_primes"]


def __getattr__(name: str) -> object:
    # Dask is imported when it is used, so that the command can say in one line that it is missing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import dask  # noqa: F401
        import distributed  # noqa: F401
    except ImportError as error:
        raise ImportError('primelanes.distributed needs dask: pip install "primelanes[distributed]"') from error
    from primelanes.distributed._count import count_primes

    count_primes.__module__ = __name__
    globals()[name] = count_primes
    return count_primes
