"""Ctrl-C ends a count at once, and the shutdown of the interpreter does not wait for one."""

from __future__ import annotations

from pathlib import Path

import pytest

import primelanes
from support import python

INTERRUPTED = """
import os, signal, sys, threading, time
sys.path.insert(0, {tests!r})
import primelanes
from support import eventually, threads, workers

def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)

before = threads()
threading.Thread(target=interrupt).start()
try:
    primelanes.count_primes(10**18, start={start}, backend={backend!r}, algorithm={algorithm!r})
except KeyboardInterrupt:
    assert eventually(lambda: threads() <= before), threads()
    assert eventually(lambda: not workers()), workers()
    assert primelanes.count_primes(10**6, backend={backend!r}) == 78498
    print("interrupted")
"""


@pytest.mark.parametrize("backend", primelanes.backends())
@pytest.mark.parametrize(("algorithm", "start"), [("sieve", 0), ("trial-division", 10**17), ("combinatorial", 0)])
def test_ctrl_c_ends_a_count_and_leaves_no_thread_or_process(
    request: pytest.FixtureRequest, backend: str, algorithm: str, start: int
) -> None:
    tests = str(request.path.parent)
    script = INTERRUPTED.format(tests=tests, backend=backend, algorithm=algorithm, start=start)
    assert python("-c", script).stdout == "interrupted\n"


def test_ctrl_c_works_if_the_callback_runs_no_python_code() -> None:
    # Reports arrive faster than the poll interval, and list.append does not check for signals.
    script = """
import os, signal, threading, time
import primelanes

def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)

reports = []
threading.Thread(target=interrupt).start()
try:
    primelanes.count_primes(10**13, algorithm="sieve", backend="single-thread", progress=reports.append)
except KeyboardInterrupt:
    print("interrupted", len(reports) > 0)
"""
    assert python("-c", script).stdout == "interrupted True\n"


def test_ctrl_c_works_while_workers_start(tmp_path: Path) -> None:
    # The program leaves a file if it is still alive after five seconds. Counts wait ten seconds for a worker to greet.
    worker, late = tmp_path / "worker", tmp_path / "late"
    worker.write_text(f"#!/bin/sh\nsleep 5\necho late > {late}\nsleep 60\n")
    worker.chmod(0o755)
    script = f"""
import os, signal, sys, threading, time
import primelanes

def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)

sys.executable = {str(worker)!r}
threading.Thread(target=interrupt).start()
try:
    primelanes.count_primes(10**9, backend="processes")
except KeyboardInterrupt:
    print("interrupted")
"""
    assert python("-c", script).stdout == "interrupted\n"
    assert not late.exists()


def test_a_count_during_shutdown_ends() -> None:
    # Objects in builtins are destroyed last, when nothing can be imported and exceptions are only printed.
    script = """
import builtins, os
import primelanes

class Last:
    def __del__(self, count=primelanes.count_primes, write=os.write):
        # A short count runs to its end, because it is never interrupted.
        write(1, b"%d" % count(1000))
        count(10**18, algorithm="sieve")

builtins.last = Last()
"""
    done = python("-c", script)
    assert done.stdout == "168"
    assert "primelanes.Error: the interpreter is shutting down" in done.stderr


def test_an_exception_from_a_signal_handler_ends_the_count() -> None:
    script = """
import os, signal, threading, time
import primelanes

class Alarm(Exception):
    pass

def handle(number, frame):
    raise Alarm

signal.signal(signal.SIGALRM, handle)
signal.alarm(1)
try:
    primelanes.count_primes(10**18, algorithm="sieve")
except Alarm:
    print("alarm")
"""
    assert python("-c", script).stdout == "alarm\n"


def test_a_signal_handler_that_returns_does_not_end_the_count() -> None:
    script = """
import signal
import primelanes

heard = []
signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
count = primelanes.count_primes(10**10, algorithm="sieve", backend="single-thread")
signal.setitimer(signal.ITIMER_REAL, 0)
print(count, len(heard) > 1)
"""
    assert python("-c", script).stdout == "455052511 True\n"


def test_the_interpreter_exits_while_a_daemon_thread_counts() -> None:
    script = """
import threading, time
import primelanes

kwargs = {"algorithm": "sieve"}
threading.Thread(target=primelanes.count_primes, args=(10**18,), kwargs=kwargs, daemon=True).start()
time.sleep(0.3)
print("the end")
"""
    done = python("-c", script)
    assert (done.stdout, done.stderr) == ("the end\n", "")


@pytest.mark.parametrize("backend", ["auto", "processes"])
def test_the_interpreter_exits_while_daemon_threads_call_back(backend: str) -> None:
    script = f"""
import threading, time
import primelanes

def count():
    primelanes.count_primes(10**18, algorithm="sieve", backend={backend!r}, progress=lambda _: time.sleep(0.05))

for _ in range(2):
    threading.Thread(target=count, daemon=True).start()
time.sleep(0.3)
"""
    for _ in range(25):
        done = python("-c", script)
        assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("backend", primelanes.backends())
def test_counts_in_del_at_shutdown_succeed_or_raise_one_error(backend: str) -> None:
    script = f"""
import builtins
import primelanes

class Last:
    def __del__(self, count=primelanes.count_primes):
        print(count(10**6, algorithm="sieve", backend={backend!r}))

builtins.last = Last()
"""
    done = python("-c", script)
    if done.stdout != "78498\n":
        assert "primelanes.Error: the interpreter is shutting down" in done.stderr
        assert "During handling" not in done.stderr


@pytest.mark.parametrize("backend", primelanes.backends())
def test_counts_work_at_exit(backend: str) -> None:
    script = f"""
import atexit
import primelanes

@atexit.register
def last():
    print(primelanes.count_primes(10**6, algorithm="sieve", backend={backend!r}))
"""
    done = python("-c", script)
    assert (done.stdout, done.stderr) == ("78498\n", "")


def test_ctrl_c_in_the_callback_ends_the_count() -> None:
    script = """
import signal
import primelanes

try:
    primelanes.count_primes(10**18, algorithm="sieve", progress=lambda _: signal.raise_signal(signal.SIGINT))
except KeyboardInterrupt:
    print("interrupted")
"""
    assert python("-c", script).stdout == "interrupted\n"
