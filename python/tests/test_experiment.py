"""``python -m primelanes``: its table, its JSON, its options, and how it reports wrong counts."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from primelanes import __main__, _experiment, _number, _report
from primelanes._experiment import Outcome, Result, Settings
from support import WATCHDOG, children, eventually, is_gone, python

SMALL = ("--limit", "2000", "--native-limit", "20000", "--rounds", "2")
LOCKED = getattr(sys, "_is_gil_enabled", lambda: True)()


def lanes(locked: bool) -> list[str]:
    ways = ["sequential", "threads", "processes"]
    if sys.version_info >= (3, 14):
        ways.append("interpreters")
    calls = ["held", "released"] if locked else ["attached", "detached"]
    return [f"python-{way}" for way in ways] + [f"extension-{way}" for way in ("sequential", *calls)]


LANES = lanes(LOCKED)


def test_the_table_has_a_row_for_every_lane() -> None:
    output = python("-m", "primelanes", *SMALL).stdout
    assert output.startswith("CPython ")
    for lane in LANES:
        count = "303" if lane.startswith("python") else "2262"
        row = rf"^ {lane} +\d+ +\d\.\d+ s +\d\.\d+ \.\. \d\.\d+ s +\d+\.\d+ x +\d+\.\d+ ms +{count} ✓  {count} ✓$"
        assert re.search(row, output, re.MULTILINE), output
    assert output.endswith("\nEvery count is right.\n")
    assert ("The lane python-interpreters was left out" in output) == ("python-interpreters" not in LANES)


def test_json_has_every_sample() -> None:
    outcome = json.loads(python("-m", "primelanes", *SMALL, "--tasks", "3", "--json").stdout)
    assert [lane["lane"] for lane in outcome["lanes"]] == LANES
    assert outcome["locked"] == LOCKED
    assert outcome["pool_start_seconds"] > 0
    assert (outcome["interpreter_start_seconds"] or 0) > 0 or "python-interpreters" not in LANES
    for lane in outcome["lanes"]:
        assert len(lane["seconds"]) == 2
        assert lane["counts"] == [303 if lane["lane"].startswith("python") else 2262] * 9
        assert lane["right"]


IMITATION = """
import sys
sys._is_gil_enabled = lambda: False
from primelanes.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""An experiment in an interpreter that says that it has no lock."""


def test_without_a_lock_calls_are_attached_or_detached() -> None:
    outcome = json.loads(python("-c", IMITATION, *SMALL, "--json").stdout)
    assert [lane["lane"] for lane in outcome["lanes"]] == lanes(locked=False)
    assert outcome["locked"] is False


@pytest.mark.parametrize("locked", [True, False])
def test_the_ticker_beside_the_extension_collects_garbage_if_there_is_no_lock(
    monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    collections: list[object] = []
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: locked, raising=False)
    monkeypatch.setattr(gc, "collect", lambda: collections.append(None))
    # The counts in the extension take some 50 ms.
    _experiment.run(Settings(limit=10, native_limit=1_000_000, tasks=2, rounds=1))
    assert (len(collections) < 3) == locked


def test_a_free_threaded_interpreter_has_a_lock_if_it_is_turned_on(free_threaded: str) -> None:
    for lock in (False, True):
        options = ["-X", f"gil={int(lock)}"]
        output = python(*options, "-m", "primelanes", *SMALL, "--json", interpreter=free_threaded).stdout
        assert json.loads(output)["locked"] is lock


def test_a_call_that_stays_attached_holds_up_the_garbage_collector(free_threaded: str) -> None:
    options = ["--limit", "10", "--native-limit", "2e6", "--rounds", "1", "--json"]
    output = python("-X", "gil=0", "-m", "primelanes", *options, interpreter=free_threaded).stdout
    outcome = {lane["lane"]: lane for lane in json.loads(output)["lanes"]}
    attached, detached = outcome["extension-attached"], outcome["extension-detached"]
    call = min(attached["seconds"])
    assert attached["longest_stall_seconds"] > call / 2 > detached["longest_stall_seconds"]


def test_a_wrong_count_is_marked() -> None:
    settings = Settings(limit=10, native_limit=10, tasks=2, rounds=1)

    def result(lane: str, counts: list[int]) -> Result:
        return Result(lane, lane, 10, 4, counts, [1.0], 0.001)

    outcome = Outcome(settings, LOCKED, [result(lane, [4, 4, 4, 4]) for lane in LANES], 0.1, None)
    assert outcome.correct
    wrong = outcome._replace(results=[result("python-threads", [4, 4, 4, 5]), *outcome.results])
    assert not wrong.correct
    assert "4 ✓  5 ✗" in _report.table(wrong)
    assert _report.conclusion(outcome).endswith("\nEvery count is right.")
    assert _report.conclusion(wrong).endswith("\nSOME COUNTS ARE WRONG.")
    earlier = outcome._replace(results=[result("python-threads", [5, 4, 4, 4])])
    assert "4 ✓  4 ✓  (✗ in at least one run)" in _report.table(earlier)


def test_a_wrong_count_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("primelanes._pure_python.is_prime", lambda number: number > 1)
    arguments = ["--limit", "100", "--native-limit", "100", "--rounds", "1", "--json"]
    assert __main__.main(arguments) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit", "1e"], "argument --limit: '1e' is not a number such as 1000, 1e6, 10**9 or 2^20"),
        (["--limit", "1.5"], "argument --limit: '1.5' is not a whole number"),
        (["--limit", "-1"], f"argument --limit: -1 is not between 0 and {2**64 - 1}"),
        (["--limit", "2^64"], f"argument --limit: 2^64 is not between 0 and {2**64 - 1}"),
        (["--limit", "\x1b[31m"], r"argument --limit: '\x1b[31m' is not a number such as 1000, 1e6, 10**9 or 2^20"),
        (["--limit", "9" * 100_000], "argument --limit: a number of 100000 characters is too long"),
        (["--tasks", "9"], "argument --tasks: 9 is not between 2 and 8"),
        (["--rounds", "0"], "argument --rounds: 0 is not between 1 and 1000"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    done = python("-m", "primelanes", *arguments, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"python -m primelanes: {message}\n")


def test_a_failure_to_print_is_one_line_and_exit_code_1() -> None:
    arguments = ["--limit", "100", "--native-limit", "100", "--rounds", "1"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "primelanes", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "python -m primelanes: [Errno 28] No space left on device\n")


def shell(script: str) -> tuple[int, str]:
    """Run a script in which `$0` stands for the interpreter, and return its exit code and standard error."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script, sys.executable],
        capture_output=True,
        text=True,
        check=False,
        timeout=WATCHDOG,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("what", ["--limit 100 --native-limit 100 --rounds 1", "--help", "--version"])
