"""The classes of the public interface."""

from typing import NamedTuple


class Error(Exception):
    """A count failed although its arguments were valid.

    For example, worker processes were lost, a thread or process could not be started, or primelanes has a bug.
    """


class Progress(NamedTuple):
    """The progress of a count. Within a phase, ``done`` grows until it equals ``total``."""

    phase: str
    """The name of the phase."""
    done: int
    """The number of finished pieces of work."""
    total: int
    """The number of all pieces of work."""
