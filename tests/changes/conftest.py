"""A context with a simulated backend, and how to make a change in it."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from tests.changes.helpers import Begin, Make, made
from tests.steps.walked_world import context, copied, walk


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return Context(DemoBackend(tmp_path / "world.json"), Target("", Answers(MappingProxyType({}))), "s1")


@pytest.fixture
def make(ctx: Context) -> Make:
    """Makes a change; its receipt, as the journal keeps it."""

    return lambda change: made(ctx, change)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The article's simulated state after every page was applied."""
    path = tmp_path_factory.mktemp("walked") / "world.json"
    ctx = context(path, "article")
    walk(ctx)
    ctx.backend.close()
    return path


@pytest.fixture
def begin(walked: Path, tmp_path: Path) -> Begin:
    def made(built: bool = True) -> Context:
        path = tmp_path / "world.json"
        return context(copied(walked, path) if built else path, "article")

    return made
