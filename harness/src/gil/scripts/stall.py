"""How long one native call stalls another thread, which ticks every millisecond.

"held": the call holds the lock, as an extension does by default. "released": it releases the lock meanwhile.
"""
import ctypes
import json
import sys
import threading
import time


def tick(last):
    """Measures the longest time between two ticks, starting from `last`."""
    global longest
    while not stop:
        time.sleep(0.001)
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now


parameters = json.loads(sys.argv[1])
sys.setswitchinterval(parameters["interval_ms"] / 1000)
# ctypes holds the lock during calls into a PyDLL, and releases it around calls into a CDLL.
library = {"held": ctypes.PyDLL, "released": ctypes.CDLL}[parameters["mode"]](None)
# poll() on no files sleeps for any length, while usleep() may refuse a second or more.
library.poll.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int]
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
