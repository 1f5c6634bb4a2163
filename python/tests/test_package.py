"""The metadata, names, documentation and types of the package."""

from __future__ import annotations

import doctest
import inspect
import pickle
import re
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


def test_help_shows_the_parameters() -> None:
    signature = inspect.signature(primelanes.count_primes)
    assert str(signature) == (
        "(limit, *, start=0, algorithm='auto', double_check=False, backend='auto', workers=None, progress=None)"
    )
    holding_gil = inspect.signature(primelanes.count_primes_holding_gil)
    assert str(holding_gil) == "(limit, *, start=0, algorithm='auto', double_check=False)"
    documented = re.findall(r"^(\w+) : ", inspect.getdoc(primelanes.count_primes) or "", re.MULTILINE)
    assert documented == list(signature.parameters)


@pytest.mark.parametrize("function", [primelanes.count_primes, primelanes.count_primes_holding_gil, primelanes])
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
    declared = set(re.findall(r"^def (\w+)|^(\w+): ", stub, re.MULTILINE))
    assert {name for pair in declared for name in pair if name} == set(_native.__all__)
