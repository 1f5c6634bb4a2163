"""``python -m primelanes.distributed``: counts primes on the workers of a Dask cluster."""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from typing import NoReturn

from distributed import Client

import primelanes
from primelanes import _number
from primelanes._command import Parser, fail, one_line, print_text, show_status
from primelanes.distributed import count_primes

PROGRAM = "python -m primelanes.distributed"


def main(arguments: list[str] | None = None) -> int:
    """Count, print the result, and return the exit code: 130 after Ctrl-C."""
    if sys.stdout is None:
        fail(PROGRAM, "standard output is closed")
    parser = _parser()
    options = parser.parse_args(arguments)
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    started = time.monotonic()
    try:
        count = _count(options)
    except KeyboardInterrupt:
        return 130
    except (OverflowError, ValueError) as error:
        parser.error(str(error))
    except (primelanes.Error, MemoryError, OSError) as error:
        _fail(error)
    finally:
        show_status("")
    if options.json:
        seconds = round(time.monotonic() - started, 6)
        outcome = {"start": options.start, "limit": options.limit, "count": count, "seconds": seconds}
        print_text(PROGRAM, json.dumps(outcome))
    else:
        print_text(PROGRAM, str(count))
    return 0


def _count(options: argparse.Namespace) -> int:
    def count(client: Client | None) -> int:
        return count_primes(
            client,
            options.limit,
            options.start,
            options.algorithm,
            _show_progress,
            options.journal,
            double_check=options.double_check,
        )

    if options.scheduler is None:
        return count(None)
    with Client(options.scheduler) as client:
        return count(client)


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Count the primes up to a limit on the workers of a Dask cluster, or on workers on this machine.",
    )
    parser.add_argument("limit", type=_parsed, metavar="LIMIT", help="the last number, such as 1e16, 10**16 or 2^53")
    parser.add_argument("--start", type=_parsed, default=0, metavar="N", help="the first number (default: 0)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="the scheduler of the cluster, such as tcp://host:8786")
    parser.add_argument("--algorithm", choices=primelanes.algorithms(), default="auto", help="how to count")
    parser.add_argument(
        "--journal", metavar="FILE", help="keep a journal of the count, and go on from there if it exists"
    )
    parser.add_argument(
        "--double-check",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="do this share of the work, from 0 to 1, on two workers each, and compare their results",
    )
    parser.add_argument("--json", action="store_true", help="print the result as a JSON object")
    parser.add_argument("--version", action="version", version=primelanes.__version__, help="print the version")
    return parser


def _parsed(text: str) -> int:
    try:
        return _number.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _show_progress(progress: primelanes.Progress) -> None:
    show_status(f"{progress.phase}  {100 * progress.done / progress.total:.1f} %")


def _show_warning(message: Warning | str, *_: object) -> None:
    if sys.stderr is not None:
        show_status("")
        print(f"{PROGRAM}: warning: {one_line(str(message))}", file=sys.stderr)


def _fail(error: BaseException) -> NoReturn:
    fail(PROGRAM, one_line(str(error) or type(error).__name__))


if __name__ == "__main__":
    sys.exit(main())
