"""Every Python example in the documentation runs, and the values next to its lines are right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from support import python

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "python" / "README.md"]
PAGES = [*READMES, *sorted((ROOT / "docs").glob("*.md"))]

FENCE = "```python\n"
RESULT = re.compile(r"^(\S.*?\)) +# (\d+)\b", re.MULTILINE)
"""A line with its value next to it: ``primelanes.count_primes(10)  # 4``."""

TIMEOUT = 10
"""Seconds. Nobody waits longer for an example."""


class Block(NamedTuple):
    """A block of Python code in a page."""

    page: Path
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def checked(self) -> tuple[str, int]:
        """Return the code with an assertion for each value next to a line, and the number of these."""
        return RESULT.subn(r"assert (\1) == \2  #", self.code)


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = re.finditer(rf"^{FENCE}(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(page, text.count("\n", 0, match.start()) + 1, match[1]) for match in found]


BLOCKS = [block for page in PAGES for block in blocks(page)]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_runs_in_a_fresh_interpreter(tmp_path: Path, block: Block) -> None:
    code, _ = block.checked()
    if "distributed" in code:
        pytest.importorskip("distributed", reason="dask and distributed are not installed")
    # A file, as a user would have it: processes that are spawned import the main module.
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    python(str(script), cwd=tmp_path, timeout=TIMEOUT)


@pytest.mark.parametrize("page", READMES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_readme_shows_values(page: Path) -> None:
    assert sum(block.checked()[1] for block in blocks(page)) >= 2


def test_every_block_is_found() -> None:
    assert BLOCKS
    assert len(BLOCKS) == sum(page.read_text(encoding="utf-8").count(FENCE) for page in PAGES)
