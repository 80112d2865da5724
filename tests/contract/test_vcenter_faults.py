"""Tests that need the lab's vCenter: faults, ended sessions, dropped connections, number of calls."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.limits import Limit, Limits
from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed, Vault
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.lab import simulator as lab_vcenter
from mhv_tui.lab.simulator import Simulator
from tests.contract.backends import INVENTORY, PASSWORD, PROMPT, USER

pytestmark = pytest.mark.vcenter


@pytest.fixture
def sim(simulator: Simulator) -> Simulator:
    lab_vcenter.control(simulator, "POST", "/inventory", "")
    return simulator


@pytest.fixture
def login(sim: Simulator) -> VcenterLogin:
    return VcenterLogin(sim.host, sim.port, USER, "ca_file", str(sim.pem), PROMPT)


@pytest.fixture
def vault() -> Vault:
    vault = Vault()
    vault.put(PROMPT, PASSWORD)
    return vault


@pytest.fixture
def world(vault: Vault) -> Iterator[RealBackend]:
    world = RealBackend(vault)
    yield world
    world.close()


@pytest.fixture
def vcenter(world: RealBackend, login: VcenterLogin) -> PyvmomiVcenter:
    vcenter = world.vcenter(login)
    assert isinstance(vcenter, PyvmomiVcenter)
    return vcenter


def fault(sim: Simulator, **rule: object) -> None:
    lab_vcenter.control(sim, "POST", "/fault", rule)


def state(sim: Simulator) -> Any:
    return lab_vcenter.control(sim, "GET", "/state")


def code(error: pytest.ExceptionInfo[FindingError]) -> str:
    return error.value.finding.code


def test_concurrent_callers_replace_a_lost_session_once(
    sim: Simulator, world: RealBackend, login: VcenterLogin, vcenter: PyvmomiVcenter
) -> None:
    lab_vcenter.control(sim, "DELETE", "/counts")
    vcenter.session.lost = True
    with ThreadPoolExecutor(8) as pool:
        sessions = set(pool.map(lambda _: id(world.vcenter(login)), range(8)))
    assert len(sessions) == 1 and id(vcenter) not in sessions
    assert state(sim)["logins"][USER]["ok"] == 1


def cluster_id(vcenter: PyvmomiVcenter) -> str:
    return next(c.id for c in vcenter.inventory().clusters if c.name == "DC0_C0")


def test_a_wrong_password_reaches_the_vcenter_once(
    sim: Simulator, world: RealBackend, vault: Vault, login: VcenterLogin
) -> None:
    lab_vcenter.control(sim, "DELETE", "/counts")
    vault.put(PROMPT, "wrong")
    for _ in range(3):
        with pytest.raises(FindingError) as refused:
            world.vcenter(login)
        assert code(refused) == "VC07"
    assert state(sim)["calls"]["Login"] == 1
    vault.put(PROMPT, PASSWORD)
    assert world.vcenter(login).inventory().clusters


def test_an_inventory_takes_at_most_ten_calls(sim: Simulator, vcenter: PyvmomiVcenter) -> None:
    lab_vcenter.control(sim, "DELETE", "/counts")
    vcenter.inventory()
    assert sum(state(sim)["calls"].values()) <= 10
    assert vcenter.session.calls <= 10


LARGE = """
[vcenter]
name = "vc.example.org"
[[user]]
name = "openstack@vsphere.local"
password = "VMware1!"
[[datacenter]]
name = "DC0"
    [[datacenter.cluster]]
    name = "DC0_C0"
    host_count = 150
    host_name = "a{n}.example.org"
    [[datacenter.cluster]]
    name = "DC0_C1"
    host_count = 150
    host_name = "b{n}.example.org"
