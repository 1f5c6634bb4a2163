"""The examples run and print what they should."""

from __future__ import annotations

import re
import sys

import pytest

from support import python

OUTPUT = {
    "asyncio_to_thread": r"50847534 and 334312 primes; the event loop stalled for \d+ ms at most\n",
    "interpreters": (
        "17984 primes, counted in interpreters; 17984, counted in a thread\n"
        r"import in another interpreter: module primelanes\._native does not support loading in subinterpreters\n"
    ),
    "multiprocessing_pool": "50847534 primes up to 1000000000, in 10 pieces\n",
    "processes": r"(up to \d+ there are 1\.\d+ times as many primes as limit / ln\(limit\)\n){7}",
    "threads": (
        "48155 primes among the million numbers from 1000000000 on\n"
        r"(\d+ primes among the million numbers from \d+ on\n){6}"
    ),
}


@pytest.mark.parametrize("name", OUTPUT)
def test_an_example_prints_its_output(request: pytest.FixtureRequest, name: str) -> None:
    if name == "interpreters" and sys.version_info < (3, 14):
        pytest.skip("InterpreterPoolExecutor is new in Python 3.14")
    path = request.config.rootpath / "examples" / f"{name}.py"
    output = python(str(path)).stdout
    assert re.fullmatch(OUTPUT[name], output), output


def test_cancelling_in_the_event_loop_ends_the_count(request: pytest.FixtureRequest) -> None:
    script = f"""
import asyncio, sys
sys.path.insert(0, {str(request.config.rootpath / "examples")!r})
from asyncio_to_thread import count_primes

async def main():
    try:
        await asyncio.wait_for(count_primes(10**18), timeout=0.3)
    except asyncio.TimeoutError:
        print("cancelled")

asyncio.run(main())
"""
    assert python("-c", script).stdout == "cancelled\n"


def test_every_example_is_run(request: pytest.FixtureRequest) -> None:
    examples = {path.stem for path in (request.config.rootpath / "examples").glob("*.py")}
    assert examples == set(OUTPUT)
