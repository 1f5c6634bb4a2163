"""One count in the processes of a ``multiprocessing.Pool``, split into pieces of the range."""

import multiprocessing

import primelanes

LIMIT, PIECE = 10**9, 10**8


def count_piece(start: int) -> int:
    """Count the primes of the piece that begins at ``start``."""
    return primelanes.count_primes(start + PIECE - 1, start=start, workers=1)


def main() -> None:
    with multiprocessing.Pool() as pool:
        counts = pool.map(count_piece, range(1, LIMIT, PIECE), chunksize=1)
    print(f"{sum(counts)} primes up to {LIMIT}, in {len(counts)} pieces")


if __name__ == "__main__":
    main()
