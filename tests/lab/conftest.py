"""The lab that all tests of a whole lab share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.lab.node_front import NodeFront, node_front
from tests.lab.running_lab import RunningLab


@pytest.fixture(scope="package")
def running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab with all parts; MHV_LAB_NAME selects an existing one, which is not destroyed afterwards."""
    from mhv_tui.lab import lifecycle

    name = os.environ.get("MHV_LAB_NAME", "rehearsal")
    try:
        lifecycle.up(name)
        yield RunningLab(name, tmp_path_factory.mktemp("running-lab"))
    finally:
        if "MHV_LAB_NAME" not in os.environ:
            lifecycle.destroy(name)


@pytest.fixture(scope="package")
def front(running_lab: RunningLab) -> NodeFront:
    """The lab's VMware node, for a proxy in front of it."""
    return node_front(running_lab)
