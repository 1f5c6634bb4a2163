"""``python -m primelanes report``, the command. Its page is tested in ``test_page.py``."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import WATCHDOG, children, eventually, is_gone, python

REPORT = ("-m", "primelanes", "report")

LONG = "a" * 256
"""One byte more than a name may have."""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "/no/such/folder/report.html"], "cannot write '/no/such/folder/report.html'"),
        (["--out", "/"], "cannot write '/'"),
        (["--out", f"{LONG}/report.html"], f"cannot write '{LONG[:100]}"),
        (["--python", "/no/such"], "cannot start '/no/such': No such file or directory"),
        (["--python", sys.executable], f"the interpreter '{sys.executable}' is named twice"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_misuse_is_one_line_and_code_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = python(*REPORT, *arguments, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert said in done.stderr
    assert not any(tmp_path.iterdir())


def command_lines(process: int) -> dict[int, bytes]:
    return {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in children(process)}


def test_ctrl_c_ends_the_measurement_and_writes_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, *REPORT], cwd=tmp_path) as process:
        # This script runs counts in Python.
        assert eventually(lambda: any(b"primes.py" in line for line in command_lines(process.pid).values()))
        started = children(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(WATCHDOG) == 130
    assert eventually(lambda: all(map(is_gone, started)))
    assert not any(tmp_path.iterdir())


def test_ctrl_c_does_not_wait_for_a_program_that_says_nothing(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    with subprocess.Popen([sys.executable, *REPORT, "--python", str(program)]) as process:
        assert eventually(lambda: any(b"sleep" in line for line in command_lines(process.pid).values()))
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(WATCHDOG) == 130
        # Without Ctrl-C, the program would have ten seconds to answer.
        assert time.monotonic() - sent < 8


def test_the_page_is_valid_html(page: Path) -> None:
    html5lib = pytest.importorskip("html5lib")
    html5lib.HTMLParser(strict=True).parse(page.read_text())
