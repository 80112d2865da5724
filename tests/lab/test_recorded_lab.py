"""A lab whose vCenter has a recording: it stays until another inventory is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.lab import lifecycle
from mhv_tui.lab.host import LabUsage
from mhv_tui.lab.lab import lab_names
from mhv_tui.lab.simulator import SAMPLE, load
from tests.lab.recorded_world import RENAMED, save
from tests.lab.vcenter_client import close_connections, cluster, connect

pytestmark = pytest.mark.lab

LAB, PARTS = "test-recorded", ("vcenter",)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Path]:
    try:
        yield save(tmp_path)
    finally:
        close_connections()
        if LAB in lab_names():
            lifecycle.destroy(LAB)


def test_a_recording_stays_until_another_inventory_is_given(recording: Path) -> None:
    lab = lifecycle.up(LAB, parts=PARTS, recording=recording)
    assert f"192.0.2.12 is {RENAMED}" in lifecycle.status(LAB)
    assert f"{lab.address('vcenter')} {RENAMED}\n" in lab.hosts_table()
    lifecycle.down(LAB)
    assert RENAMED not in lifecycle.status(LAB)
    lifecycle.up(LAB, parts=PARTS)
    first = load(lab.state / "vcenter")
    assert first is not None and cluster(connect(first)).name == "Compute"
    lifecycle.up(LAB, parts=PARTS, vcenter=SAMPLE)
    second = load(lab.state / "vcenter")
    assert second is not None and cluster(connect(second)).name == "DC0_C0"
    assert "recording" not in lifecycle.status(LAB) and RENAMED not in lab.hosts_table()


def test_what_is_no_recording_creates_no_lab(tmp_path: Path) -> None:
    with pytest.raises(LabUsage, match="no recording of a vCenter"):
        lifecycle.up(LAB, parts=PARTS, recording=tmp_path)
    assert LAB not in lab_names()
