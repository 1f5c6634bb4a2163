"""The wheels that ``maturin build`` made: their tags, and what they contain.

The environment variable ``PRIMELANES_WHEELS`` names the directory that they are in.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

import primelanes

SOURCE = Path(__file__).parents[1] / "package"

WHEELS = {
    "cp39-abi3": (r"_native\.abi3\.so", b"PyInit__native"),
    "cp314-cp314t": (r"_native\.cpython-314t-.*\.so", b"PyInit__native"),
    "cp315-abi3.abi3t": (r"_native\.abi3t-.*\.so", b"PyModExport__native"),
}
"""The interpreters that each wheel is for, the name of its library, and the function that the interpreter looks up."""


@pytest.fixture(scope="module")
def wheels() -> dict[str, Path]:
    directory = os.environ.get("PRIMELANES_WHEELS")
    if directory is None:
        pytest.skip("PRIMELANES_WHEELS does not name a directory of wheels")
    names = {re.sub(r"-[^-]*\.whl$", "", path.name): path for path in Path(directory).iterdir()}
    return {name.replace(f"primelanes-{primelanes.__version__}-", ""): path for name, path in names.items()}


def test_there_is_a_wheel_for_each_kind_of_interpreter(wheels: dict[str, Path]) -> None:
    assert wheels.keys() == WHEELS.keys()


@pytest.mark.parametrize("tags", WHEELS)
def test_a_wheel_contains_the_package_and_one_library(wheels: dict[str, Path], tags: str) -> None:
    library, function = WHEELS[tags]
    with ZipFile(wheels[tags]) as wheel:
        files = [name for name in wheel.namelist() if name.startswith("primelanes/")]
        libraries = [name for name in files if name.endswith(".so")]
        assert [name for name in libraries if re.fullmatch(f"primelanes/{library}", name)] == libraries
        assert len(libraries) == 1
        assert function + b"\0" in wheel.read(libraries[0])
    sources = {
        path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.suffix in (".py", ".pyi", ".typed")
    }
    assert sources | set(libraries) == set(files)


@pytest.mark.parametrize("tags", WHEELS)
def test_the_metadata_of_a_wheel_agree_with_its_name(wheels: dict[str, Path], tags: str) -> None:
    information = f"primelanes-{primelanes.__version__}.dist-info"
    python, abis = tags.split("-")
    with ZipFile(wheels[tags]) as wheel:
        text = wheel.read(f"{information}/WHEEL").decode()
        licences = {name for name in wheel.namelist() if name.startswith(f"{information}/licenses/")}
    assert re.findall(r"^Tag: (\w+-\w+)-", text, re.MULTILINE) == [f"{python}-{abi}" for abi in abis.split(".")]
    assert licences == {f"{information}/licenses/LICENSE-{name}" for name in ("APACHE", "MIT")}
