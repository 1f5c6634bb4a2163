"""How long a thread that ticks every millisecond is stalled by one native call in another thread.

"held": the call keeps the lock, as an extension does by default. "released": it gives the lock up meanwhile.
"""
import ctypes
import json
import sys
import threading
import time


def tick(last):
    """Notes the longest time between two ticks, the first of them given."""
    global longest
    while not stop:
        time.sleep(0.001)
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now


parameters = json.loads(sys.argv[1])
sys.setswitchinterval(parameters["interval_ms"] / 1000)
# To ctypes, a PyDLL is a library that needs the lock; around a call into a CDLL it is released.
library = {"held": ctypes.PyDLL, "released": ctypes.CDLL}[parameters["mode"]](None)
# poll() on no files just sleeps, for as long as it is told, where usleep() may refuse a second and more.
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
