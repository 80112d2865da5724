"""One lab for all tests that need the whole of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.lab.rehearsal import Rehearsal


@pytest.fixture(scope="package")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    from mhv_tui.lab import lifecycle

    name = os.environ.get("MHV_LAB_NAME", "rehearsal")  # a lab of that name that stands already is used and left

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    kept = "MHV_LAB_NAME" in os.environ
    try:
        lifecycle.up(name, progress=progress)
        yield Rehearsal(name, tmp_path_factory.mktemp("rehearsal"))
    finally:
        if not kept:
            lifecycle.destroy(name, progress=progress)
