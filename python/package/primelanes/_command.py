"""What the commands of this package share: their parser, and how they print."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

LONGEST_MESSAGE = 200
"""The characters that are shown of an error message, since it may quote an argument of any length."""


class Parser(argparse.ArgumentParser):
    """A parser that reports every error in one line, also that its help text cannot be written."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        print_text(self.prog, self.format_help().rstrip())

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {one_line(message)}\n" if sys.stderr is not None else None)


def one_line(message: str) -> str:
    """Return the message as it can be shown on a terminal: in one line, and not too long."""
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}.."
    # An argument may hold characters that control a terminal.
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in message)


def print_text(program: str, text: str) -> None:
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
        fail(program, error)


def fail(program: str, reason: object) -> NoReturn:
    sys.exit(f"{program}: {reason}")


def show_status(text: str) -> None:
    """Replace the status line, if standard error is a terminal and still there."""
    if sys.stderr is None or not sys.stderr.isatty():
        return
    with contextlib.suppress(OSError):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
