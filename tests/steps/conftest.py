"""Worlds that were walked through once, to be copied by each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.core.context import Context
from tests.steps.built import context, copied, walk


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a scene's world after the whole road."""
    kept: dict[str, Path] = {}

    def file(scene: str) -> Path:
        if scene not in kept:
            kept[scene] = tmp_path_factory.mktemp("walked") / f"{scene}.json"
            ctx = context(kept[scene], scene)
            walk(ctx)
            ctx.backend.close()
        return kept[scene]

    return file


@pytest.fixture
def world_of(walked: Callable[[str], Path], tmp_path: Path) -> Callable[..., Context]:
    """A context in a world of one's own: fresh, or built by the whole road."""

    def begin(scene: str = "article", built: bool = False, asked: dict[str, dict[str, Any]] | None = None) -> Context:
        path = tmp_path / f"{scene}.json"
        return context(copied(walked(scene), path) if built else path, scene, asked or {})

    return begin
