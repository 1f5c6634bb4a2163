"""``python -m primelanes``: what a lock costs, and what it is worth to release it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import NoReturn

import primelanes
from primelanes import _experiment, _report

LARGEST = 2**64 - 1
"""No count goes further."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the experiment and prints it; 1 if a count was wrong or nothing could be printed, 130 upon Ctrl-C."""
    options = _parser().parse_args(arguments)
    setting = _experiment.Setting(options.limit, options.native_limit, options.tasks, options.rounds)
    note = _note if sys.stderr is not None and sys.stderr.isatty() else lambda _: None
    try:
        outcome = _experiment.run(setting, note)
    except KeyboardInterrupt:
        return 130
    finally:
        note("")
    if options.json:
        said = json.dumps(_report.as_object(outcome))
    else:
        said = "\n\n".join([_report.heading(outcome), _report.table(outcome), _report.conclusion(outcome)])
    _say(said)
    return 0 if outcome.right else 1


class _Parser(argparse.ArgumentParser):
    """One that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m primelanes",
        description="Count primes several times over: in Python and in an extension, one after the other and at once.",
    )

    def number(name: str, least: int, most: int, default: int, help: str) -> None:
        kind = _between(least, most)
        parser.add_argument(name, type=kind, default=default, metavar="N", help=f"{help}; {default} unless said")

    number("--limit", 2, LARGEST, 300_000, "count up to N in Python")
    number("--native-limit", 2, LARGEST, 3_000_000, "count up to N in the extension, which is faster")
    number("--tasks", 2, 8, 2, "so many counts at once")
    number("--rounds", 1, 1_000, 3, "take the time of every lane so often")
    parser.add_argument("--json", action="store_true", help="print one object, with every sample")
    parser.add_argument("--version", action="version", version=primelanes.__version__)
    return parser


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is no integer") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    return number


def _say(text: str) -> None:
    """Prints, or says in a line why that could not be done."""
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = text.translate({ord("✓"): "ok", ord("✗"): "WRONG", ord("─"): "-"})
    try:
        print(text, flush=True)
    except OSError as refusal:
        # What is left in the buffer cannot be printed at the end of the interpreter either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"python -m primelanes: {refusal}")


def _note(text: str) -> None:
    """Shows what runs, in a line that the next one takes the place of."""
    print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
