"""Worker processes are interpreters; what befalls them befalls no count. And counts go on in copies of a process."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading

import pytest

import primelanes
from support import children, eventually, python


def test_workers_are_gone_after_a_count() -> None:
    seen: list[int] = []
    count = primelanes.count_primes(
        10**8, backend="processes", workers=2, progress=lambda _: seen.append(len(children()))
    )
    assert (count, max(seen)) == (5_761_455, 2)
    assert eventually(lambda: not children())


def test_a_killed_worker_is_replaced_and_the_count_right() -> None:
    killed: list[int] = []

    def kill(progress: primelanes.Progress) -> None:
        if len(killed) < 2 and 0 < progress.done < progress.total:
            killed.append(children()[0])
            os.kill(killed[-1], signal.SIGKILL)

    assert primelanes.count_primes(10**9, backend="processes", workers=2, progress=kill) == 50_847_534
    assert len(killed) == 2


def test_workers_that_all_are_lost_are_an_exception() -> None:
    begun, ended = threading.Event(), threading.Event()

    def kill() -> None:
        begun.wait()
        while not ended.is_set():
            for child in children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(primelanes.Error, match=r"processes lost 3 workers on the tiles .*SIGKILL"):
            primelanes.count_primes(10**15, backend="processes", workers=2, progress=lambda _: begun.set())
    finally:
        begun.set()
        ended.set()
        killer.join()
    assert eventually(lambda: not children())


def test_a_program_that_is_no_worker_is_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(primelanes.Error, match="'/bin/false' is no worker that this program understands: it ended"):
        primelanes.count_primes(10, backend="processes")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(primelanes.Error, match="processes could not start 1 workers: '/nowhere/python'"):
        primelanes.count_primes(10, backend="processes", workers=1)
    monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(primelanes.Error, match=r"sys\.executable is empty"):
        primelanes.count_primes(10, backend="processes")


def test_a_thread_that_the_system_refuses_is_an_exception() -> None:
    # So large a stack cannot be had.
    script = """
import os
os.environ["RUST_MIN_STACK"] = str(2**60)
import primelanes
try:
    primelanes.count_primes(10**7)
except primelanes.Error as error:
    print(error)
"""
    assert python("-c", script).stdout.startswith("count could not start 1 workers: ")


def test_a_worker_without_a_program_ends() -> None:
    done = python("-m", "primelanes.worker", check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("backend", primelanes.backends())
def test_counts_go_on_in_a_forked_copy(backend: str) -> None:
    # In an interpreter of its own: from 3.12 on there is a warning where a process with threads is forked.
    script = f"""
import os, threading, time, warnings
import primelanes

warnings.simplefilter("ignore", DeprecationWarning)
assert primelanes.count_primes(10**7, backend={backend!r}) == 664579
# One count is under way while the copy is made, and is not in it.
beside = threading.Thread(target=primelanes.count_primes, args=(10**9,))
beside.start()
time.sleep(0.05)
if (child := os.fork()) == 0:
    os._exit(42 if primelanes.count_primes(10**7, backend={backend!r}) == 664579 else 1)
_, status = os.waitpid(child, 0)
beside.join()
print(os.waitstatus_to_exitcode(status))
"""
    assert python("-c", script).stdout == "42\n"
