"""What other tools (pyvmomi, ssh, the openstack client) must show after apply and after undo in a running lab."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from tests.lab.running_lab import IMAGE, RunningLab


def confirm_result(lab: RunningLab, unit: str = "nova-compute") -> None:
    """Both hypervisors are up, `unit` runs nova with the VMware driver, and port group and image are there."""
    groups = lab.distributed_port_groups()
    assert groups["vmware-net"]["type"] == "ephemeral", groups
    files = "/etc/nova/nova.conf; sudo cat /etc/nova/nova-compute.conf 2>/dev/null || true"
    conf = lab.ssh("novavmware1", f"sudo cat {files}")
    drivers = [line for line in conf.splitlines() if line.replace(" ", "").startswith("compute_driver=")]
    assert drivers[-1].endswith("vmwareapi.VMwareVCDriver")
    state = lab.ssh("novavmware1", f"systemctl is-active {unit}; systemctl is-enabled {unit}")
    assert state.split() == ["active", "enabled"]
    services = lab.openstack("compute service list --service nova-compute")
    assert {s["Host"].split(".")[0]: s["State"] for s in services} == {"compute1": "up", "novavmware1": "up"}
    assert hypervisor_types(lab) == {"QEMU", "VMware vCenter Server"}
    image = lab.openstack(f"image show {IMAGE}")
    properties = image["properties"]
    assert image["status"] == "active" and image["disk_format"] == "vmdk"
    assert properties["hypervisor_type"] == "vmware"
    header = lab.image_head(IMAGE)
    create = header.split('createType="')[1].split('"')[0]
    adapter = header.split('ddb.adapterType = "')[1].split('"')[0]
    assert {"monolithicSparse": "sparse"}.get(create, create) == properties["vmware_disktype"]
    assert adapter.lower() == properties["vmware_adaptertype"].lower()


DEFINITIONS = Path(__file__).with_name("nova_definitions.py")
WRONG = "[vmware]\nhost_port = none\nno_such_option = 1\n"
"""Lines of a file with two wrong options."""


def confirm_options(lab: RunningLab) -> None:
    """The node's own nova knows every option of its files by its current name, and accepts every value."""
    script = shlex.quote(DEFINITIONS.read_text(encoding="utf-8"))
    prepare = f"f=$(mktemp); printf {shlex.quote(WRONG)} >$f; "
    command = f"sudo /usr/bin/python3 -W ignore -c {script}"
    wrong = lab.ssh("novavmware1", f"{prepare}{command} $f; rm $f")
    assert [json.loads(line).get("name") for line in wrong.splitlines()] == ["host_port", "no_such_option", None]
    lines = lab.ssh("novavmware1", f"{command} /etc/nova/nova.conf $(sudo ls /etc/nova/nova-compute.conf || true)")
    *problems, total = map(json.loads, lines.splitlines())
    assert problems == [] and total["options"] > 30, lines


def hypervisor_types(lab: RunningLab) -> set[str]:
    """The types of the cloud's hypervisors."""
    return {h["Hypervisor Type"] for h in lab.openstack("hypervisor list --long")}


def confirm_proof(lab: RunningLab, events: str) -> None:
    """A server was active on each hypervisor and both are deleted; `events`: the output of apply with --json."""
    applied = [event for event in map(json.loads, events.splitlines()) if event["event"] == "applied"]
    booted = [event["id"] for event in applied if event["step"] == "prove"]
    assert [change_id.rpartition(":")[2] for change_id in booted] == ["vmware", "first"]
    assert lab.openstack("server list --all-projects") == []
    servers = lab.proof_history()
    hosts = {(server["host"], server["vm_state"]) for server in servers}
    assert hosts >= {("novavmware1", "deleted"), ("compute1", "deleted")}
    assert all(server["launched_at"] for server in servers), servers
    assert [p for p in lab.openstack("port list --long") if "mhv" in p["Name"]] == []
    assert lab.virtual_machines() == []


def confirm_undone(lab: RunningLab) -> None:
    """Nothing that apply created is left, and the node is in its saved state."""
    assert "vmware-net" not in lab.distributed_port_groups()
    services = lab.openstack("compute service list --service nova-compute")
    assert {service["Host"].split(".")[0] for service in services} == {"compute1"}
    assert hypervisor_types(lab) == {"QEMU"}
    assert IMAGE not in [image["Name"] for image in lab.openstack("image list")]
    assert lab.node_state() == lab.saved_node_state()
