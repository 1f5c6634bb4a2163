"""Workers start whatever surrounds the interpreter: its options, its import path, its directory, its terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import primelanes
from support import WATCHDOG, python

PACKAGE = Path(primelanes.__file__).parent
COUNT = "import primelanes; print(primelanes.count_primes(10**6, backend='processes', algorithm='sieve'))"


def program(path: Path, script: str) -> str:
    """Write an executable script for the shell, and return its path."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package, with a name that a list of paths cannot hold."""
    folder = tmp_path / "one:two, três"
    shutil.copytree(PACKAGE, folder / "primelanes")
    return folder


@pytest.mark.parametrize("options", [["-I"], ["-I", "-S"], ["-sE"], ["-S"], []], ids=" ".join)
def test_the_import_path_changes_at_run_time(copy: Path, tmp_path: Path, options: list[str]) -> None:
    script = f"import sys; sys.path.insert(0, {str(copy)!r}); {COUNT}; print(primelanes.__file__)"
    output = python(*options, "-c", script, cwd=tmp_path).stdout
    assert output == f"78498\n{copy / 'primelanes' / '__init__.py'}\n"


def test_the_import_path_changes_after_the_import(copy: Path) -> None:
    script = f"import sys; sys.path.insert(0, {str(copy)!r}); import primelanes; sys.path[:] = []; {COUNT}"
    assert python("-I", "-S", "-c", script).stdout == "78498\n"


def test_the_import_path_is_longer_than_an_argument_may_be() -> None:
    script = f"import sys; sys.path += ['/nowhere/' + 'x' * 100 + str(i) for i in range(2000)]; {COUNT}"
    assert python("-c", script).stdout == "78498\n"


def test_the_directory_is_deleted(copy: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, sys; sys.path.insert(1, {str(copy)!r}); import primelanes; os.rmdir({str(gone)!r}); {COUNT}"
    assert python("-c", script, cwd=gone).stdout == "78498\n"


def test_the_package_is_found_in_the_current_directory(copy: Path, tmp_path: Path) -> None:
    script = f"import os, sys; sys.path.insert(0, ''); import primelanes; os.chdir({str(tmp_path)!r}); {COUNT}"
    assert python("-I", "-S", "-c", script, cwd=copy).stdout == "78498\n"


@pytest.mark.parametrize("line", ["print('hello')", "import os; os.write(2, b'hello')", "import sys; sys.stdin.read()"])
def test_site_customisations_print_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(line)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert python("-c", COUNT).stdout.splitlines()[-1].endswith("78498")


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_are_closed(tmp_path: Path, redirection: str) -> None:
    out = tmp_path / "out"
    script = f"{COUNT.replace('print', 'count = ')}; open({str(out)!r}, 'w').write(str(count))"
    subprocess.run(["sh", "-c", f'"$0" -c "$1" {redirection}', sys.executable, script], check=True, timeout=WATCHDOG)
    assert out.read_text() == "78498"


def test_a_worker_writes_to_a_terminal_that_stops_background_jobs(tmp_path: Path) -> None:
    loud = program(tmp_path / "loud", f'echo hello; echo world >&2; exec "{sys.executable}" "$@"')
    script = f"""
import os, pty, sys, termios

child, terminal = pty.fork()
if child == 0:
    attributes = termios.tcgetattr(1)
    attributes[3] |= termios.TOSTOP
    termios.tcsetattr(1, termios.TCSANOW, attributes)
    import primelanes
    with primelanes.Processes(2, python={loud!r}) as lane:
        print(lane.count_primes(10**6, algorithm="sieve"), flush=True)
    os._exit(0)
output = b""
try:
    while chunk := os.read(terminal, 1000):
        output += chunk
except OSError:
    pass  # The other end is closed.
os.waitpid(child, 0)
print(output)
"""
    assert python("-c", script).stdout == f"{b'78498' + bytes([13, 10])!r}\n"


def test_the_last_lines_of_a_worker_are_in_the_error(tmp_path: Path) -> None:
    mute = program(tmp_path / "mute", "echo first; echo 'no room for\033[2J python' >&2; exit 3")
    with pytest.raises(primelanes.Error) as raised:
        primelanes.Processes(1, python=mute)
    assert str(raised.value) == (
        f"processes is not available: '{mute}' is not a worker that this program can use: it ended: exit status: 3; "
        r"its last output: first | no room for\u{1b}[2J python"
    )


def test_a_worker_that_was_killed_may_have_lacked_memory(tmp_path: Path) -> None:
    killed = program(tmp_path / "killed", "kill -KILL $$")
    hint = r"signal: 9 \(SIGKILL\); the system may have run out of memory"
    with pytest.raises(primelanes.Error, match=hint):
        primelanes.Processes(1, python=killed)


def test_an_interpreter_that_cannot_load_the_extension_says_why(tmp_path: Path) -> None:
    # As an interpreter of another version does.
    other = program(tmp_path / "other", f'shift 4; exec "{sys.executable}" -I -S -c "import nothing_like_it"')
    with pytest.raises(primelanes.Error, match=r"its last output: .*No module named 'nothing_like_it'"):
        primelanes.Processes(1, python=Path(other))


def test_workers_are_interpreters_that_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = program(tmp_path / "named", f'echo used >> "$0.log"; exec "{sys.executable}" "$@"')
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with primelanes.Processes(2, python=named) as lane:
        assert lane.count_primes(10**6, algorithm="sieve") == 78_498
    with primelanes.Processes(1, python=os.fsencode(named)) as lane:
        assert lane.count_primes(10**6, algorithm="sieve") == 78_498
    assert Path(f"{named}.log").read_text() == "used\n" * 3


def test_python_home_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", sys.base_prefix)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PACKAGE.parent)]))
    assert python("-c", COUNT).stdout == "78498\n"
