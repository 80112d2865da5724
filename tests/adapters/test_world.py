"""A refused login is tried once, and again only if the operator requests it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from tests.adapters.test_ssh_world import HOST, Server, world_of


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that accepts only keys, and none of ours."""
    server = Server(keys=True)
    yield server
    server.close()


@pytest.mark.ssh
def test_a_refused_login_is_tried_again_only_at_the_operators_request(server: Server, tmp_path: Path) -> None:
    world, host = world_of(tmp_path, server), SshHost(HOST, port=server.port)
    for _ in range(3):
        with pytest.raises(FindingError) as refused:
            world.node(host)
        assert refused.value.finding.code == "CN30"
    assert len(server.transports) == 1
    server.keys = False  # from now on it accepts every login, as if the key had been added
    with pytest.raises(FindingError):
        world.node(host)
    assert len(server.transports) == 1
    world.allow_login_retry()
    assert world.node(host) is world.node(host)
    assert len(server.transports) == 2
    world.close()
