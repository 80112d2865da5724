"""Broken and hostile source files: each has its sentence within two seconds, in little memory, and leaves nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import pytest

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.sources import inspected
from mhv_tui.core.errors import FindingError
from tests.adapters.hostile_sources import SOURCES

MIB = 1 << 20
ALL_AT_ONCE = r"""
import contextlib, re, sys
from pathlib import Path
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.sources import inspected
from mhv_tui.core.errors import FindingError
for path in sorted(Path(sys.argv[1]).iterdir()):
    with contextlib.suppress(FindingError):
        inspected(ThisMachine(), path)
print(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
"""


def sentence_about(path: Path) -> tuple[str, str]:
    """The code and the sentence of the page about a file."""
    try:
        disk, _ = inspected(ThisMachine(), path) or (None, "")
    except FindingError as refused:
        return refused.finding.code, refused.finding.detail
    if disk is None:
        return "", ""
    return disk.problems[0] if disk.problems else ("", disk.doubt)


def test_there_are_many() -> None:
    assert len(SOURCES) >= 50


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", SOURCES)
def test_each_source_has_its_sentence(name: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, code, words = SOURCES[name]
    make(place / "source")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    tracemalloc.start()
    began = time.monotonic()
    answer = sentence_about(place / "source")
    seconds, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer[0] == code and words in answer[1] and "S3cr3t" not in answer[1], answer
    assert seconds < 2 and peak < 24 * MIB, (seconds, peak)
    assert [path.name for path in place.iterdir()] == ["source"] and not list(scratch.iterdir())


def test_all_of_them_together_need_little_memory(place: Path) -> None:
    """The allocations of the C libraries count as well."""
    for name, (make, _, _) in SOURCES.items():
        make(place / name)
    done = subprocess.run(
        [sys.executable, "-c", ALL_AT_ONCE, str(place)], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) < 48 << 10, "KiB, of which Python and the modules are more than half"
