"""How late a thread wakes from a short sleep while others compute.

A woken thread needs the lock, and a computing thread drops it only when asked, one interval later. Without a sleeper
("sleep_ms": null), the others compute alone.
"""
import json
import sys
import threading
import time


def compute(me):
    iterations = 0
    ready.wait()
    while not stop:
        iterations += 1
    work[me] = iterations


parameters = json.loads(sys.argv[1])
sys.setswitchinterval(parameters["interval_ms"] / 1000)
count = parameters["cpu_threads"]

stop = False
work = [0] * count
# Starting a thread needs the lock, so no thread computes before all have started.
ready = threading.Barrier(count + 1)
threads = [threading.Thread(target=compute, args=(me,)) for me in range(count)]
for thread in threads:
    thread.start()
ready.wait()
started = time.perf_counter()

latencies = []
if parameters["sleep_ms"] is None:
    time.sleep(parameters["seconds"])
else:
    sleep = parameters["sleep_ms"] / 1000
    end = time.perf_counter() + parameters["seconds"]
    while time.perf_counter() < end:
        begun = time.perf_counter()
        time.sleep(sleep)
        latencies.append((time.perf_counter() - begun - sleep) * 1000)

stop = True
for thread in threads:
    thread.join()
seconds = time.perf_counter() - started
print(json.dumps({"latencies_ms": latencies, "seconds": seconds, "work": work}))
