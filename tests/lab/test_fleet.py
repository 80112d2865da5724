"""Three clusters in two vCenters, three nodes, one answer file: each target succeeds, fails and is undone alone.

The tests share one lab and depend on their order; the last one restores the lab's original state.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.core.answerfile import dumps
from mhv_tui.lab import machines
from mhv_tui.lab.lab import open_lab
from tests.lab.running_lab import IMAGE, RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]

NODES = ("novavmware1", "novavmware2", "novavmware3")
UNPLUGGED, OTHERS = NODES[1], (NODES[0], NODES[2])
SESSION = "fleet"

ZONES = {"compute1": "nova", "novavmware1": "vmware", "novavmware2": "vmware", "novavmware3": "vmware2"}
"""Host of each compute service -> its availability zone, after apply."""

WITHOUT_ONE = {host: zone for host, zone in ZONES.items() if host != UNPLUGGED}

Events = list[dict[str, Any]]


def targets(events: Events, *kinds: str) -> set[str]:
    """The targets of the events of these kinds; "" for events of the session."""
    return {event.get("target", "") for event in events if event["event"] in kinds}


def outcomes(events: Events) -> dict[str, str]:
    """Target -> how its run ended; the session's outcome has the key ""."""
    return {event.get("target", ""): event["outcome"] for event in events if event["event"] == "finished"}


def services(fleet: RunningLab) -> dict[str, str]:
    """Host of each compute service -> its availability zone, if the service is up."""
    rows = fleet.openstack("compute service list --service nova-compute")
    return {row["Host"].split(".")[0]: row["Zone"] for row in rows if row["State"] == "up"}


def hypervisors(fleet: RunningLab) -> list[str]:
    return sorted(row["Hypervisor Type"] for row in fleet.openstack("hypervisor list --long"))


def port_groups(fleet: RunningLab) -> list[bool]:
    """For each vCenter, whether it has the cloud's port group."""
    vcenters = (fleet, replace(fleet, vcenter_name="vcenter2"))
    return ["vmware-net" in vcenter.distributed_port_groups() for vcenter in vcenters]


@contextmanager
def unplugged(fleet: RunningLab, node: str) -> Iterator[None]:
    """Disconnects a node from the network until the block ends."""
    machine = machines.get(open_lab(fleet.name), node)
    machines.link(machine, up=False)
    try:
        yield
    finally:
        machines.link(machine, up=True)


def events_until(process: subprocess.Popen[str], target: str, kind: str) -> Events:
    """The events of a run until it begins a change of this kind for a target."""
    events: Events = []
    assert process.stdout
    for line in process.stdout:
        events.append(event := json.loads(line))
        if (event["event"], event.get("target")) == ("applying", target) and event["id"].startswith(kind):
            return events
    raise AssertionError(f"no change {kind} of {target}: {events[-5:]}")


def arguments(names: Iterable[str]) -> list[str]:
    return [f"--target={name}" for name in names]


@pytest.fixture(scope="module")
def original(fleet: RunningLab) -> dict[str, list[str]]:
    """The state of each node before the tests."""
    return {node: fleet.node_state(node) for node in NODES}


def test_a_check_of_three_targets_reads_each(fleet: RunningLab) -> None:
    result = fleet.mhv("check", str(fleet.answers(SESSION)), "--json")
    assert result.returncode == 0, fleet.failures(result)
    events = fleet.events(result)
    read = {(event["target"], event["subject"]) for event in events if event.get("code") == "CL01"}
    assert read == {*zip(NODES, ("DC0_C0", "DC0_C1", "DC1_C0"), strict=True)}


@pytest.mark.matrix
def test_a_check_of_three_targets_takes_at_most_one_and_a_half_times_one(fleet: RunningLab) -> None:
    answers = str(fleet.answers(SESSION))
    seconds: dict[int, list[float]] = {1: [], 3: []}
    for names in (NODES[:1], NODES) * 5:
        began = time.monotonic()
        result = fleet.mhv("check", answers, "--json", *arguments(names))
        seconds[len(names)].append(time.monotonic() - began)
        assert result.returncode == 0, fleet.failures(result)
    print({number: [round(value, 2) for value in values] for number, values in seconds.items()})
    assert min(seconds[3]) <= 1.5 * min(seconds[1]), seconds


