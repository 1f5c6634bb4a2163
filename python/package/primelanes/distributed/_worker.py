"""What a Dask worker does: it runs the tiles of a request on all its threads.

Dask sends tasks by the name of their function. So the name of this module, and the name, parameters and result of its
function are the same in all versions. Otherwise, a worker of another version could not say so.
"""

from __future__ import annotations

import signal

from distributed import Worker, WorkerPlugin, get_worker

from primelanes._counting import value, wait
from primelanes._native import __version__, run_request

Answer = tuple[str, str, bytes]
"""The address of the worker, its version of primelanes, and what it answers."""


def run(request: bytes, version: str) -> Answer:
    """Run the tiles of a request of a client with this version. A worker with another version answers nothing."""
    worker = get_worker()
    if version != __version__:
        return worker.address, __version__, b""
    handle = value(run_request(request, worker.state.nthreads))
    wait(handle)
    return worker.address, __version__, value(handle.take_bytes())


class IgnoreInterrupts(WorkerPlugin):
    """Leaves Ctrl-C, which a terminal sends to all its processes, to the client, which then ends the workers."""

    def setup(self, worker: Worker) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
