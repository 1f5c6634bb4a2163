"""``python -m primelanes``: measures what the global interpreter lock costs, and what it gains to release it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import primelanes
from primelanes import _experiment, _number, _report

MAX_LIMIT = 2**64 - 1
"""Trial division, which all lanes run, counts up to here."""


if TYPE_CHECKING:
    from _typeshed import SupportsWrite

PROGRAM = "python -m primelanes"

LONGEST_MESSAGE = 200
"""The characters that are shown of an error message, since it may quote an argument of any length."""


def main(arguments: list[str] | None = None) -> int:
    """Run the experiment, print its outcome, and return the exit code: 1 if a count is wrong, 130 after Ctrl-C."""
    if sys.stdout is None:
        _fail("standard output is closed")
    options = _parser().parse_args(arguments)
    if options.version:
        _print(primelanes.__version__)
        return 0
    settings = _experiment.Settings(options.limit, options.native_limit, options.tasks, options.rounds)
    show_status = _show_status if sys.stderr is not None and sys.stderr.isatty() else lambda _: None
    try:
        outcome = _experiment.run(settings, show_status)
    except KeyboardInterrupt:
        return 130
    finally:
        show_status("")
    if options.json:
        text = json.dumps(_report.as_object(outcome))
    else:
        text = "\n\n".join([_report.heading(outcome), _report.table(outcome), _report.conclusion(outcome)])
    _print(text)
    return 0 if outcome.correct else 1


class _Parser(argparse.ArgumentParser):
    """A parser that reports every error in one line, also that its help text cannot be written."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        _print(self.format_help().rstrip())

    def error(self, message: str) -> NoReturn:
        if len(message) > LONGEST_MESSAGE:
            message = f"{message[:LONGEST_MESSAGE]}.."
        # An argument may hold characters that control a terminal.
        line = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in message)
        self.exit(2, f"{self.prog}: {line}\n" if sys.stderr is not None else None)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Measure what the global interpreter lock costs: run counts one after the other and at once, in "
        "Python and in an extension.",
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


def _print(text: str) -> None:
    """Print the text. If its reader is gone, exit silently. If it cannot be written, exit with a line that says why."""
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = text.translate({ord("✓"): "ok", ord("✗"): "WRONG", ord("─"): "-"})
    try:
        print(text, flush=True)
    except OSError as error:
        # At its end, the interpreter flushes what is left in the buffer. That must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(0)
        _fail(error)


def _fail(reason: object) -> NoReturn:
    sys.exit(f"{PROGRAM}: {reason}")


def _show_status(text: str) -> None:
    """Replace the status line on the terminal, if it is still there."""
    with contextlib.suppress(OSError):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
