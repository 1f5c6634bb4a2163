"""``python -m primelanes``: measures what the global interpreter lock costs, and what it gains to release it."""

from __future__ import annotations

import argparse
import atexit
import json
import os
import sys
from collections.abc import Callable

import primelanes
from primelanes import _experiment, _number, _page, _report
from primelanes._command import Parser, fail, print_text, show_status

MAX_LIMIT = 2**64 - 1
"""Trial division, which all lanes run, counts up to here."""

PROGRAM = "python -m primelanes"


def main(arguments: list[str] | None = None) -> int:
    """Run the experiment, print its outcome, and return the exit code: 1 if a count is wrong. Ctrl-C exits with 130."""
    if sys.stdout is None:
        fail(PROGRAM, "standard output is closed")
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["report"]:
        return _page.main(arguments[1:])
    options = _parser().parse_args(arguments)
    if options.version:
        print_text(PROGRAM, primelanes.__version__)
        return 0
    settings = _experiment.Settings(options.limit, options.native_limit, options.tasks, options.rounds)
    try:
        outcome = _experiment.run(settings, show_status)
    except KeyboardInterrupt:
        show_status("")
        # A regular exit would wait for the counts in other interpreters, which cannot be interrupted.
        atexit._run_exitfuncs()
        os._exit(130)
    finally:
        show_status("")
    if options.json:
        text = json.dumps(_report.as_object(outcome))
    else:
        text = "\n\n".join([_report.heading(outcome), _report.table(outcome), _report.conclusion(outcome)])
    print_text(PROGRAM, text)
    return 0 if outcome.correct else 1


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Measure what the global interpreter lock costs: run counts one after the other and at once, in "
        "Python and in an extension.",
        epilog=f"'{PROGRAM} report' writes a page that explains the lock with figures from this machine.",
    )

    def number(name: str, minimum: int, maximum: int, default: int, help: str) -> None:
        kind = _between(minimum, maximum)
        parser.add_argument(name, type=kind, default=default, metavar="N", help=f"{help} (default: {default})")

    number("--limit", 0, MAX_LIMIT, 300_000, "in Python, count the primes up to N")
    number("--native-limit", 0, MAX_LIMIT, 3_000_000, "in the extension, which is faster, count the primes up to N")
    number("--tasks", 2, 8, 2, "run N counts at once")
    number("--rounds", 1, 1_000, 3, "time each lane N times")
    parser.add_argument("--json", action="store_true", help="print every sample as one JSON object")
    parser.add_argument("--version", action="store_true", help="print the version")
    return parser


def _between(minimum: int, maximum: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = _number.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        if not minimum <= value <= maximum:
            raise argparse.ArgumentTypeError(f"{text} is not between {minimum} and {maximum}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
