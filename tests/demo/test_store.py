"""The file of the world: changes are saved, faults take effect, a killed process loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import state_of
from mhv_tui.demo.store import DIE, DIE_BEFORE, State, Store, scene_of

from .helpers import CLUSTER, node, vcenter

Make = Callable[..., DemoBackend]


def drs(world: DemoBackend) -> str:
    return next(c for c in vcenter(world).inventory().clusters if c.id == CLUSTER).drs_behavior


def test_a_second_world_opens_the_state_of_the_first(make: Make) -> None:
    vcenter(make()).set_drs(CLUSTER, True, "manual")
    assert drs(make()) == "manual"


def test_sleep_moves_the_clock_and_saves_it(make: Make) -> None:
    first = make()
    before = first.now()
    first.sleep(90)
    assert (make().now() - before).total_seconds() == 90


def test_a_fault_raises_its_code_and_changes_nothing(world: DemoBackend) -> None:
    world.store.state["faults"]["vcenter.set_drs"] = "CL07"
    with pytest.raises(FindingError) as error:
        vcenter(world).set_drs(CLUSTER, False, "manual")
    assert error.value.finding.code == "CL07"
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


@pytest.mark.parametrize(("fault", "saved"), [(DIE, "manual"), (DIE_BEFORE, "fullyAutomated")])
def test_a_killed_process_has_saved_its_changes(make: Make, fault: str, saved: str) -> None:
    world = make()
    world.store.state["faults"]["vcenter.set_drs"] = fault
    world.store.save()
    assert in_child(lambda: vcenter(make()).set_drs(CLUSTER, True, "manual")) == 137
    assert drs(make()) == saved
    assert make().store.state["faults"] == {}


def test_an_installation_continues_after_a_killed_process(make: Make) -> None:
    world = make()
    world.store.state["faults"]["node.install"] = DIE
    world.store.save()
    packages = ["nova-compute-vmware"]
    assert in_child(lambda: node(make()).install("j1", packages, lambda percent, line: None)) == 137
    installed = node(make()).installed()
    assert "python3-nova" in installed and "nova-compute-vmware" not in installed
    percentages: list[int] = []
    node(make()).install("j1", packages, lambda percent, line: percentages.append(percent))
    assert percentages[-1] == 100 and "nova-compute-vmware" in node(make()).installed()


@pytest.mark.parametrize("text", ["{", "{}", "[1]", "null", '{"scene": "article"}'])
def test_an_invalid_file_is_refused_with_a_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="is not the state of a simulated world") as refused:
        Store(path, dict)
    assert refused.value.remedy == "start again with --fresh"
    with pytest.raises(UsageError, match="is not the state of a simulated world"):
        scene_of(path)


def test_a_world_that_another_process_changed_is_read_again(make: Make) -> None:
    """As with two operators: the second opens the world, then waits until the first has ended."""
    first, second = make(), make()
    vcenter(second)
    vcenter(first).set_drs(CLUSTER, True, "manual")
    first.close()
    assert drs(second) == "manual"
    second.close()
    assert drs(make()) == "manual"


def test_a_new_world_is_created_once(tmp_path: Path) -> None:
    path = tmp_path / "world.json"

    def slow() -> State:
        Store(path, lambda: {**state_of("article"), "scene": "of another process"})
        return state_of("article")

    assert Store(path, slow).state["scene"] == "of another process"
