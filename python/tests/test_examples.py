"""The examples run, and say what they are to say."""

from __future__ import annotations

import re
import sys

import pytest

from support import python

SAID = {
    "asyncio_to_thread": r"50847534 and 334312 primes; the loop stood still for \d+ ms at the longest\n",
    "interpreters": (
        "17984 primes, counted in interpreters; 17984, counted beside them\n"
        r"to import primelanes there: module primelanes\._native does not support loading in subinterpreters\n"
    ),
    "multiprocessing_pool": "50847534 primes up to 1000000000, in 10 pieces\n",
    "processes": r"(up to \d+ there are 1\.\d+ times as many primes as limit / ln\(limit\)\n){7}",
    "threads": (
        "48155 primes in a million numbers from 1000000000 on\n"
        r"(\d+ primes in a million numbers from \d+ on\n){6}"
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_an_example_says_what_it_is_to_say(request: pytest.FixtureRequest, name: str) -> None:
    if name == "interpreters" and sys.version_info < (3, 14):
        pytest.skip("there is an executor of interpreters from Python 3.14 on")
    path = request.config.rootpath / "examples" / f"{name}.py"
    said = python(str(path)).stdout
    assert re.fullmatch(SAID[name], said), said


def test_a_cancelled_event_loop_waits_for_no_count(request: pytest.FixtureRequest) -> None:
    script = f"""
import asyncio, sys
sys.path.insert(0, {str(request.config.rootpath / "examples")!r})
from asyncio_to_thread import count_primes

async def main():
    try:
        await asyncio.wait_for(count_primes(10**18), timeout=0.3)
    except asyncio.TimeoutError:
        print("enough")

asyncio.run(main())
"""
    assert python("-c", script).stdout == "enough\n"


def test_every_example_is_run(request: pytest.FixtureRequest) -> None:
    examples = {path.stem for path in (request.config.rootpath / "examples").glob("*.py")}
    assert examples == set(SAID)
