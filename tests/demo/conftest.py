"""Each test has its own simulated world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.demo.backend import DemoBackend


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., DemoBackend]:
    """Creates the world of a scene; a second call with the same scene opens the same file."""

    def world(scene: str = "article") -> DemoBackend:
        return DemoBackend(tmp_path / f"{scene}.json", scene)

    return world


@pytest.fixture
def world(make: Callable[..., DemoBackend]) -> DemoBackend:
    """The default scene."""
    return make()