"""


def test_the_number_of_calls_does_not_grow_with_the_vcenter(
    sim: Simulator, world: RealBackend, login: VcenterLogin
) -> None:
    datastores = "".join(f'    [[datacenter.datastore]]\n    name = "ds{n}"\n    type = "VMFS"\n' for n in range(80))
    lab_vcenter.control(sim, "POST", "/inventory", LARGE + datastores, timeout=120)
    vcenter = world.vcenter(login)
    assert isinstance(vcenter, PyvmomiVcenter)
    inventory = vcenter.inventory()
    assert (len(inventory.hosts), len(inventory.datastores)) == (300, 80)
    assert vcenter.session.calls <= 10
    assert all(d.mounts == () for d in inventory.datastores), "24,000 mounts would take too long"


def test_an_ended_session_is_reported_and_the_next_use_logs_in_once(
    sim: Simulator, world: RealBackend, vcenter: PyvmomiVcenter, login: VcenterLogin
) -> None:
    lab_vcenter.control(sim, "DELETE", "/counts")
    lab_vcenter.control(sim, "POST", "/set", {"expire": True})
    with pytest.raises(FindingError) as ended:
        vcenter.inventory()
    assert code(ended) == "VC20" and "session" in ended.value.message
    assert "Login" not in state(sim)["calls"]
    assert world.vcenter(login).inventory().clusters
    assert state(sim)["calls"]["Login"] == 1


def test_values_missing_because_the_session_ended_are_not_read_as_absent(
    sim: Simulator, vcenter: PyvmomiVcenter
) -> None:
    fault(sim, method="RetrievePropertiesEx", expire=True, count=1)
    with pytest.raises(FindingError) as ended:
        vcenter.inventory()
    assert code(ended) == "VC20" and vcenter.lost


def test_a_dropped_connection_is_reported(sim: Simulator, vcenter: PyvmomiVcenter) -> None:
    fault(sim, method="CreateContainerView", drop=True, count=1)
    with pytest.raises(FindingError) as dropped:
        vcenter.inventory()
    assert code(dropped) in ("VC02", "VC19") and vcenter.lost


def test_a_hanging_vcenter_times_out(sim: Simulator, login: VcenterLogin) -> None:
    vcenter = PyvmomiVcenter(login, Revealed(PASSWORD), Limits(soap=Limit(1.0)))
    fault(sim, method="CurrentTime", delay=60.0, count=1)
    began = time.monotonic()
    with pytest.raises(FindingError) as timed_out:
        vcenter.clock()
    assert code(timed_out) == "WZ07" and time.monotonic() - began < 10
    vcenter.close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("NoPermission", "VC12"), ("ResourceInUse", "NW17"), ("HostConfigFault", "VC21"), ("HostNotConnected", "CL04")],
)
def test_each_fault_has_its_code(sim: Simulator, vcenter: PyvmomiVcenter, name: str, expected: str) -> None:
    host = vcenter.inventory().hosts[0]
    fields = {"privilegeId": "Host.Config.Network"} if name == "NoPermission" else {}
    fault(sim, method="RemovePortGroup", fault=name, fields=fields, count=1)
    with pytest.raises(FindingError) as refused:
        vcenter.remove_port_group(host.id, "VM Network")
    assert code(refused) == expected
    assert "Traceback" not in refused.value.message and "vim." not in refused.value.message


def test_a_failed_task_is_reported(sim: Simulator, vcenter: PyvmomiVcenter) -> None:
    fault(sim, method="ReconfigureComputeResource_Task", fault="ConcurrentAccess", task=True, count=1)
    with pytest.raises(FindingError) as failed:
        vcenter.set_drs(cluster_id(vcenter), True, "manual")
    assert code(failed) == "VC21" and "ConcurrentAccess" in failed.value.message


def test_a_hanging_task_times_out(sim: Simulator, login: VcenterLogin) -> None:
    vcenter = PyvmomiVcenter(login, Revealed(PASSWORD), Limits(task=Limit(1.0)))
    fault(sim, method="ReconfigureComputeResource_Task", hang=True)
    with pytest.raises(FindingError) as timed_out:
        vcenter.set_drs(cluster_id(vcenter), True, "manual")
    assert code(timed_out) == "WZ07"
    vcenter.close()


def test_a_vm_of_nova_is_recognised(vcenter: PyvmomiVcenter) -> None:
    (machine,) = vcenter.virtual_machines(cluster_id(vcenter))
    assert (machine.name, machine.openstack, machine.power) == ("old", True, "poweredOff")


def test_unavailable_hosts_are_read(sim: Simulator, vcenter: PyvmomiVcenter) -> None:
    changes = {"esx1.example.org": {"state": "notResponding"}, "esx2.example.org": {"maintenance": True}}
    lab_vcenter.control(sim, "POST", "/set", {"host": changes})
    hosts = {h.name: h for h in vcenter.inventory().hosts}
    assert hosts["esx1.example.org"].state == "notResponding"
    assert hosts["esx2.example.org"].maintenance


def test_the_inventory_of_an_esxi_host_is_read(sim: Simulator, world: RealBackend, login: VcenterLogin) -> None:
    lab_vcenter.control(
        sim, "POST", "/inventory", INVENTORY.replace("[vcenter]", '[vcenter]\napi_type = "HostAgent"', 1)
    )
    assert world.vcenter(login).inventory().about.api_type == "HostAgent"


def test_uplink_port_groups_are_recognised(vcenter: PyvmomiVcenter) -> None:
    assert [n.uplink for n in vcenter.inventory().networks if "plink" in n.name] == [True]


def test_a_port_without_soap_is_not_a_vcenter(sim: Simulator, world: RealBackend) -> None:
    port = int(sim.control_url.rsplit(":", 1)[1])
    with pytest.raises(FindingError) as refused:
        world.vcenter(VcenterLogin(sim.host, port, USER, "insecure", password=PROMPT))
    assert code(refused) in ("VC02", "VC19")