def test_output_without_a_reader_or_that_cannot_be_written(what: str) -> None:
    run = f'"$0" -m primelanes {what}'
    assert shell(f"{run} | true") == (0, "")
    assert shell(f"{run} >&-") == (1, "python -m primelanes: standard output is closed\n")
    assert shell(f"{run} >/dev/full") == (1, "python -m primelanes: [Errno 28] No space left on device\n")
    assert shell(f"{run} 2>&- >/dev/null") == (0, "")


def test_a_wrong_option_without_standard_error_is_exit_code_2() -> None:
    assert shell('"$0" -m primelanes --limit 1e 2>&-') == (2, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1_000", 1000),
        ("1e3", 1000),
        ("1.5e9", 1_500_000_000),
        ("1.50E+1", 15),
        ("10**9", 10**9),
        ("2^20", 2**20),
        ("2^2^3", 2**8),
        ("(2^20)", 2**20),
        (" 5 * 10^9 ", 5 * 10**9),
        ("7/2%2", 1),
        ("1_0.2_5e+0_2", 1025),
        ("(-7)/2", -3),
        ("(-7)%2", -1),
        ("-7/2", -3),
        ("-2^2", -4),
        ("(2^20+1)/3", 349_525),
        ("-3+2*(1-2)^2", -1),
        ("2^64-1", 2**64 - 1),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: int) -> None:
    assert _number.parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "e3",
        "1e",
        "1..2",
        "1__0",
        "0x10",
        "1 2",
        "2*",
        "(1",
        "1)",
        "2^-1",
        "2^(0-1)",
        "3*-2",
        "1\t",
        "٣",
        "1_",
        "2^10^9",
        "9**9**9",
        "1/0",
        "½",
        "(" * 100,
    ],
)
def test_invalid_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"'{text}' ")):
        _number.parse(text)


def test_an_ascii_terminal_gets_words_for_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert "303 ok  303 ok" in python("-m", "primelanes", *SMALL).stdout


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_ctrl_c_ends_the_experiment_silently(rounds: int) -> None:
    # The lanes of Python take hours. The others are short, in case they come first.
    command = [
        sys.executable,
        "-m",
        "primelanes",
        "--limit",
        str(10**8),
        "--native-limit",
        "10000",
        "--rounds",
        str(rounds),
    ]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert eventually(lambda: len(children(running.pid)) >= 2)
        time.sleep(1)
        # The signal goes to all of its processes, as it does from a terminal.
        os.killpg(running.pid, signal.SIGINT)
        output = running.communicate(timeout=WATCHDOG)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
    assert (running.returncode, output) == (130, ("", ""))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_an_experiment_that_is_killed(number: int) -> None:
    command = [sys.executable, "-m", "primelanes", "--limit", "1e8", "--native-limit", "1000", "--rounds", "1"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        assert eventually(lambda: len(children(running.pid)) >= 2)
        pool = children(running.pid)
        time.sleep(0.5)
    finally:
        running.send_signal(number)
        running.wait(timeout=WATCHDOG)
    assert eventually(lambda: all(is_gone(child) for child in pool))
