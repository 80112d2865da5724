"""apply and undo on a real lab: refused while something is wrong, then applied, checked by other tools, and undone.

The tests share one lab and depend on their order; the last one restores the lab's original state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.core.answerfile import dumps
from mhv_tui.lab import cloud, tls
from mhv_tui.lab.lab import open_lab
from tests.lab.confirmations import confirm_options, confirm_proof, confirm_result, confirm_undone
from tests.lab.running_lab import RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

CLUSTER = "DC0_C0"
SESSION = "all-steps"
CODE = "/usr/lib/python3/dist-packages/nova/image/glance.py"
"""The file of Debian 12's nova that closes images before they are read (bug 2053027)."""

KNOWN = ("WZ06", "NW02", "NW03", "PR01")
"""The codes of what only the session knows: the ids of its objects, and its test servers."""


def drs(enabled: bool, behavior: str) -> Callable[[RunningLab], None]:
    def change(lab: RunningLab) -> None:
        lab.vcenter("POST", "/set", {"cluster": {CLUSTER: {"drs": enabled, "drs_behavior": behavior}}})

    return change


def without_fix(lab: RunningLab) -> Path:
    """The lab's answers without the request for the correction of nova."""
    path = lab.directory / "without-fix.toml"
    path.write_text(dumps({key: value for key, value in lab.document().items() if key != "fix"}), encoding="utf-8")
    return path


def nothing(lab: RunningLab) -> None:
    """Changes nothing in the lab: only the answers are wrong."""


ESXI = """[vcenter]
name = "esx1.lab.test"
api_type = "HostAgent"
[[user]]
name = "nova@vsphere.local"
password = "Nova-1!"
"""
TWICE = '\n[[datacenter]]\nname = "DC1"\n  [[datacenter.cluster]]\n  name = "DC0_C0"\n  hosts = ["esx8.lab.test"]\n'
LOCAL = '\n    [[datacenter.datastore]]\n    name = "local-1"\n    type = "VMFS"\n    hosts = ["esx1.lab.test"]\n'
ANSWERS_WITHOUT_VLAN = {"network": {"port_group": "taken", "kind": "standard", "switch": "vSwitch0", "vlan_id": 0}}

FAULTS: dict[str, tuple[Callable[[RunningLab], None], dict[str, dict[str, Any]]]] = {
    "VC07": (nothing, {"vcenter": {"password": {"env": "MHV_WRONG_PASSWORD"}}}),
    "VC03": (nothing, {"vcenter": {"trust": "system"}}),
    "VC09": (lambda lab: lab.vcenter("POST", "/inventory", ESXI), {}),
    "CL05": (drs(False, "fullyAutomated"), {}),
    "CL06": (drs(True, "partiallyAutomated"), {}),
    "CL02": (lambda lab: lab.vcenter("POST", "/inventory", lab.inventory() + TWICE), {}),
    "DS04": (
        lambda lab: lab.vcenter("POST", "/inventory", lab.inventory() + LOCAL),
        {"datastore": {"names": ["local-1"]}},
    ),
    "DS01": (nothing, {"datastore": {"names": [], "datastore_regex": "gold-.*"}}),
    "NW17": (lambda lab: lab.add_port_groups("taken", 77), ANSWERS_WITHOUT_VLAN),
    "IM08": (nothing, {"image": {"source": "NO-IMAGE"}}),
}


@pytest.fixture
def lab(running_lab: RunningLab) -> Iterator[RunningLab]:
    """The lab; its vCenter gets its original inventory back afterwards."""
    yield running_lab
    running_lab.vcenter("POST", "/inventory", "")


@pytest.mark.parametrize("code", FAULTS)
def test_apply_stops_at_a_fault_before_it_changes_anything(lab: RunningLab, code: str) -> None:
    change, answers = FAULTS[code]
    change(lab)
    before = lab.vcenter_state()
    result = lab.mhv("apply", str(lab.answers(f"fault-{code}", **answers)), "--yes", "--json")
    failures = [e for e in lab.events(result) if e["event"] == "found" and e["level"] == "failure"]
    assert result.returncode == 3, lab.failures(result)
    assert code in [f["code"] for f in failures], failures
    assert all(f["remedy"] for f in failures)
    assert not [e for e in lab.events(result) if e["event"] == "applying"]
    assert lab.vcenter_state() == before


