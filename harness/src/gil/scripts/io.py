"""What threads gain when they wait rather than compute: Python releases the lock around calls that block.

"sleep": several threads sleep at once. "socket": one thread answers requests of one byte, beside computing threads.
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


def answer_all(port):
    """Answers requests until the other side hangs up."""
    answered = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while connection.recv(1):
            connection.sendall(b"x")
            answered += 1
    return {"answered": answered}


parameters = json.loads(sys.argv[1])
stop = False
if parameters["mode"] == "sleep":
    answer = sleep(parameters["threads"], parameters["seconds"])
else:
    sys.setswitchinterval(parameters["interval_ms"] / 1000)
    for _ in range(parameters["cpu_threads"]):
        # A daemon thread does not keep the script alive if the socket fails.
        threading.Thread(target=compute, daemon=True).start()
    answer = answer_all(parameters["port"])
    stop = True
print(json.dumps(answer))
