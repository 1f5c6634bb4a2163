"""Whether threads that add to one count lose updates.

`count += 1` reads, adds and writes. Nothing in the language says that no thread comes in between.
"""
import json
import sys
import threading
import time


def add(me):
    global count
    own = 0
    while not stop:
        count += 1
        own += 1
    updates[me] = own


parameters = json.loads(sys.argv[1])
stop = False
count = 0
updates = [0] * parameters["threads"]
threads = [threading.Thread(target=add, args=(me,)) for me in range(parameters["threads"])]

begun = time.perf_counter()
for thread in threads:
    thread.start()
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
