"""A simulated world of its own for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.demo.world import DemoWorld


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., DemoWorld]:
    """A world of a scene; the second call with the same scene meets the first one's file."""

    def world(scene: str = "article") -> DemoWorld:
        return DemoWorld(tmp_path / f"{scene}.json", scene)

    return world


@pytest.fixture
def world(make: Callable[..., DemoWorld]) -> DemoWorld:
    """The default scene."""
    return make()