def test_a_cloud_without_a_dvs_back_end_is_refused(lab: RunningLab) -> None:
    with lab.without_dvs_back_end():
        result = lab.mhv("apply", str(lab.answers("no-dvs")), "--yes", "--json")
    codes = [e["code"] for e in lab.events(result) if e["event"] == "found" and e["level"] == "failure"]
    assert result.returncode == 3 and "NW02" in codes, lab.failures(result)
    assert not [e for e in lab.events(result) if e["event"] == "applying"]


def test_a_nova_that_cannot_read_images_is_refused_before_it_is_installed(lab: RunningLab) -> None:
    result = lab.mhv("apply", str(without_fix(lab)), "--yes", "--json")
    codes = [e["code"] for e in lab.events(result) if e["event"] == "found" and e["level"] == "failure"]
    assert (result.returncode, codes) == (3, ["CN33"]), lab.failures(result)
    assert not [e for e in lab.events(result) if e["event"] == "applying"]


def test_a_standard_port_group_is_created_on_every_host_and_undone(lab: RunningLab) -> None:
    network = {"port_group": "br100", "kind": "standard", "switch": "vSwitch0", "vlan_id": 0}
    answers = str(lab.answers("standard", network=network))
    accept = "NW03=only to test the port group of nova-network"
    result = lab.mhv("apply", answers, "--step", "network", "--accept", accept, "--yes", "--json")
    assert result.returncode == 0, lab.failures(result)
    groups = lab.port_groups()
    assert groups and all("br100" in names for names in groups.values()), groups
    assert lab.mhv("undo", "standard", "--yes").returncode == 0
    assert not any("br100" in names for names in lab.port_groups().values())


def test_apply_completes_and_a_second_apply_has_nothing_to_do(running_lab: RunningLab) -> None:
    running_lab.save_node_state()
    first = running_lab.mhv("apply", str(running_lab.answers(SESSION)), "--yes", "--json", timeout=1500)
    assert first.returncode == 0, running_lab.failures(first)
    (Path(running_lab.directory) / "apply.jsonl").write_text(first.stdout)
    second = running_lab.mhv("apply", str(running_lab.answers(SESSION)), "--yes", "--json")
    assert second.returncode == 0, running_lab.failures(second)
    assert running_lab.events(second)[-1]["outcome"] == "nothing-to-do"
    assert not [e for e in running_lab.events(second) if e["event"] in ("planned", "applying")]


def findings(lab: RunningLab, *command: str) -> list[tuple[str, str, str]]:
    """(step, code, level) of every finding of a check, but without those that a session knows from its own runs."""
    found = [e for e in lab.events(lab.mhv("check", *command, "--json")) if e["event"] == "found"]
    return sorted((e["step"], e["code"], e["level"]) for e in found if e["code"] not in KNOWN)


def test_the_world_of_a_support_bundle_gives_the_same_findings(running_lab: RunningLab) -> None:
    answers, path = str(running_lab.answers(SESSION)), Path(running_lab.directory) / "bundle.toml"
    expected = findings(running_lab, answers)
    result = running_lab.mhv("bundle", SESSION, "--output", str(path), "--yes")
    assert result.returncode == 0, result.stderr
    assert len(expected) > 50 and findings(running_lab, "--demo", "--scene", str(path)) == expected
    text = path.read_text()
    names = ("lab.test", "DC0_C0", "novavmware1", "vmware-net", "10.213.", "Nova-1!")
    assert [name for name in names if name in text] == []


def test_other_tools_confirm_the_result(running_lab: RunningLab) -> None:
    confirm_result(running_lab)


def test_the_nodes_own_nova_accepts_every_option(running_lab: RunningLab) -> None:
    confirm_options(running_lab)


