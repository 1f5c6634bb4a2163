"""Worker processes are interpreters, and losing one spoils no count. Counts also work in a forked process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import primelanes
from primelanes import _worker
from support import WATCHDOG, eventually, python, workers


def test_workers_are_gone_after_a_count() -> None:
    seen: list[int] = []
    count = primelanes.count_primes(
        10**8, algorithm="sieve", backend="processes", workers=2, progress=lambda _: seen.append(len(workers()))
    )
    assert (count, max(seen)) == (5_761_455, 2)
    assert eventually(lambda: not workers())


def test_a_killed_worker_is_replaced_and_the_count_is_right() -> None:
    killed: list[int] = []

    def kill(progress: primelanes.Progress) -> None:
        if len(killed) < 2 and 0 < progress.done < progress.total:
            killed.append(workers()[0])
            os.kill(killed[-1], signal.SIGKILL)

    count = primelanes.count_primes(10**10, algorithm="sieve", backend="processes", workers=2, progress=kill)
    assert count == 455_052_511
    assert len(killed) == 2


def test_losing_every_worker_is_an_exception() -> None:
    started, stopped = threading.Event(), threading.Event()

    def kill() -> None:
        started.wait()
        while not stopped.is_set():
            for child in workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(primelanes.Error, match="processes lost 3 workers on the tiles "):
            primelanes.count_primes(
                10**15, algorithm="sieve", backend="processes", workers=2, progress=lambda _: started.set()
            )
    finally:
        started.set()
        stopped.set()
        killer.join()
    assert eventually(lambda: not workers())


def test_a_program_that_is_not_a_worker_is_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(primelanes.Error, match="'/bin/false' is not a worker that this program can use: it ended"):
        primelanes.count_primes(10, backend="processes")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(primelanes.Error, match="processes could not start 1 worker: '/nowhere/python'"):
        primelanes.count_primes(10, backend="processes", workers=1)
    remedy = r"name an interpreter with primelanes\.Processes\(python=\.\.\)"
    monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(primelanes.Error, match=rf"sys\.executable does not name the interpreter; {remedy}"):
        primelanes.count_primes(10, backend="processes")
    monkeypatch.setattr(sys, "executable", "/bin/true")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(primelanes.Error, match=rf"sys\.executable is a frozen program; {remedy}"):
        primelanes.count_primes(10, backend="processes")


def test_failing_to_start_a_thread_is_an_exception() -> None:
    # No system has room for a stack of this size.
    script = """
import os
os.environ["RUST_MIN_STACK"] = str(2**60)
import primelanes
try:
    primelanes.count_primes(10**7)
except primelanes.Error as error:
    print(error)
"""
    assert python("-c", script).stdout.startswith("the count could not start 1 worker: ")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder with another package of the name primelanes, which prints a line when it is imported."""
    package = tmp_path / "primelanes"
    package.mkdir()
    (package / "__init__.py").write_text("print('trapped')\n")
    return tmp_path


COUNT = "import primelanes; print(primelanes.count_primes(10**6, backend='processes'))"


def test_workers_are_as_isolated_as_their_parent(trap: Path) -> None:
    assert python("-I", "-c", COUNT, cwd=trap).stdout == "78498\n"


def test_workers_import_from_where_their_parent_does(trap: Path) -> None:
    (trap / "script.d").mkdir()
    script = trap / "script.d" / "script.py"
    script.write_text(COUNT)
    assert python(str(script), cwd=trap).stdout == "78498\n"


def test_workers_inherit_a_changed_path() -> None:
    site = str(Path(primelanes.__file__).parent.parent)
    # The option -S leaves site-packages out of the path of this interpreter.
    assert python("-S", "-c", f"import sys; sys.path.append({site!r}); {COUNT}").stdout == "78498\n"


def run_worker(stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(_worker.command(), input=stdin, capture_output=True, timeout=WATCHDOG, check=False)


def test_malformed_input_of_a_worker_is_one_line_and_exit_code_1() -> None:
    done = run_worker(b"nonsense")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"malformed greeting: it ends too early\n")


def test_a_worker_without_input_exits() -> None:
    done = run_worker(b"")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("backend", ["auto", "processes"])
def test_a_fork_in_the_callback_ends_the_count_of_the_copy(backend: str) -> None:
    script = f"""
import os, warnings
import primelanes

warnings.simplefilter("ignore", DeprecationWarning)
this, copies = os.getpid(), []

def fork(_):
    if os.getpid() == this and not copies:
        copies.append(os.fork())

try:
    count = primelanes.count_primes(10**8, algorithm="sieve", backend={backend!r}, progress=fork)
except primelanes.Error as error:
    os.write(1, str(error).encode() + b"\\n")
    os._exit(0)
os.waitpid(copies[0], 0)
print(count)
"""
    output = "the result is not available: this process is a fork of the one that counts\n5761455\n"
    assert python("-c", script).stdout == output


@pytest.mark.parametrize("handler", ["SIG_IGN", "SIG_DFL"])
def test_workers_may_end_unnoticed(handler: str, request: pytest.FixtureRequest) -> None:
    # If the signal is ignored, the system forgets a child as soon as it ends.
    script = f"""
import os, signal, sys
sys.path.insert(0, {str(request.path.parent)!r})
import primelanes
from support import eventually, workers

signal.signal(signal.SIGCHLD, signal.{handler})
with primelanes.Processes(2) as lane:
    for _ in range(3):
        os.kill(workers()[0], signal.SIGKILL)
        assert lane.count_primes(10**8, algorithm="sieve") == 5_761_455
assert eventually(lambda: not workers())
print("done")
"""
    assert python("-c", script).stdout == "done\n"


@pytest.mark.parametrize("backend", primelanes.backends())
def test_counts_work_in_a_forked_process(backend: str) -> None:
    # In its own interpreter, because Python 3.12 and later warn if a process with threads is forked.
    script = f"""
import os, threading, time, warnings
import primelanes

warnings.simplefilter("ignore", DeprecationWarning)
assert primelanes.count_primes(10**7, backend={backend!r}) == 664579
# A count that is running during the fork is not copied.
other = threading.Thread(target=primelanes.count_primes, args=(10**10,))
other.start()
time.sleep(0.05)
if (child := os.fork()) == 0:
    os._exit(42 if primelanes.count_primes(10**7, backend={backend!r}) == 664579 else 1)
_, status = os.waitpid(child, 0)
other.join()
print(os.waitstatus_to_exitcode(status))
"""
    assert python("-c", script).stdout == "42\n"
