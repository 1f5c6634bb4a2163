"""The classes of the public interface that have no behaviour."""

from typing import NamedTuple


class Error(Exception):
    """A count failed although its arguments were valid.

    For example, worker processes were lost, a thread or process could not be started, a double check found different
    results, or primelanes has a bug.
    """


class Cancelled(Error):
    """A count ended because its ``cancel`` was set."""


class Progress(NamedTuple):
    """The progress of a count. ``done`` grows until it equals ``total``, which stays the same."""

    phase: str
    """The name of the phase that is running."""
    done: int
    """How many millionths of the count are finished, by its estimated cost."""
    total: int
    """A million."""