def test_the_node_uses_the_private_authority_for_the_cloud_and_for_its_durable_queue(running_lab: RunningLab) -> None:
    nodes = (cloud.COMPUTE, "novavmware1")
    first, second = (running_lab.ssh(node, f"sha256sum {tls.NODE_CA}") for node in nodes)
    assert first == second
    conf = running_lab.ssh("novavmware1", "sudo grep -E '^(auth_url|cafile|ssl|ssl_ca_file) ' /etc/nova/nova.conf")
    settings = [line.split(" = ") for line in conf.splitlines()]
    urls = {value for name, value in settings if name == "auth_url"}
    assert urls == {"https://controller.lab.test:15000"}
    assert {value for name, value in settings if name in ("cafile", "ssl_ca_file")} == {tls.NODE_CA}
    assert ["ssl", "true"] in settings
    queues = running_lab.ssh("controller", "sudo rabbitmqctl -q list_queues name durable")
    assert "compute.novavmware1\ttrue" in queues.splitlines(), queues
    connections = running_lab.ssh("controller", "sudo rabbitmqctl -q list_connections peer_host ssl").split()
    address = open_lab(running_lab.name).address("novavmware1")
    assert address in connections and "false" not in connections


def test_a_server_was_active_on_each_hypervisor_and_both_are_deleted(running_lab: RunningLab) -> None:
    confirm_proof(running_lab, (Path(running_lab.directory) / "apply.jsonl").read_text())


def edited_files(lab: RunningLab) -> list[str]:
    """The files of nova's package whose content differs from the package."""
    rows = lab.ssh("novavmware1", "sudo dpkg --verify python3-nova || true").splitlines()
    return [row.split()[-1] for row in rows if row.startswith("??5")]


def test_a_reinstalled_nova_is_corrected_again_and_undo_restores_its_file(running_lab: RunningLab) -> None:
    """The second session finds Debian's original file on a node that runs; it undoes only its own correction."""
    assert edited_files(running_lab) == [CODE]
    running_lab.ssh("novavmware1", "sudo apt-get install -q --reinstall python3-nova >/dev/null 2>&1")
    assert edited_files(running_lab) == []
    original = running_lab.ssh("novavmware1", f"stat -c '%a %U %G' {CODE}; sha256sum {CODE}")
    result = running_lab.mhv("check", str(without_fix(running_lab)), "--json")
    codes = [e["code"] for e in running_lab.events(result) if e["event"] == "found" and e["level"] == "failure"]
    assert (result.returncode, codes) == (3, ["CN33"]), running_lab.failures(result)

    result = running_lab.mhv("apply", str(running_lab.answers("again")), "--step", "node", "--yes", "--json")
    assert result.returncode == 0, running_lab.failures(result)
    ids = [e["id"].split(":")[0] for e in running_lab.events(result) if e["event"] == "applied"]
    assert (ids, edited_files(running_lab)) == (["code", "service"], [CODE])
    assert running_lab.ssh("novavmware1", f"stat -c '%a %U %G' {CODE}").split() == original.split()[:3]
    undone = running_lab.mhv("undo", "again", "--yes", "--json")
    assert undone.returncode == 0, running_lab.failures(undone)
    assert running_lab.ssh("novavmware1", f"stat -c '%a %U %G' {CODE}; sha256sum {CODE}") == original
    assert running_lab.ssh("novavmware1", "systemctl is-active nova-compute").strip() == "active"


def test_undo_changes_nothing_while_a_server_runs_on_the_hypervisor(running_lab: RunningLab) -> None:
    options = "--image ubuntu-vmware --flavor m1.small --network vmware-net --availability-zone vmware --wait guest"
    assert running_lab.openstack(f"server create {options}")["status"] == "ACTIVE"
    groups, state = running_lab.distributed_port_groups(), running_lab.node_state()
    try:
        result = running_lab.mhv("undo", SESSION, "--yes", "--json")
    finally:
        running_lab.ssh("controller", f"{running_lab.openrc()} openstack server delete --wait guest")
    errors = [e["error"] for e in running_lab.events(result) if e["event"] == "failed"]
    assert (result.returncode, len(errors)) == (3, 1) and "guest" in errors[0], running_lab.failures(result)
    assert (running_lab.distributed_port_groups(), running_lab.node_state()) == (groups, state)
    assert "ubuntu-vmware" in [i["Name"] for i in running_lab.openstack("image list")]


def test_undo_removes_exactly_what_apply_created(running_lab: RunningLab) -> None:
    result = running_lab.mhv("undo", SESSION, "--yes", "--json", timeout=900)
    assert result.returncode == 0, running_lab.failures(result)
    confirm_undone(running_lab)
