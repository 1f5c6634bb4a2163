"""What the tests do to the workers of a Dask cluster. Workers import this module by name."""

from __future__ import annotations

import asyncio
import os
import sys
import zlib
from typing import Any

TOLERANT = {"distributed.scheduler.allowed-failures": 10}
"""The setting of a scheduler whose workers come and go."""

GREETING = 19
"""The bytes in front of the frame of an answer."""


def tasks_left(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def slow_down_gathering(dask_scheduler: Any, seconds: float) -> None:
    """Make the scheduler wait before it gathers results for a client."""
    gather = dask_scheduler.gather

    async def gather_late(*arguments: Any, **named: Any) -> Any:
        await asyncio.sleep(seconds)
        return await gather(*arguments, **named)

    dask_scheduler.handlers["gather"] = gather_late


def process() -> int:
    return os.getpid()


def executed(dask_worker: Any) -> int:
    """Return how many runs a worker has done."""
    return int(dask_worker.state.executed_count)


def _patch(kind: str) -> None:
    from primelanes.distributed import _worker

    honest = _worker.run

    def run(request: bytes, version: str) -> tuple[str, str, bytes]:
        address, ours, answer = honest(request, version)
        if kind == "fails":
            raise RuntimeError("the disk is on fire")
        if kind == "version":
            return address, "9.9.9", b""
        return address, ours, ANSWERS[kind](answer)

    run.honest = honest  # type: ignore[attr-defined]
    _worker.run = run


def sabotage(kind: str) -> None:
    """Make this worker answer in another way, until `repair` is called."""
    repair()
    _patch(kind)


def repair() -> None:
    from primelanes.distributed import _worker

    _worker.run = getattr(_worker.run, "honest", _worker.run)


def forget_primelanes() -> None:
    """Make this worker one without primelanes."""
    sys.modules["primelanes.distributed._worker"] = None  # type: ignore[assignment]


def remember_primelanes() -> None:
    sys.modules.pop("primelanes.distributed._worker", None)


def _lie(answer: bytes) -> bytes:
    """Change the partial result, so that the answer is still well-formed."""
    message = bytearray(answer[GREETING + 8 :])
    message[-1] ^= 1
    header = len(message).to_bytes(4, "little") + zlib.crc32(message).to_bytes(4, "little")
    return answer[:GREETING] + header + bytes(message)


def _of_newer_wire(answer: bytes) -> bytes:
    return answer[:11] + (99).to_bytes(4, "little") + answer[15:GREETING]


ANSWERS = {
    "garbage": lambda answer: b"garbage",
    "truncated": lambda answer: answer[:-1],
    "lie": _lie,
    "wire": _of_newer_wire,
}
