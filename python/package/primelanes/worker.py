"""The program of the worker processes of ``backend="processes"``: ``python -m primelanes.worker``."""

from __future__ import annotations

import os
import sys

from primelanes._native import serve
from primelanes._types import Error

_ISOLATION = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S"}
"""The flags that restrict where an interpreter imports from, and the options that set them."""


def command() -> list[str]:
    """Return the command that starts a worker, as isolated as this interpreter."""
    options = [option for flag, option in _ISOLATION.items() if getattr(sys.flags, flag)]
    return [sys.executable or "", *options, "-m", "primelanes.worker"]


def environment() -> dict[str, str]:
    """Return variables that let a worker import what this interpreter can, and nothing else from its directory."""
    path = [entry or os.getcwd() for entry in sys.path if isinstance(entry, str)]
    return {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1"}


def main() -> int:
    """Serve, and return the exit code: 1 if the input does not come from a program that uses workers."""
    try:
        serve()
    except Error as error:
        print(f"primelanes.worker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
