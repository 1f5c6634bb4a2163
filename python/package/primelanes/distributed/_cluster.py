"""What a client knows of its cluster: which workers there are, and whether the scheduler is still there.

What waits for the scheduler runs in the event loop of the client, so that the thread that counts never waits for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from primelanes._types import Error

if TYPE_CHECKING:
    from distributed import Client

INTERVAL = 1.0
"""Seconds between two looks at the workers."""

SILENCE = 60.0
"""Seconds after which a scheduler that does not answer is given up. Usually, it answers within milliseconds."""


class Cluster:
    """The workers of a client, as of the last look. Use it in a ``with`` block."""

    def __init__(self, client: Client) -> None:
        self.notify: Callable[[], object] = lambda: None
        """Called after every look."""
        self.workers: dict[str, int] = {}
        """The number of threads of each worker, by its address."""
        self.allowed_failures: int | None = None
        """How many workers may die with a task before the scheduler gives the task up, or None if it does not say."""
        self.changes = 0
        """How often the workers have changed."""
        self._client = client
        self._failure: str | None = None
        self._looking: Future[None] | None = None

    def __enter__(self) -> Cluster:
        self.check()
        try:
            self._looking = self.start(self._look_first())
            self._looking.result()
            self.check()
        except BaseException:
            self.__exit__()
            raise
        self._looking = self.start(self._look_again())
        return self

    def __exit__(self, *_: object) -> None:
        if self._looking is not None:
            self._looking.cancel()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> Future[None]:
        """Run a coroutine in the event loop of the client."""
        loop: Any = self._client.loop
        return asyncio.run_coroutine_threadsafe(coroutine, loop.asyncio_loop)

    def check(self) -> None:
        """Raise an error if the scheduler is gone."""
        if self._failure is None and self._client.status != "running":
            self._failure = f"the status of the Dask client is '{self._client.status}'"
        if self._failure is not None:
            raise Error(f"the client has lost its scheduler: {self._failure}")

    def fullest_machine(self) -> tuple[int, int]:
        """Return the most workers on one machine, and the most threads of the workers on one machine."""
        workers: Counter[str] = Counter()
        threads: Counter[str] = Counter()
        for address, count in self.workers.items():
            machine = address.rpartition(":")[0]
            workers[machine] += 1
            threads[machine] += count
        return max(workers.values(), default=1), max(threads.values(), default=1)

    async def _look_first(self) -> None:
        await asyncio.gather(self._look(), self._ask_for_allowed_failures())

    async def _look_again(self) -> None:
        while self._failure is None:
            await asyncio.sleep(INTERVAL)
            await self._look()

    async def _look(self) -> None:
        """Ask for the workers. In the event loop, the methods of the client return something to wait for."""
        try:
            asked: Awaitable[dict[str, int]] = self._client.nthreads()
            workers = await asyncio.wait_for(asked, SILENCE)
        except asyncio.TimeoutError:
            self._failure = f"it has not answered for {SILENCE:.0f} seconds"
        except Exception as error:
            self._failure = str(error) or type(error).__name__
        else:
            if workers == self.workers:
                return
            self.workers = dict(workers)
            self.changes += 1
        self.notify()

    async def _ask_for_allowed_failures(self) -> None:
        # A scheduler may refuse to run code of its clients.
        asked: Awaitable[int] = self._client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures)
        try:
            self.allowed_failures = await asyncio.wait_for(asked, SILENCE)
        except Exception:
            self.allowed_failures = None
