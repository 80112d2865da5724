"""SIGKILL in the lab, during each kind of change of apply and of undo: the next run continues, and makes nothing twice.

One chain of runs applies everything, and one undoes it. Each run but the last is killed at the first change of a kind
that no run was killed at before.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.lab.running_lab import IMAGE, RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]

PATIENCE = 900.0
"""Seconds that one run may take."""

SHORTEST_CHANGE = 0.1
"""Seconds. In a longer delay, the next changes are made as well, and no run is killed at them."""

KINDS = ["portgroup", "packages", "code", "file", "config", "service", "discover", "zone", "tag", "image", "prove"]
"""What the ids of the changes begin with, in the order of apply."""

SOME_KINDS = ["packages", "image"]
"""A job on the node, and an object of the cloud."""

MOMENTS = [
    pytest.param(("applying", 0.05), SOME_KINDS, id="0.05 s after the begin of some"),
    *(
        pytest.param(moment, KINDS, id=name, marks=pytest.mark.matrix)
        for name, moment in {
            "0.05 s after the begin": ("applying", 0.05),
            "at the begin": ("applying", 0.0),
            "0.6 s after the begin": ("applying", 0.6),
            "2 s after the begin": ("applying", 2.0),
            "5 s after the begin": ("applying", 5.0),
            "at the first progress": ("progress", 0.0),
            "at the end": ("applied", 0.0),
        }.items()
    ),
]
"""The event of a change after which a run is killed, and the seconds between the two; the kinds of these changes."""


@dataclass
class KilledRuns:
    """Runs of one command; each is killed at one of `deadly_kinds` of change at which none was killed before."""

    command: tuple[str, ...]
    event: str
    delay: float
    deadly_kinds: list[str]
    kinds: list[str] = field(default_factory=list)
    """The kinds of the changes at which a run was killed."""

    def run(self) -> subprocess.CompletedProcess[str]:
        """Runs the command until a run ends itself; returns that run."""
        for _ in range(2 * len(KINDS)):
            ended = self._run_once()
            if ended.returncode != -signal.SIGKILL:
                return ended
        raise AssertionError(f"still killed after {self.kinds}")

    def _run_once(self) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "mhv_tui", *self.command, "--yes", "--json"]
        with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout
                lines = list(self._lines_until_killed(process, process.stdout))
                out, err = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        return subprocess.CompletedProcess(argv, process.returncode, "".join(lines) + out, err)

    def _lines_until_killed(self, process: subprocess.Popen[str], stdout: Iterator[str]) -> Iterator[str]:
        for line in stdout:
            yield line
            event = json.loads(line)
            is_moment = event["event"] in (self.event, "undone" if self.event == "applied" else self.event)
            kind = event["id"].partition(":")[0] if is_moment else ""
            is_deadly = kind in self.deadly_kinds or (is_moment and kind not in KINDS)
            if is_deadly and kind not in self.kinds:
                self.kinds.append(kind)
                time.sleep(self.delay)
                os.kill(process.pid, signal.SIGKILL)
                return


def cloud_state(lab: RunningLab) -> dict[str, Any]:
    """What a user of the cloud and of vCenter sees: services, hypervisors, images with properties, zones, servers."""
    images = lab.openstack("image list --long")
    return {
        "services": sorted((s["Host"], s["Status"]) for s in lab.openstack("compute service list")),
        "hypervisors": sorted(h["Hypervisor Type"] for h in lab.openstack("hypervisor list --long")),
        "images": sorted((i["Name"], i["Status"]) for i in images),
        "tags": sorted(lab.openstack(f"image show {i['ID']}")["properties"].get("hypervisor_type", "") for i in images),
        "zones": sorted((a["Name"], a["Availability Zone"]) for a in lab.openstack("aggregate list")),
        "servers": lab.openstack("server list --all-projects"),
        "ports": [p["Name"] for p in lab.openstack("port list") if "mhv" in p["Name"]],
        "port groups": sorted(lab.distributed_port_groups()),
        "virtual machines": lab.virtual_machines(),
    }


def with_vmware(state: dict[str, Any]) -> dict[str, Any]:
    """The state of the cloud after apply, from the one before."""
    return {
        **state,
        "services": sorted([*state["services"], ("novavmware1", "enabled")]),
        "hypervisors": sorted([*state["hypervisors"], "VMware vCenter Server"]),
        "images": sorted([*state["images"], (IMAGE, "active")]),
        "tags": sorted(["qemu" for _ in state["tags"]] + ["vmware"]),
        "zones": sorted([*state["zones"], ("vmware", "vmware")]),
        "port groups": sorted([*state["port groups"], "vmware-net"]),
    }


def check_kinds(killed: KilledRuns, expected: set[str]) -> None:
    """Fails if a run was killed twice at one kind, or if one of these kinds was missed although the delay is short."""
    assert len(set(killed.kinds)) == len(killed.kinds) and set(killed.kinds) <= set(KINDS), killed.kinds
    if killed.event != "progress" and killed.delay < SHORTEST_CHANGE:
        assert set(killed.kinds) >= expected, killed.kinds
    elif killed.command[0] == "apply":  # an undo may report no progress
        assert killed.kinds


@pytest.mark.parametrize(("moment", "kinds"), MOMENTS)
def test_runs_killed_at_each_kind_of_change_complete_apply_and_undo(
    running_lab: RunningLab, moment: tuple[str, float], kinds: list[str]
) -> None:
    event, delay = moment
    session = f"killed-{event}-{delay}-{len(kinds)}"
    node, before = running_lab.node_state(), cloud_state(running_lab)
    answers = str(running_lab.answers(session))

    applied = KilledRuns(("apply", answers, "--session", session), event, delay, kinds)
    last = applied.run()
    assert last.returncode == 0, f"killed at {applied.kinds}: {running_lab.failures(last)}"
    assert cloud_state(running_lab) == with_vmware(before)
    assert running_lab.ssh("novavmware1", "sudo dpkg --audit; systemctl is-active nova-compute").strip() == "active"
    again = running_lab.mhv("apply", answers, "--session", session, "--yes", "--json")
    assert running_lab.events(again)[-1]["outcome"] == "nothing-to-do", running_lab.failures(again)

    undone = KilledRuns(("undo", session), event, delay, kinds)
    last = undone.run()
    assert last.returncode == 0, f"killed at {undone.kinds}: {running_lab.failures(last)}"
    assert cloud_state(running_lab) == before
    assert running_lab.node_state() == node
    print(f"{event} + {delay} s: killed in apply at {applied.kinds}, in undo at {undone.kinds}")
    check_kinds(applied, set(kinds))
    check_kinds(undone, set(kinds) - {"prove", "discover"})  # a server is no change; the mapping ends with the service
