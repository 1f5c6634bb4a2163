"""Interpreters in one process, with a lock each, from Python 3.14 on.

Python code runs at once in them. An extension has to say that it can be there several times over, and one built with
PyO3 cannot: to import primelanes there is an ImportError. Nor need it be there, since a count releases the lock of
whoever asks for it: threads will do, as here beside the interpreters.

The script is run in each interpreter too, up to ``__name__``, so that it must not import primelanes at its top.
"""

from concurrent.futures import InterpreterPoolExecutor, ThreadPoolExecutor
from math import isqrt

PIECE = 50_000


def count_piece(start: int) -> int:
    """How many primes there are in the piece that begins here, in Python."""
    numbers = range(max(start, 2), start + PIECE)
    return sum(all(number % divisor for divisor in range(2, isqrt(number) + 1)) for number in numbers)


def import_there() -> str:
    """What comes of an import in the interpreter that runs this."""
    try:
        import primelanes
    except ImportError as refusal:
        return str(refusal)
    return f"primelanes {primelanes.__version__}"


def main() -> None:
    import primelanes

    pieces = range(0, 4 * PIECE, PIECE)
    with ThreadPoolExecutor() as threads, InterpreterPoolExecutor() as interpreters:
        native = threads.submit(primelanes.count_primes, pieces.stop - 1)
        in_python = sum(interpreters.map(count_piece, pieces))
        there = interpreters.submit(import_there).result()
    print(f"{in_python} primes, counted in interpreters; {native.result()}, counted beside them")
    print(f"to import primelanes there: {there}")


if __name__ == "__main__":
    main()
