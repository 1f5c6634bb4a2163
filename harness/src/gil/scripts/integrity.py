"""Whether threads that add to one count lose updates.

`count += 1` reads, adds and writes. The language does not guarantee that no other thread runs in between.
"""
import json
import sys
import threading
import time


def add(me):
    global count
    own = 0
    ready.wait()
    while not stop:
        count += 1
        own += 1
    updates[me] = own


parameters = json.loads(sys.argv[1])
sys.setswitchinterval(parameters["interval_ms"] / 1000)
stop = False
count = 0
# Starting a thread needs the lock, so no thread computes before all have started.
ready = threading.Barrier(parameters["threads"] + 1)
updates = [0] * parameters["threads"]
threads = [threading.Thread(target=add, args=(me,)) for me in range(parameters["threads"])]

for thread in threads:
    thread.start()
ready.wait()
begun = time.perf_counter()
time.sleep(parameters["seconds"])
stop = True
for thread in threads:
    thread.join()
seconds = time.perf_counter() - begun

expected = sum(updates)
print(json.dumps({
    "expected": expected,
    "counted": count,
    "nanoseconds_per_update": seconds * 1e9 / max(expected, 1),
}))