def test_what_targets_must_not_have_in_common_is_reported(fleet: RunningLab) -> None:
    document = fleet.document()
    first, second, third = document["target"]
    second["cluster"], third["register"] = first["cluster"], {"availability_zone": "vmware"}
    path = fleet.directory / "shared.toml"
    path.write_text(dumps(document))
    result = fleet.mhv("check", str(path), "--json")
    shared = {
        (event["code"], event["level"], event["target"])
        for event in fleet.events(result)
        if event["event"] == "found" and event["code"].startswith("FL")
    }
    assert result.returncode == 3, fleet.failures(result)
    assert shared == {
        *(("FL03", "failure", name) for name in NODES[:2]),
        *(("FL05", "warning", name) for name in NODES),
    }


@pytest.mark.matrix
def test_a_node_unplugged_in_the_middle_fails_alone_and_the_next_run_finishes_it(
    fleet: RunningLab, original: dict[str, list[str]]
) -> None:
    command = ("apply", str(fleet.answers(SESSION)), "--yes", "--json")
    argv = [sys.executable, "-m", "mhv_tui", *command]
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            events = events_until(process, UNPLUGGED, "config")
            with unplugged(fleet, UNPLUGGED):
                output, _ = process.communicate(timeout=1200)
        finally:
            process.kill()
    events += [json.loads(line) for line in output.splitlines()]
    assert targets(events, "failed") == {UNPLUGGED}, [event for event in events if event["event"] == "failed"]
    assert process.returncode == 1
    assert outcomes(events) == {**dict.fromkeys(OTHERS, "done"), UNPLUGGED: "failed", "": "failed"}
    assert services(fleet) == WITHOUT_ONE

    second = fleet.mhv(*command, timeout=1200)
    assert second.returncode == 0, fleet.failures(second)
    assert targets(fleet.events(second), "applying") == {UNPLUGGED}
    assert services(fleet) == ZONES
    assert hypervisors(fleet) == ["QEMU", *["VMware vCenter Server"] * 3]
    third = fleet.mhv(*command)
    assert set(outcomes(fleet.events(third)).values()) == {"nothing-to-do"}, fleet.failures(third)


@pytest.mark.matrix
def test_undo_of_one_target_leaves_the_others(fleet: RunningLab, original: dict[str, list[str]]) -> None:
    result = fleet.mhv("undo", SESSION, f"--target={UNPLUGGED}", "--yes", "--json", timeout=900)
    assert result.returncode == 0, fleet.failures(result)
    assert targets(fleet.events(result), "undone") == {UNPLUGGED}
    assert fleet.node_state(UNPLUGGED) == original[UNPLUGGED]
    assert services(fleet) == WITHOUT_ONE
    assert port_groups(fleet) == [True, True]
    assert IMAGE in [image["Name"] for image in fleet.openstack("image list")]
    rest = fleet.mhv("plan", str(fleet.answers(SESSION)), *arguments(OTHERS), "--json")
    assert outcomes(fleet.events(rest))[""] == "nothing-to-do", fleet.failures(rest)


@pytest.mark.matrix
def test_undo_of_all_targets_restores_the_original_state(fleet: RunningLab, original: dict[str, list[str]]) -> None:
    result = fleet.mhv("undo", SESSION, "--yes", "--json", timeout=900)
    assert result.returncode == 0, fleet.failures(result)
    assert {node: fleet.node_state(node) for node in NODES} == original
    assert hypervisors(fleet) == ["QEMU"]
    assert port_groups(fleet) == [False, False]
    assert IMAGE not in [image["Name"] for image in fleet.openstack("image list")]
