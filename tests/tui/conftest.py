"""A tmux for those who ask, and nothing that would slow the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.terminals import Tmux, tmux


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Tmux]:
    """A tmux of one's own, 80x24."""
    with tmux(tmp_path) as here:
        yield here
