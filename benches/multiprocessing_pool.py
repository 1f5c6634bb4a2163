"""How long do so many empty calls through a pool of one process take, in seconds? The start of the pool aside."""

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
