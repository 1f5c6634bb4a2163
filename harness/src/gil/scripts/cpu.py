"""How long a thread keeps the interpreter's lock while others want it.

Answers with the length of every slice: the time from when a thread takes the lock until another has it. Slices that
the end cuts off are left out. Without a lock, there are no slices, and the threads only compute.
"""
import json
import sys
import threading
import time


def spin(me, work, slices):
    """Computes until `stop`, and notices whenever another thread has had the lock."""
    clock = time.perf_counter
    iterations = 0
    begun = last = None
    ready.wait()
    while not stop:
        now = clock()
        iterations += 1
        if owner[0] != me:
            # A thread loses the lock at calls and at the end of the loop, so it still had the lock at `last`.
            if begun is not None:
                slices.append((last - begun) * 1000)
            begun = last = clock()
            if owner[0] is not None:
                noticed[me] += 1
            owner[0] = me
        else:
            last = now
    work[me] = iterations


def spin_freely(me, work, _):
    """Computes until `stop`. Nothing is shared, since that would be measured too."""
    iterations = 0
    ready.wait()
    while not stop:
        iterations += 1
    work[me] = iterations


# Only builds that can run without the lock have this function.
locked = getattr(sys, "_is_gil_enabled", lambda: True)()
parameters = json.loads(sys.argv[1])
count = parameters["threads"]
sys.setswitchinterval(parameters["interval_ms"] / 1000)

stop = False
owner = [None]  # each thread sets it when it finds another one here
noticed = [0] * count
# Starting a thread needs the lock, so no thread computes before all have started.
ready = threading.Barrier(count + 1)
work = [0] * count
slices = [[] for _ in range(count)]
spin = spin if locked else spin_freely
threads = [threading.Thread(target=spin, args=(me, work, slices[me])) for me in range(count)]

for thread in threads:
    thread.start()
ready.wait()
begun = time.perf_counter()
time.sleep(parameters["seconds"])
stop = True
for thread in threads:
    thread.join()
seconds = time.perf_counter() - begun

print(json.dumps({
    "slices_ms": [length for each in slices for length in each] if locked else None,
    "switches": sum(noticed) if locked else None,
    "seconds": seconds,
    "work": work,
}))
