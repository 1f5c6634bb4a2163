"""Prints the seconds that a number of empty calls through a pool of one process take, without the start of the pool."""

import multiprocessing
import sys
import time


def nothing():
    pass


if __name__ == "__main__":
    calls = int(sys.argv[1])
    with multiprocessing.Pool(1) as pool:
        pool.apply(nothing)
        begin = time.perf_counter()
        for _ in range(calls):
            pool.apply(nothing)
        print(time.perf_counter() - begin)
