"""How late a thread wakes from a short sleep while others compute.

A woken thread needs the lock, and a computing thread drops it only when asked, one interval later. Without a sleeper
("sleep_ms": null), the others compute alone. Each may have an interpreter of its own ("interpreters": true), and so a
lock of its own.
"""
import json
import sys
import threading
import time

IN_INTERPRETER = """
import time
ready[me] = 1
while not started[0]:
    time.sleep(0.001)
iterations = 0
while not stop[0]:
    iterations += 1
work[me] = iterations
"""


def compute(me):
    iterations = 0
    ready[me] = 1
    start.wait()
    # Without a lock, an object that threads share would be measured too.
    while not stopped:
        iterations += 1
    work[me] = iterations


def compute_in_interpreter(me):
    try:
        from concurrent import interpreters

        own = interpreters.create()
        try:
            own.prepare_main(me=me, ready=ready, started=started, stop=stop, work=work)
            own.exec(IN_INTERPRETER)
        finally:
            own.close()
    except Exception as error:
        failures.append(f"{type(error).__name__}: {error}")


def shared(length):
    """Return numbers that interpreters can share."""
    return memoryview(bytearray(8 * length)).cast("Q")


parameters = json.loads(sys.argv[1])
sys.setswitchinterval(parameters["interval_ms"] / 1000)
count = parameters["cpu_threads"]

ready, work, started, stop = shared(count), shared(count), shared(1), shared(1)
start, stopped, failures = threading.Event(), False, []
target = compute_in_interpreter if parameters["interpreters"] else compute
threads = [threading.Thread(target=target, args=(me,)) for me in range(count)]
for thread in threads:
    thread.start()
# Starting a thread needs the lock, so no thread computes before all have started.
while not all(ready) and not failures:
    time.sleep(0.001)
started[0] = 1
start.set()
begun = time.perf_counter()

latencies = []
if failures:
    pass
elif parameters["sleep_ms"] is None:
    time.sleep(parameters["seconds"])
else:
    sleep = parameters["sleep_ms"] / 1000
    end = begun + parameters["seconds"]
    while time.perf_counter() < end:
        before = time.perf_counter()
        time.sleep(sleep)
        latencies.append((time.perf_counter() - before - sleep) * 1000)

stopped = True
stop[0] = 1
for thread in threads:
    thread.join()
seconds = time.perf_counter() - begun
if failures:
    sys.exit(failures[0])
print(json.dumps({"latencies_ms": latencies, "seconds": seconds, "work": list(work)}))
