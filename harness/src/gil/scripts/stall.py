"""How long one native call stalls another thread, which ticks every millisecond.

"attached": the call holds the lock, if there is one, as an extension does by default. "detached": it releases the lock
meanwhile. The ticker may also collect garbage. An interpreter without a lock stops all other threads for that: it does not
wait for detached ones, but for a call that stays attached it does.
"""
import ctypes
import gc
import json
import sys
import threading
import time


def tick(last):
    """Measures the longest time between two ticks, starting from `last`."""
    global longest
    while not stop:
        time.sleep(0.001)
        if collects:
            gc.collect()
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now


parameters = json.loads(sys.argv[1])
sys.setswitchinterval(parameters["interval_ms"] / 1000)
# ctypes stays attached during calls into a PyDLL, and is detached during calls into a CDLL.
library = {"attached": ctypes.PyDLL, "detached": ctypes.CDLL}[parameters["mode"]](None)
# poll() on no files sleeps for any length, while usleep() may refuse a second or more.
library.poll.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int]
collects = parameters["collects"]
milliseconds = round(parameters["seconds"] * 1000)

stop = False
longest = 0.0
begun = time.perf_counter()
ticker = threading.Thread(target=tick, args=(time.perf_counter(),))
ticker.start()
time.sleep(0.05)
library.poll(None, 0, milliseconds)
time.sleep(0.05)
stop = True
ticker.join()
print(json.dumps({"longest_stall_ms": longest * 1000}))
