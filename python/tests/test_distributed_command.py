"""The command ``python -m primelanes.distributed``, and counts that go on after the end of their process."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")

from distributed import Client, LocalCluster

import primelanes
from primelanes.distributed import count_primes
from support import WATCHDOG, python

SILENT = {**os.environ, "PYTHONWARNINGS": "ignore"}

COMMAND = [sys.executable, "-W", "error", "-m", "primelanes.distributed"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "primelanes.distributed", *arguments, check=False)


@pytest.fixture
def scheduler(client: Client, cluster: LocalCluster) -> str:
    return f"--scheduler={cluster.scheduler_address}"


def test_it_counts_on_a_cluster(scheduler: str) -> None:
    done = run(scheduler, "1e13")
    assert (done.stdout, done.stderr, done.returncode) == ("346065536839\n", "", 0)
    done = run(scheduler, "10**12+10**6", "--start", "1e12", "--json", "--algorithm=sieve", "--double-check", "0.5")
    outcome = json.loads(done.stdout)
    assert outcome.pop("seconds") > 0
    assert outcome == {"start": 10**12, "limit": 10**12 + 10**6, "count": 36_249}


def test_it_shows_progress_on_a_terminal(scheduler: str) -> None:
    main, terminal = pty.openpty()
    done = subprocess.run(
        [*COMMAND, scheduler, "1e14"], stdout=subprocess.PIPE, stderr=terminal, timeout=WATCHDOG, check=True
    )
    os.close(terminal)
    shown = os.read(main, 1 << 16).decode()
    os.close(main)
    assert done.stdout == b"3204941750802\n"
    assert "pi(x)" in shown
    assert shown.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["abc"], "argument LIMIT: 'abc' is not a number such as 1000, 1e6, 10**9 or 2^20"),
        (["1e9", "--algorithm", "guess"], "argument --algorithm: invalid choice: 'guess'"),
        (["1e30"], "combinatorial counts up to"),
        (["1e9", "--double-check", "7"], "double_check must be a share from 0 to 1, not 7.0"),
        ([], "the following arguments are required: LIMIT"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_code_2(scheduler: str, arguments: list[str], message: str) -> None:
    done = run(scheduler, *arguments)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith(f"python -m primelanes.distributed: {message}")
    assert done.stderr.count("\n") == 1


def test_a_scheduler_that_is_not_there_is_exit_code_1() -> None:
    script = """
import dask, sys
dask.config.set({"distributed.comm.timeouts.connect": "1s"})
sys.argv = ["", "--scheduler", "tcp://127.0.0.1:1", "10"]
from primelanes.distributed.__main__ import main
main()
"""
    done = python("-c", script, check=False)
    assert (done.stdout, done.returncode) == ("", 1)
    assert "python -m primelanes.distributed: " in done.stderr.splitlines()[-1]


def test_a_server_that_is_no_scheduler_is_exit_code_1() -> None:
    script = """
import sys
from primelanes.distributed import __main__
__main__.GREETING_TIMEOUT = 0.5
sys.argv = ["", "--scheduler", sys.argv[1], "10"]
__main__.main()
"""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        done = python("-c", script, address, check=False)
    message = f"python -m primelanes.distributed: no Dask scheduler answers at {address} within 0 seconds\n"
    assert (done.stdout, done.stderr, done.returncode) == ("", message, 1)


def test_an_address_that_needs_certificates_is_one_line() -> None:
    done = run("--scheduler", "tls://127.0.0.1:1", "10")
    assert (done.stdout, done.returncode, done.stderr.count("\n")) == ("", 2, 1)
    assert done.stderr.startswith("python -m primelanes.distributed: cannot connect to tls://127.0.0.1:1: ")


def test_a_lack_of_dask_is_one_line() -> None:
    script = """
import sys
sys.modules["distributed"] = None
sys.argv = ["", "10"]
from primelanes.distributed.__main__ import main
main()
"""
    done = python("-c", script, check=False)
    assert (done.stdout, done.returncode, done.stderr.count("\n")) == ("", 1, 1)
    assert 'needs dask: pip install "primelanes[distributed]"' in done.stderr


def test_ctrl_c_on_a_terminal_ends_local_workers_silently() -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "1e20"], stdout=subprocess.PIPE, stderr=terminal, start_new_session=True, env=SILENT
    )
    os.read(main, 1)
    # A terminal sends it to all processes of its group.
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=WATCHDOG)[0] == b""
    assert process.returncode == 130
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):
        while more := os.read(main, 1 << 16):
            shown += more
    os.close(main)
    assert b"Traceback" not in shown, shown.decode()


def test_ctrl_c_is_exit_code_130(scheduler: str) -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen([*COMMAND, scheduler, "1e20"], stdout=subprocess.PIPE, stderr=terminal)
    # It has begun to count once it shows progress.
    os.read(main, 1)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=WATCHDOG)[0] == b""
    assert process.returncode == 130
    os.close(terminal)
    os.close(main)


def test_the_help_names_every_option() -> None:
    text = run("--help").stdout
    assert all(option in text for option in ("--start", "--scheduler", "--journal", "--double-check", "--json"))
    assert run("--version").stdout == f"{primelanes.__version__}\n"


def test_a_count_goes_on_after_its_process_was_killed(client: Client, scheduler: str, tmp_path: Path) -> None:
    journal = tmp_path / "pi.journal"
    # The count kills itself once the journal holds a fifth of it. A callback that sleeps holds it up until then.
    script = f"""
import os, signal, time
from distributed import Client
from primelanes.distributed import count_primes
begun, reached = time.time(), float("inf")
def kill(report):
    global reached
    if report.phase == "pi(x)" and report.done > 0.2 * report.total:
        reached = min(reached, time.time())
        if os.stat({str(journal)!r}).st_mtime > reached:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.3 + (time.time() - begun) / 3)
with Client({scheduler.partition("=")[2]!r}) as client:
    count_primes(client, 10**17, progress=kill, journal={str(journal)!r})
"""
    killed = python("-c", script, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    reports: list[primelanes.Progress] = []
    assert count_primes(client, 10**17, progress=reports.append, journal=os.fsencode(journal)) == 2_623_557_157_654_233
    begun = next(report for report in reports if report.phase == "pi(x)")
    assert begun.done > 0.1 * begun.total, "it does not begin again"
    # The command answers from the finished journal.
    assert run(scheduler, "1e17", "--journal", str(journal)).stdout == "2623557157654233\n"
    with pytest.raises(ValueError, match=r"pi\.journal"):
        count_primes(client, 10**15, journal=journal)
