"""The labs that tests of a whole lab share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.node_front import NodeFront, node_front
from tests.lab.running_lab import RunningLab


def _running_lab(variable: str, name: str, profile: str, directory: Path) -> Iterator[RunningLab]:
    """A lab with all parts, destroyed afterwards; an environment variable selects an existing lab, which is kept.

    MHV_LAB_STATE must then name the directory with the existing lab's state.
    """
    from mhv_tui.lab import lifecycle

    selected = os.environ.get(variable, name)
    if variable in os.environ and "MHV_LAB_STATE" not in os.environ:
        pytest.fail(f"{variable} needs MHV_LAB_STATE: the directory with the state of the lab {selected}")
    try:
        lifecycle.up(selected, profile)
        yield RunningLab(selected, directory)
    finally:
        if variable not in os.environ:
            lifecycle.destroy(selected)


@pytest.fixture(scope="package")
def running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """The lab with one VMware node, or the one that MHV_LAB_NAME selects."""
    yield from _running_lab("MHV_LAB_NAME", "rehearsal", "dvs", tmp_path_factory.mktemp("running-lab"))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """The lab with three VMware nodes, or the one that MHV_FLEET_NAME selects."""
    yield from _running_lab("MHV_FLEET_NAME", "rehearsal-fleet", "fleet", tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="package")
def front(running_lab: RunningLab) -> NodeFront:
    """The lab's VMware node, for a proxy in front of it."""
    return node_front(running_lab)
