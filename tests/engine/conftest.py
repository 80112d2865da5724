"""A session of the toy steps in its own state directory, and sessions in simulated worlds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.engine.session import Session, open_session
from tests.engine.fork_server import Launcher, launcher
from tests.engine.simulated_sessions import AppliedWorlds, Simulated
from tests.engine.worlds import WORLDS, World


@pytest.fixture
def session() -> Session:
    return open_session("toy")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Starts processes."""
    with launcher(tmp_path_factory.mktemp("outputs")) as running:
        yield running


@pytest.fixture(scope="session")
def applied(server: Launcher, tmp_path_factory: pytest.TempPathFactory) -> AppliedWorlds:
    """Sessions to which everything is applied; each is made once, and tests work with copies."""
    return AppliedWorlds(server, tmp_path_factory.mktemp("applied"))


@pytest.fixture(params=WORLDS, ids=lambda world: world.name)
def simulated(request: pytest.FixtureRequest, server: Launcher, tmp_path: Path) -> Simulated:
    """Each simulated world."""
    world: World = request.param
    return Simulated(server, world, tmp_path / "state")
