"""``python -m primelanes.distributed``: counts primes on the workers of a Dask cluster."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
import warnings
from typing import TYPE_CHECKING, NoReturn

import primelanes
from primelanes import _number
from primelanes._command import Parser, fail, one_line, print_text, show_status

if TYPE_CHECKING:
    from distributed import Client

PROGRAM = "python -m primelanes.distributed"

GREETING_TIMEOUT = 30.0
"""Seconds that a scheduler has to answer at all. Dask itself waits for ever for a server of another kind."""


def main(arguments: list[str] | None = None) -> int:
    """Count, print the result, and return the exit code: 130 after Ctrl-C."""
    if sys.stdout is None:
        fail(PROGRAM, "standard output is closed")
    parser = _parser()
    options = parser.parse_args(arguments)
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    # What Dask has to say on standard error, it also raises.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    started = time.monotonic()
    try:
        count = _count(options)
    except KeyboardInterrupt:
        return 130
    except (OverflowError, ValueError) as error:
        parser.error(str(error))
    except (primelanes.Error, ImportError, MemoryError, OSError) as error:
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
    from primelanes.distributed import count_primes

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
    with _connect(options.scheduler) as client:
        return count(client)


def _connect(address: str) -> Client:
    from distributed import Client, Security
    from distributed.comm.core import connect

    async def greet() -> None:
        comm = await connect(address, **Security().get_connection_args("client"))
        await comm.close()

    try:
        asyncio.run(asyncio.wait_for(greet(), GREETING_TIMEOUT))
    except asyncio.TimeoutError:
        raise primelanes.Error(
            f"no Dask scheduler answers at {address} within {GREETING_TIMEOUT:.0f} seconds"
        ) from None
    except TypeError as error:
        # Dask has no certificates for the protocol of the address.
        raise ValueError(f"cannot connect to {address}: {error}") from None
    return Client(address)


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
