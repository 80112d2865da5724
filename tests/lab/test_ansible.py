"""The exported Ansible project on a real lab: check mode, two runs, and runs beside apply lead to the same end state.

Needs PyPI for Ansible. The tests share one lab and depend on their order.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.lab import lifecycle
from tests.export.ansible_answers import install_ansible
from tests.lab.running_lab import RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.matrix, pytest.mark.timeout(3600)]

SUMMARY = re.compile(r" ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+) ")
"""The counts of a machine in the last lines of a playbook."""


class Project:
    """The exported project of a lab, and the programs of Ansible."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self.programs, self.directory = programs, directory

    def run(self, program: str, *arguments: str) -> str:
        """The output of a program of Ansible in the project; raises AssertionError if it fails."""
        environment = {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"}
        result = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=1800,
            stdin=subprocess.DEVNULL,
        )
        assert result.returncode == 0, f"{result.stdout[-6000:]}{result.stderr[-2000:]}"
        return result.stdout

    def changed(self, *arguments: str) -> int:
        """Runs the playbook; returns how many tasks have changed something, or would have in check mode."""
        ((changed, unreachable, failed),) = SUMMARY.findall(self.run("ansible-playbook", "site.yml", *arguments))
        assert (unreachable, failed) == ("0", "0")
        return int(changed)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the programs of Ansible."""
    return install_ansible(tmp_path_factory.mktemp("ansible"))


@pytest.fixture(scope="module", params=["playbook first", "apply first"])
def order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def lab(order: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A new lab."""
    name = "ansible"
    lifecycle.up(name)
    try:
        yield RunningLab(name, tmp_path_factory.mktemp("lab"))
    finally:
        lifecycle.destroy(name)


@pytest.fixture(scope="module")
def project(lab: RunningLab, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    directory = tmp_path_factory.mktemp("project")
    result = lab.mhv("export", str(lab.answers("prod")), "--to", "ansible", "--output", str(directory))
    assert result.returncode == 0, result.stderr
    exported = Project(programs, directory)
    exported.run("ansible-playbook", "known_hosts.yml")
    return exported


def state(lab: RunningLab) -> dict[str, Any]:
    """What the playbook can change: the node, the port groups, and the cloud's records."""
    services = lab.openstack("compute service list")
    return {
        "node": lab.node_state(),
        "port groups": lab.distributed_port_groups(),
        "aggregates": lab.openstack("aggregate list --long"),
        "images": [lab.openstack(f"image show {image['ID']}") for image in lab.openstack("image list")],
        "services": sorted((row["Host"], row["Binary"], row["Status"]) for row in services),
    }


def test_check_mode_changes_nothing_on_a_new_lab(lab: RunningLab, project: Project) -> None:
    before = state(lab)
    assert project.changed("--check") > 0
    assert state(lab) == before


def test_the_first_of_both_makes_all_changes(lab: RunningLab, project: Project, order: str) -> None:
    if order == "playbook first":
        assert project.changed() > 5
        return
    result = lab.mhv("apply", str(lab.answers("prod")), "--yes", "--json", timeout=1500)
    assert result.returncode == 0, lab.failures(result)


def test_the_playbook_then_changes_nothing(project: Project) -> None:
    assert project.changed() == 0
    assert project.changed("--check") == 0


def test_the_plan_then_has_nothing_to_do(lab: RunningLab) -> None:
    result = lab.mhv("plan", str(lab.answers("prod")), "--json")
    assert lab.events(result)[-1]["outcome"] == "nothing-to-do", result.stdout[-3000:]


def test_a_test_server_boots_on_each_hypervisor(lab: RunningLab, project: Project) -> None:
    assert project.changed("--tags", "prove") == 4
    assert {row["host"] for row in lab.proof_history()} >= {"novavmware1", "compute1"}
    assert lab.openstack("server list --all-projects") == []
