"""Several interpreters in one process, each with its own lock, from Python 3.14 on.

Python code runs in all of them at once. An extension must declare that it can be loaded more than once, and extensions
built with PyO3 cannot: in another interpreter, ``import primelanes`` raises ImportError. It is not needed there either.
A count releases the lock of its interpreter, so a thread of the main interpreter can count while others run, as here.

Each interpreter runs this script too, except the last block, so it must not import primelanes at the top.
"""

from concurrent.futures import InterpreterPoolExecutor, ThreadPoolExecutor
from math import isqrt

PIECE = 50_000


def count_piece(start: int) -> int:
    """Count the primes of the piece that begins at ``start``, in Python."""
    numbers = range(max(start, 2), start + PIECE)
    return sum(all(number % divisor for divisor in range(2, isqrt(number) + 1)) for number in numbers)


def try_import() -> str:
    """Import primelanes in the interpreter that runs this function, and return what happens."""
    try:
        import primelanes
    except ImportError as error:
        return str(error)
    return f"primelanes {primelanes.__version__}"


def main() -> None:
    import primelanes

    pieces = range(0, 4 * PIECE, PIECE)
    with ThreadPoolExecutor() as threads, InterpreterPoolExecutor() as interpreters:
        native = threads.submit(primelanes.count_primes, pieces.stop - 1)
        in_python = sum(interpreters.map(count_piece, pieces))
        imported = interpreters.submit(try_import).result()
    print(f"{in_python} primes, counted in interpreters; {native.result()}, counted in a thread")
    print(f"import in another interpreter: {imported}")


if __name__ == "__main__":
    main()
