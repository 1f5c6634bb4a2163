"""What threads gain when they wait rather than compute: Python releases the lock around calls that block.

"sleep": several threads sleep at once. "socket": one thread makes round trips of one byte to a local echo server,
beside computing threads.
"""
import json
import socket
import sys
import threading
import time


def sleep(threads, seconds):
    sleepers = [threading.Thread(target=time.sleep, args=(seconds,)) for _ in range(threads)]
    begun = time.perf_counter()
    for sleeper in sleepers:
        sleeper.start()
    for sleeper in sleepers:
        sleeper.join()
    return {"seconds": time.perf_counter() - begun}


def compute():
    while not stop:
        pass


def round_trips(port, count):
    latencies = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            begun = time.perf_counter()
            connection.sendall(b"x")
            if not connection.recv(1):
                raise ConnectionError("the echo server hung up")
            latencies.append((time.perf_counter() - begun) * 1000)
    return latencies


parameters = json.loads(sys.argv[1])
stop = False
if parameters["mode"] == "sleep":
    answer = sleep(parameters["threads"], parameters["seconds"])
else:
    sys.setswitchinterval(parameters["interval_ms"] / 1000)
    for _ in range(parameters["cpu_threads"]):
        # A daemon thread does not keep the script alive if the server fails.
        threading.Thread(target=compute, daemon=True).start()
    latencies = round_trips(parameters["port"], parameters["round_trips"])
    stop = True
    answer = {"seconds": sum(latencies) / 1000, "latencies_ms": latencies}
print(json.dumps(answer))
