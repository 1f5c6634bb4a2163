"""Ctrl-C ends a count at once, and the end of the interpreter waits for none."""

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
@pytest.mark.parametrize(("algorithm", "start"), [("sieve", 0), ("trial-division", 10**17)])
def test_ctrl_c_ends_a_count_and_leaves_nothing_behind(
    request: pytest.FixtureRequest, backend: str, algorithm: str, start: int
) -> None:
    tests = str(request.path.parent)
    script = INTERRUPTED.format(tests=tests, backend=backend, algorithm=algorithm, start=start)
    assert python("-c", script).stdout == "interrupted\n"


def test_ctrl_c_is_seen_though_the_callback_looks_at_no_signals() -> None:
    # More is told than there is time without news, and append runs no Python code.
    script = """
import os, signal, threading, time
import primelanes

def interrupt():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)

told = []
threading.Thread(target=interrupt).start()
try:
    primelanes.count_primes(10**13, backend="single-thread", progress=told.append)
except KeyboardInterrupt:
    print("interrupted", len(told) > 0)
"""
    assert python("-c", script).stdout == "interrupted True\n"


def test_ctrl_c_is_seen_while_workers_start(tmp_path: Path) -> None:
    # A program that would say, five seconds later, that nobody has ended it; a greeting is waited for ten.
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


def test_a_count_at_the_end_of_the_interpreter_ends_with_it() -> None:
    # What is kept in builtins goes last, when nothing can be imported and nobody can be told of exceptions.
    script = """
import builtins, os
import primelanes

class Last:
    def __del__(self, count=primelanes.count_primes, write=os.write):
        # A short one needs nobody to wait for it, and is counted to its end.
        write(1, b"%d" % count(1000))
        count(10**18)

builtins.last = Last()
"""
    done = python("-c", script)
    assert done.stdout == "168"
    assert "primelanes.Error: the interpreter is about to end" in done.stderr


def test_a_handler_of_the_callers_own_is_called() -> None:
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
    primelanes.count_primes(10**18)
except Alarm:
    print("rung")
"""
    assert python("-c", script).stdout == "rung\n"


def test_a_signal_that_raises_nothing_ends_nothing() -> None:
    script = """
import signal
import primelanes

heard = []
signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
count = primelanes.count_primes(10**10, backend="single-thread")
signal.setitimer(signal.ITIMER_REAL, 0)
print(count, len(heard) > 1)
"""
    assert python("-c", script).stdout == "455052511 True\n"


def test_the_interpreter_ends_while_a_daemon_counts() -> None:
    script = """
import threading, time
import primelanes

threading.Thread(target=primelanes.count_primes, args=(10**18,), daemon=True).start()
time.sleep(0.3)
print("the end")
"""
    done = python("-c", script)
    assert (done.stdout, done.stderr) == ("the end\n", "")
