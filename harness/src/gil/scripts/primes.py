"""Several identical counts of primes: one after another, in threads, in processes, or in interpreters.

The clock starts when everything is set up: the threads are ready to start, and every process has answered once.
"""
import json
import math
import multiprocessing
import sys
import threading
import time


def is_prime(number):
    for divisor in range(2, math.isqrt(number) + 1):
        if number % divisor == 0:
            return False
    return True


def count_primes(limit):
    """Counts the primes up to `limit`, inclusive."""
    count = 0
    for number in range(2, limit + 1):
        if is_prime(number):
            count += 1
    return count


def task(limit):
    """Returns the count, and the processor time that this process spent on it."""
    begun = time.process_time()
    count = count_primes(limit)
    return count, time.process_time() - begun


def sequential(limit, tasks):
    clock = Clock()
    counts = [count_primes(limit) for _ in range(tasks)]
    return clock.answer(counts)


def threads(limit, tasks):
    counts = [None] * tasks

    def work(index):
        counts[index] = count_primes(limit)

    team = [threading.Thread(target=work, args=(index,)) for index in range(tasks)]
    clock = Clock()
    for thread in team:
        thread.start()
    for thread in team:
        thread.join()
    return clock.answer(counts)


def processes(limit, tasks):
    # Every worker waits for all others, so that none is still starting when the clock starts.
    ready = multiprocessing.Barrier(tasks + 1)
    with multiprocessing.Pool(tasks, initializer=ready.wait) as pool:
        ready.wait()
        pool.map(task, [10] * tasks, chunksize=1)
        clock = Clock()
        results = pool.map(task, [limit] * tasks, chunksize=1)
        answer = clock.answer([count for count, _ in results], sum(spent for _, spent in results))
        # The end of the block terminates the workers by a signal, which they ignore if this process does.
        pool.close()
        pool.join()
        return answer


def identify():
    """Returns which interpreter this is, after a pause in which others can answer."""
    from concurrent.interpreters import get_current

    time.sleep(0.01)
    return get_current().id


def interpreters(limit, tasks):
    # New in Python 3.14.
    from concurrent.futures import InterpreterPoolExecutor

    with InterpreterPoolExecutor(tasks) as pool:
        # Until every interpreter has answered, some are still starting.
        ready = set()
        while len(ready) < tasks:
            ready.update(future.result() for future in [pool.submit(identify) for _ in range(tasks)])
        clock = Clock()
        counts = [future.result() for future in [pool.submit(count_primes, limit) for _ in range(tasks)]]
        return clock.answer(counts)


class Clock:
    """Measures wall-clock time, and processor time of this process with all its threads."""

    def __init__(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def answer(self, counts, elsewhere=0.0):
        """Returns the answer of the script. `elsewhere` is the processor time of other processes."""
        processor = time.process_time() - self.processor + elsewhere
        return {"seconds": time.perf_counter() - self.wall, "processor_seconds": processor, "counts": counts}


if __name__ == "__main__":
    parameters = json.loads(sys.argv[1])
    modes = {"sequential": sequential, "threads": threads, "processes": processes, "interpreters": interpreters}
    print(json.dumps(modes[parameters["mode"]](parameters["limit"], parameters["tasks"])))
