"""What the front doors say of Python is true."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize("readme", ["README.md", "../README.md"])
def test_every_line_runs_and_gives_what_is_beside_it(request: pytest.FixtureRequest, readme: str) -> None:
    text = (request.config.rootpath / readme).read_text()
    checked = 0
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        names: dict[str, object] = {}
        exec(block, names)
        for line, said in re.findall(r"^(\S.*?\)) +# (\d+)\b", block, re.MULTILINE):
            assert eval(line, names) == int(said), line
            checked += 1
    assert checked >= 2
