"""Simulated states after every page was applied; they are made once and copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.core.context import Context
from tests.steps.walked_world import context, copied, walk


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file with a scene's state after every page was applied."""
    paths: dict[str, Path] = {}

    def file(scene: str) -> Path:
        if scene not in paths:
            paths[scene] = tmp_path_factory.mktemp("walked") / f"{scene}.json"
            ctx = context(paths[scene], scene)
            walk(ctx)
            ctx.backend.close()
        return paths[scene]

    return file


@pytest.fixture
def world_of(walked: Callable[[str], Path], tmp_path: Path) -> Callable[..., Context]:
    """A context with a simulated state of its own: that of the scene, or with `built` after every page was applied."""

    def begin(scene: str = "article", built: bool = False, answers: dict[str, dict[str, Any]] | None = None) -> Context:
        path = tmp_path / f"{scene}.json"
        return context(copied(walked(scene), path) if built else path, scene, answers or {})

    return begin
