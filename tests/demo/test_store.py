"""The world's file: what happened is kept, faults are obeyed, a killed process loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.demo.backend import DemoBackend, scene_of
from mhv_tui.demo.store import DIE, DIE_BEFORE, Store

from .ways import CLUSTER, node, vcenter

Make = Callable[..., DemoBackend]


def drs(world: DemoBackend) -> str:
    return next(c for c in vcenter(world).inventory().clusters if c.id == CLUSTER).drs_behavior


def test_a_second_world_meets_what_the_first_left(make: Make) -> None:
    vcenter(make()).set_drs(CLUSTER, True, "manual")
    assert drs(make()) == "manual"


def test_time_jumps_and_is_kept(make: Make) -> None:
    first = make()
    before = first.now()
    first.sleep(90)
    assert (make().now() - before).total_seconds() == 90


def test_a_fault_refuses_with_its_code_and_changes_nothing(world: DemoBackend) -> None:
    world.store.state["faults"]["vcenter.set_drs"] = "CL07"
    with pytest.raises(FindingError) as said:
        vcenter(world).set_drs(CLUSTER, False, "manual")
    assert said.value.finding.code == "CL07"
    assert drs(world) == "fullyAutomated"


def in_child(work: Callable[[], object]) -> int:
    """Exit code of a forked process that does this work; the faults end it by os._exit."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(("fault", "kept"), [(DIE, "manual"), (DIE_BEFORE, "fullyAutomated")])
def test_a_process_that_dies_leaves_what_had_happened(make: Make, fault: str, kept: str) -> None:
    world = make()
    world.store.state["faults"]["vcenter.set_drs"] = fault
    world.store.save()
    assert in_child(lambda: vcenter(make()).set_drs(CLUSTER, True, "manual")) == 137
    assert drs(make()) == kept
    assert make().store.state["faults"] == {}


def test_packages_go_on_where_a_killed_process_left_them(make: Make) -> None:
    world = make()
    world.store.state["faults"]["node.install"] = DIE
    world.store.save()
    wanted = ["nova-compute-vmware"]
    assert in_child(lambda: node(make()).install("j1", wanted, lambda percent, line: None)) == 137
    half = node(make()).installed()
    assert "python3-nova" in half and "nova-compute-vmware" not in half
    heard: list[int] = []
    node(make()).install("j1", wanted, lambda percent, line: heard.append(percent))
    assert heard[-1] == 100 and "nova-compute-vmware" in node(make()).installed()


@pytest.mark.parametrize("text", ["{", "{}", "[1]", "null", '{"scene": "article"}'])
def test_a_broken_file_is_told_with_a_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="is not a simulated world") as refused:
        Store(path, dict)
    assert refused.value.remedy == "start over with --fresh"
    with pytest.raises(UsageError, match="is not a simulated world"):
        scene_of(path)
