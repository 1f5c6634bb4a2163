"""How to start worker processes: interpreters that load the extension module of primelanes, and nothing else.

A worker loads the file that this interpreter has loaded, whatever the import path of either is. It runs no code of the
program, of ``site`` or of ``sitecustomize``.
"""

from __future__ import annotations

import os
import sys
from typing import Union

from primelanes import _native
from primelanes._types import Error

AnyPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

_EXTENSION = os.path.abspath(_native.__file__)

_PROGRAM = """
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
loader = ExtensionFileLoader("primelanes._native", sys.argv[1])
worker = loader.create_module(ModuleSpec(loader.name, loader, origin=loader.path))
loader.exec_module(worker)
sys.exit(worker.serve())
"""

# The option -I also ignores PYTHONHOME, without which some interpreters do not find the standard library.
_OPTIONS = ["-s", "-S"] if "PYTHONHOME" in os.environ and not sys.flags.ignore_environment else ["-I", "-S"]


def command(python: AnyPath | None = None) -> list[str]:
    """Return the command that starts a worker, in the given interpreter or one like this."""
    if python is None:
        python = _this_interpreter()
    return [os.fsdecode(python), *_OPTIONS, "-c", _PROGRAM, _EXTENSION]


def _this_interpreter() -> str:
    if sys.is_finalizing():
        raise Error("the interpreter is shutting down")
    remedy = "name an interpreter with primelanes.Processes(python=..)"
    if getattr(sys, "frozen", False):
        raise Error(f"processes is not available: sys.executable is a frozen program; {remedy}")
    if not sys.executable:
        raise Error(f"processes is not available: sys.executable does not name the interpreter; {remedy}")
    return sys.executable
