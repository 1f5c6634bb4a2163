"""Counts that go on from a journal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import primelanes

LIMIT = 10**7
COUNT = 664_579
"""By trial division, this count takes some seconds on one thread."""


def count(journal: Path, **options: object) -> int:
    return primelanes.count_primes(LIMIT, algorithm="trial-division", journal=journal, **options)  # type: ignore[arg-type]


def interrupt(journal: Path, **options: object) -> None:
    with pytest.raises(TimeoutError):
        count(journal, timeout=0.4, **options)


def test_an_interrupted_count_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    interrupt(journal, backend="single-thread")
    interrupt(journal, backend="rayon", workers=2)
    done: list[float] = []
    with primelanes.Processes(2) as lane:
        counted = lane.count_primes(
            LIMIT,
            algorithm="trial-division",
            journal=os.fsencode(journal),
            progress=lambda report: done.append(report.done / report.total),
        )
    assert counted == COUNT
    assert min(part for part in done if part) > 0.05, "it does not begin again"
    begun = time.monotonic()
    assert count(journal) == COUNT
    assert time.monotonic() - begun < 0.5, "a finished count is answered at once"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["j"]


def test_a_killed_count_goes_on(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    program = (
        "import primelanes\n"
        f"primelanes.count_primes({LIMIT}, algorithm='trial-division', workers=1, journal={str(journal)!r})"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        # The file is created empty, then written without any work, then replaced by longer ones.
        sizes: set[int] = set()
        while len(sizes) < 3:
            assert process.poll() is None
            if journal.exists():
                sizes.add(journal.stat().st_size)
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    done: list[float] = []
    assert count(journal, progress=lambda report: done.append(report.done)) == COUNT
    assert min(part for part in done if part) > 10_000, "of a million: it does not begin again"


def test_a_journal_that_cannot_be_used_is_an_invalid_argument(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    assert primelanes.count_primes(1000, journal=journal) == 168
    before = journal.read_bytes()
    with pytest.raises(ValueError, match="it belongs to another count: 0 to 1000, algorithm auto"):
        primelanes.count_primes(1001, journal=journal)
    assert journal.read_bytes() == before
    journal.write_bytes(before[:-1])
    with pytest.raises(ValueError, match="it is cut off"):
        primelanes.count_primes(1000, journal=journal)
    with pytest.raises(ValueError, match="not a regular file"):
        primelanes.count_primes(1000, journal=tmp_path)
    with pytest.raises(TypeError):
        primelanes.count_primes(1000, journal=7)  # type: ignore[arg-type]


def test_a_journal_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    interrupt(journal)
    journal.chmod(0o444)
    with pytest.warns(RuntimeWarning, match="cannot write the journal '.*': the file is read-only") as warned:
        assert count(journal) == COUNT
    assert len(warned) == 1
    assert warned[0].filename == __file__
