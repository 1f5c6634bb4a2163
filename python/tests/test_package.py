"""The metadata, names, documentation and types of the package."""

from __future__ import annotations

import doctest
import inspect
import pickle
import re
from collections.abc import Callable
from importlib import metadata, resources

import pytest

import primelanes
from primelanes import _native
from support import python


def test_the_version_is_the_version_of_the_distribution() -> None:
    assert primelanes.__version__ == metadata.version("primelanes")
    assert python("-m", "primelanes", "--version").stdout.strip() == primelanes.__version__


def test_all_public_names_exist() -> None:
    for name in primelanes.__all__:
        assert getattr(primelanes, name) is not None


def test_backends_and_algorithms_are_listed() -> None:
    backends = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"]
    assert primelanes.backends() == backends
    assert primelanes.algorithms() == ["auto", "trial-division", "sieve", "combinatorial"]


def unannotated(function: Callable[..., object]) -> inspect.Signature:
    signature = inspect.signature(function)
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return inspect.Signature(parameters)


def documented(function: Callable[..., object]) -> list[str]:
    """Return the parameters that the documentation of a function describes."""
    return re.findall(r"^(\w+) : ", inspect.getdoc(function) or "", re.MULTILINE)


def test_help_shows_the_parameters() -> None:
    signature = unannotated(primelanes.count_primes)
    assert str(signature) == (
        "(limit, *, start=0, algorithm='auto', double_check=False, backend='auto', workers=None, memory=None, "
        "journal=None, progress=None, cancel=None, timeout=None)"
    )
    assert str(unannotated(primelanes.Lane.count_primes)) == (
        "(self, limit, *, start=0, algorithm='auto', double_check=False, memory=None, journal=None, "
        "progress=None, cancel=None, timeout=None)"
    )
    holding_gil = unannotated(primelanes.count_primes_holding_gil)
    assert str(holding_gil) == "(limit, *, start=0, algorithm='auto', double_check=False, memory=None)"
    assert documented(primelanes.count_primes) == list(signature.parameters)
    assert str(unannotated(primelanes.primes)) == "(stop, start=0)"
    options = "backend='auto', workers=None"
    assert str(unannotated(primelanes.array)) == f"(stop, start=0, *, {options}, cancel=None, timeout=None)"
    assert str(unannotated(primelanes.Lane.array)) == "(self, stop, start=0, *, cancel=None, timeout=None)"
    assert str(unannotated(primelanes.nth_prime)) == f"(n, *, {options}, progress=None, cancel=None, timeout=None)"
    assert str(unannotated(primelanes.Lane.nth_prime)) == "(self, n, *, progress=None, cancel=None, timeout=None)"
    for function in (primelanes.primes, primelanes.array, primelanes.nth_prime):
        assert documented(function) == list(unannotated(function).parameters)
    for single in (primelanes.is_prime, primelanes.next_prime, primelanes.previous_prime):
        assert str(inspect.signature(single)) == "(number)"


@pytest.mark.parametrize(
    "function",
    [
        primelanes.array,
        primelanes.count_primes,
        primelanes.count_primes_holding_gil,
        primelanes.is_prime,
        primelanes.next_prime,
        primelanes.nth_prime,
        primelanes.previous_prime,
        primelanes.primes,
        primelanes,
    ],
)
def test_doctests_pass(function: object) -> None:
    examples = doctest.DocTestFinder(recurse=False).find(function, "example", module=primelanes, globs={})
    results = [doctest.DocTestRunner().run(example) for example in examples]
    assert sum(result.attempted for result in results) >= 2
    assert sum(result.failed for result in results) == 0


def test_public_objects_are_found_in_their_module() -> None:
    for name in primelanes.__all__:
        public = getattr(primelanes, name)
        if callable(public):
            assert public.__module__ == "primelanes"
            assert pickle.loads(pickle.dumps(public)) is public
    progress = primelanes.Progress("sieve", 1, 2)
    assert pickle.loads(pickle.dumps(progress)) == progress


def test_the_licences_are_installed() -> None:
    licences = {path.name for path in metadata.files("primelanes") or [] if "LICENSE" in path.name}
    assert licences == {"LICENSE-APACHE", "LICENSE-MIT"}


def test_the_types_are_installed() -> None:
    files = {entry.name for entry in resources.files("primelanes").iterdir()}
    assert {"py.typed", "_native.pyi"} <= files


def test_the_stub_has_the_names_of_the_module() -> None:
    stub = (resources.files("primelanes") / "_native.pyi").read_text()
    declared = set(re.findall(r"^(?:def|class) (\w+)|^(\w+): ", stub, re.MULTILINE))
    public = {name for name in _native.__all__ if not inspect.ismodule(getattr(_native, name))}
    assert {name for pair in declared for name in pair if name} == public


def test_the_package_can_be_unloaded_and_imported_again() -> None:
    script = """
import sys

def load():
    for name in [name for name in sys.modules if name.partition(".")[0] == "primelanes"]:
        del sys.modules[name]
    import primelanes
    return primelanes

def fail(package):
    sys.executable = "/bin/false"
    try:
        package.count_primes(10, backend="processes")
    except package.Error as error:
        return type(error)

def interrupt(package):
    class Set:
        def is_set(self):
            return self.__dict__.setdefault("calls", []).append(1) or len(self.calls) > 2
    try:
        package.count_primes(10**18, algorithm="sieve", cancel=Set())
    except package.Cancelled as error:
        return type(error)

def report(package):
    reports = []
    package.count_primes(10**6, progress=reports.append)
    return type(reports[-1])

for _ in range(3):
    package = load()
    assert fail(package) is package.Error
    assert interrupt(package) is package.Cancelled
    assert report(package) is package.Progress
print(package.count_primes(10**6))
"""
    assert python("-c", script).stdout == "78498\n"


def test_exceptions_are_related() -> None:
    assert issubclass(primelanes.Cancelled, primelanes.Error)
    assert not issubclass(primelanes.Error, (OSError, ValueError))
