"""Carries runs of tiles between a count and the workers of a cluster."""

from __future__ import annotations

import random
import warnings
from asyncio import CancelledError
from collections import deque
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dask.utils import apply
from distributed import KilledWorker

from primelanes._native import Relay, __version__, partial
from primelanes._types import Error

if TYPE_CHECKING:
    from distributed import Client, Future

    from primelanes.distributed._cluster import Cluster
    from primelanes.distributed._worker import Answer

RUN = "primelanes.distributed._worker:run"
"""What a worker does with a request."""

REMEMBERED = 1000
"""How many answered runs are remembered, to name the worker if the answer turns out to be malformed."""


class Copy:
    """A run on its way to a worker and back. A run that is double-checked has two."""

    def __init__(self, run: Run, workers: list[str] | None) -> None:
        self.run = run
        self.workers = workers
        """The workers that may run it, or None for any."""
        self.future: Future[Answer] | None = None
        self.answer: Answer | None = None
        self.error: BaseException | None = None


class Run:
    """A request for a run of tiles, which waits for its answer."""

    def __init__(self, number: int, first: int, end: int, request: bytes, double_check: float) -> None:
        self.number = number
        self.is_double_checked = random.random() < double_check
        self.tiles = f"{first}..{end}"
        self.request = request
        self.copies: list[Copy] = []


