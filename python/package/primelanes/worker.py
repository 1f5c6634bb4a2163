"""What a worker process of ``backend="processes"`` runs: ``python -m primelanes.worker``."""

from __future__ import annotations

import os
import sys

from primelanes._native import serve
from primelanes._types import Error

_ISOLATION = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S"}
"""The flags that say what an interpreter imports from, and their options."""


def command() -> list[str]:
    """How to start a worker that is as isolated as this interpreter."""
    options = [option for flag, option in _ISOLATION.items() if getattr(sys.flags, flag)]
    return [sys.executable or "", *options, "-m", "primelanes.worker"]


def environment() -> dict[str, str]:
    """Lets a worker import what this interpreter can, and nothing else that lies where it happens to be started."""
    path = [entry or os.getcwd() for entry in sys.path if isinstance(entry, str)]
    return {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1"}


def main() -> int:
    """Serves; 1 if whoever started this does not ask as a program that has workers does."""
    try:
        serve()
    except Error as error:
        print(f"primelanes.worker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
