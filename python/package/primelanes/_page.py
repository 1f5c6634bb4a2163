"""``python -m primelanes report``: a page that explains the global lock with figures from this machine."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import webbrowser
from pathlib import Path

from primelanes import _native
from primelanes._command import Parser, fail, one_line, print_text, show_status
from primelanes._counting import value, wait
from primelanes._types import Cancelled, Error, Progress
from primelanes._worker import command as worker_command

PROGRAM = "python -m primelanes report"


def main(arguments: list[str]) -> int:
    """Measure, write the page, and return the exit code: 1 if a count is wrong, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    path = Path(options.out)
    # Those of Path fail if a name is too long.
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        parser.error(f"cannot write '{path}'")
    programs = [_this_interpreter(), *options.python]
    try:
        _check(programs, parser)
        page = _measure(programs, options.quick, options.trial)
    except (KeyboardInterrupt, Cancelled):
        return 130
    except (Error, MemoryError) as error:
        fail(PROGRAM, error)
    finally:
        show_status("")
    try:
        path.write_text(page.html, encoding="utf-8")
    except OSError as error:
        fail(PROGRAM, error)
    if path.is_file():
        print_text(PROGRAM, one_line(f"Wrote '{path}'."))
    if options.open and not webbrowser.open(path.resolve().as_uri()) and sys.stderr is not None:
        print(f"{PROGRAM}: cannot open '{path}': no browser was found", file=sys.stderr)
    return 0 if page.verified else 1


def _this_interpreter() -> str:
    """Return the program, and the option that decides whether it has a lock."""
    lock = sys._xoptions.get("gil")
    return sys.executable if lock is None else shlex.join([sys.executable, "-X", f"gil={lock}"])


def _check(programs: list[str], parser: argparse.ArgumentParser) -> None:
    asking = value(_native.name_interpreters(programs))
    wait(asking)
    try:
        value(asking.take_names())
    except Error as error:
        parser.error(str(error))


def _measure(programs: list[str], quick: bool, trial: bool) -> _native.Page:
    measuring = value(_native.measure_report(programs, worker_command(), quick, trial))
    wait(measuring, _show)
    return value(measuring.take_page())


def _show(progress: Progress) -> None:
    show_status(f"{100 * progress.done // max(progress.total, 1)} % measured: {progress.phase}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Measure what the global interpreter lock costs, and write a page that explains it. It takes about "
        "two minutes, and one more for each further interpreter.",
    )
    parser.add_argument("--out", default="report.html", metavar="FILE", help="the file to write (default: report.html)")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="measure this Python interpreter too, besides the one that runs this; may be given several times",
    )
    parser.add_argument("--quick", action="store_true", help="measure for about half a minute; the figures vary more")
    parser.add_argument("--open", action="store_true", help="open the page afterwards in a browser")
    parser.add_argument("--trial", action="store_true", help=argparse.SUPPRESS)
    return parser