class Runs:
    """The runs of one count."""

    def __init__(self, client: Client, cluster: Cluster, relay: Relay, double_check: float) -> None:
        self._client = client
        self._cluster = cluster
        self._relay = relay
        self._double_check = double_check
        self._name = f"primelanes-run-{uuid4().hex}"
        self._sent = 0
        self._waiting: dict[int, Run] = {}
        self._held: list[Run] = []
        """Runs to be double-checked, while there is only one worker."""
        self._arrived: deque[Copy] = deque()
        self._answered: dict[int, list[str]] = {}
        """The workers that answered the last runs."""
        self._distrusted: set[str] = set()
        """The workers that sent malformed answers."""
        self._changes = -1

    def help_along(self) -> None:
        """Do everything that can be done without waiting."""
        while self._arrived:
            self._on_arrival(self._arrived.popleft())
        for number, reason in self._relay.take_rejections():
            self._on_rejection(number, reason)
        self._cluster.check()
        if self._changes != self._cluster.changes:
            self._changes = self._cluster.changes
            self._on_change()
        held, self._held = self._held, []
        for run in held:
            self._send(run)
        for request in self._relay.take_requests():
            run = Run(*request, self._double_check)
            self._waiting[run.number] = run
            self._send(run)

    def close(self) -> None:
        """Leave no task on the cluster. Workers finish the runs that they have begun."""
        copies = [copy for run in self._waiting.values() for copy in run.copies]
        self._waiting.clear()
        self._held.clear()
        for copy in copies:
            self._drop(copy)

    def _send(self, run: Run) -> None:
        if not run.is_double_checked:
            self._submit(Copy(run, self._trusted() if self._distrusted else None))
            return
        if len(self._cluster.workers) < 2:
            self._held.append(run)
            return
        trusted = self._trusted()
        pair = random.sample(trusted if len(trusted) > 1 else sorted(self._cluster.workers), 2)
        for worker in pair:
            self._submit(Copy(run, [worker]))

    def _trusted(self) -> list[str]:
        """Return the workers that have sent no malformed answer, or all if there are no others."""
        workers = self._cluster.workers
        return sorted(workers.keys() - self._distrusted) or sorted(workers)

    def _submit(self, copy: Copy) -> None:
        self._sent += 1
        key = (self._name, copy.run.number, self._sent)
        copy.run.copies.append(copy)
        # The worker looks the function up when it runs the task. If it cannot, the task fails. If the function itself
        # were sent, the worker could not read the message, and would end.
        graph = {key: (apply, (resolve_name, RUN), [copy.run.request, __version__])}
        copy.future = self._client.get(graph, key, workers=copy.workers, sync=False)
        self._cluster.start(self._fetch(copy, copy.future))

    async def _fetch(self, copy: Copy, future: Future[Answer]) -> None:
        """Get the answer as soon as there is one, and leave nothing of it on the cluster."""
        try:
            copy.answer = await future
        except BaseException as error:
            copy.error = error
        finally:
            future.release()
        self._arrived.append(copy)
        self._relay.wake()

    def _drop(self, copy: Copy) -> None:
        """Release the future, which also ends `_fetch`.

        Cancelling `_fetch` would be wrong: Dask fetches several results at once, so other fetches would end too, in the
        worst case all later ones of this client.
        """
        if copy.future is not None:
            copy.future.release()

    def _on_arrival(self, copy: Copy) -> None:
        run = copy.run
        if self._waiting.get(run.number) is not run or copy not in run.copies:
            return
        if copy.error is not None:
            self._on_error(run, copy.error)
            return
        answers = [other.answer for other in run.copies if other.answer is not None]
        for address, version, _ in answers:
            if version != __version__:
                raise Error(f"the worker {address} has primelanes {version}, and this client has {__version__}")
        if len(answers) == len(run.copies):
            if run.is_double_checked:
                # A malformed answer comes first, so that it is rejected.
                answers.sort(key=lambda answer: partial(answer[2]) is not None)
                _compare(run, answers)
            del self._waiting[run.number]
            self._remember(run.number, [address for address, _, _ in answers])
            self._relay.answer(run.number, answers[0][2])

    def _on_error(self, run: Run, error: BaseException) -> None:
        """End the count if no other worker can do better. Otherwise, the run is done again."""
        if isinstance(error, CancelledError):
            self._cluster.check()
            if getattr(error, "reason", None) == "scheduler-connection-lost":
                raise Error("the client has lost its scheduler: the connection was closed")
        if isinstance(error, MemoryError):
            raise MemoryError(f"a worker is out of memory: {error}")
        if not isinstance(error, KilledWorker) and (lack := _lack(error)):
            remedy = f"install primelanes[distributed] {__version__} on the scheduler and on all workers"
            raise Error(f"{lack}; {remedy}") from error
        del self._waiting[run.number]
        for copy in run.copies:
            self._drop(copy)
        self._relay.fail(run.number, f"{type(error).__name__}: {error}")

    def _remember(self, number: int, workers: list[str]) -> None:
        self._answered[number] = workers
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]

    def _on_rejection(self, number: int, reason: str) -> None:
        for worker in self._answered.get(number, [])[:1]:
            if worker not in self._distrusted:
                self._distrusted.add(worker)
                message = f"the worker {worker} is avoided from now on, and its run is done again: {reason}"
                warnings.warn(message, RuntimeWarning, stacklevel=2)

    def _on_change(self) -> None:
        """Use workers that have joined, and send runs again that wait for a worker that has left."""
        workers = self._cluster.workers
        self._relay.resize(len(workers), sum(workers.values()))
        for run in list(self._waiting.values()):
            stuck = [c for c in run.copies if c.workers and c.answer is None and workers.keys().isdisjoint(c.workers)]
            if stuck:
                for copy in run.copies:
                    self._drop(copy)
                run.copies.clear()
                self._held.append(run)


def _compare(run: Run, answers: list[Answer]) -> None:
    """Check that two workers gave the same result. A malformed answer is rejected later."""
    results = [partial(answer) for _, _, answer in answers]
    if None not in results and len(set(results)) > 1:
        one, other = (address for address, _, _ in answers)
        raise Error(f"the workers {one} and {other} gave different results for the tiles {run.tiles}")


def _lack(error: BaseException) -> str | None:
    """Return what is missing on a worker or on the scheduler, if that is what the error is about."""
    cause: Any = error
    while cause is not None:
        if isinstance(cause, (ImportError, AttributeError)):
            return f"a run could not be read: {cause}"
        cause = cause.__cause__
    if "deserialization of the task graph" in str(error):
        return f"the scheduler could not read a run: {' '.join(str(error).split())}"
    return None
