"""The tmux fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.terminals import Tmux, tmux


@pytest.fixture
def wizard(tmp_path: Path) -> Iterator[Tmux]:
    """The wizard in a tmux server of its own, not started yet."""
    with tmux(tmp_path) as server:
        yield server
