"""What counts hand out besides numbers."""

from typing import NamedTuple


class Error(Exception):
    """A count that has no answer, though it was asked for properly.

    A worker process was lost, a thread or process could not be started, or there is a fault in primelanes itself.
    """


class Progress(NamedTuple):
    """How far a count is. Within a phase, ``done`` only grows, up to ``total``."""

    phase: str
    """The name of the phase."""
    done: int
    """Pieces of work that are done."""
    total: int
    """Pieces of work that there are."""
