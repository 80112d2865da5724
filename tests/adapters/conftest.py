"""A file that only the operator may read, its witness, and a directory for images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.hostile import SECRET, Witness, watched


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that only the operator may read."""
    path = tmp_path / "private" / "canary"
    path.parent.mkdir()
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def witness(canary: Path) -> Iterator[Witness]:
    with watched(canary) as watching:
        yield watching


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the image is."""
    directory = tmp_path / "images"
    directory.mkdir()
    return directory
