"""Helpers for the simulator's tests: pyvmomi connections, control calls and specifications."""

from __future__ import annotations

import ssl
import time
from typing import Any

from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator

ADMIN = ("administrator@vsphere.local", "VMware1!")


_stubs: list[Any] = []


def connect(sim: Simulator, user: str = ADMIN[0], password: str = ADMIN[1]) -> Any:
    """Logs in over a verified connection; returns the service instance. `close_connections` closes it."""
    from pyVmomi import SoapStubAdapter, VmomiSupport, vim

    context = ssl.create_default_context(cafile=str(sim.pem))
    version = VmomiSupport.newestVersions.Get("vim")
    stub = SoapStubAdapter(host=sim.host, port=sim.port, path="/sdk", version=version, sslContext=context)
    _stubs.append(stub)
    si = vim.ServiceInstance("ServiceInstance", stub)
    sessions = si.RetrieveContent().sessionManager
    assert sessions is not None
    sessions.Login(user, password, None)
    return si


def close_connections() -> None:
    """Closes all connections from `connect`."""
    while _stubs:
        _stubs.pop().DropConnections()


def load_inventory(sim: Simulator, text: str = "") -> Any:
    """Loads another inventory (default: the one from the start) and logs in; returns the service instance."""
    simulator.control(sim, "POST", "/inventory", text)
    return connect(sim)


def state(sim: Simulator) -> Any:
    """The result of GET /state."""
    return simulator.control(sim, "GET", "/state")


def fault(sim: Simulator, **rule: object) -> None:
    """Adds one fault rule."""
    simulator.control(sim, "POST", "/fault", rule)


def change(sim: Simulator, **body: object) -> None:
    """Changes the running vCenter with POST /set."""
    simulator.control(sim, "POST", "/set", body)


def cluster(si: Any, datacenter: int = 0, number: int = 0) -> Any:
    """The cluster at this position in the inventory."""
    return si.RetrieveContent().rootFolder.childEntity[datacenter].hostFolder.childEntity[number]


def wait(task: Any, seconds: float = 60.0) -> Any:
    """Waits for a task; returns its result or raises its fault. Raises TimeoutError if it takes more than `seconds`."""
    deadline = time.monotonic() + seconds
    while task.info.state in ("queued", "running"):  # pyVim's own function fails at a task of the simulator that runs
        if time.monotonic() > deadline:
            raise TimeoutError(f"the task {task.info.descriptionId} is still {task.info.state} after {seconds:g} s")
        time.sleep(0.05)
    if task.info.state == "error":
        raise task.info.error
    return task.info.result


def portgroup(name: str, vlan: int = 0, vswitch: str = "vSwitch0") -> Any:
    """The specification of a standard port group."""
    from pyVmomi import vim

    policy = vim.host.NetworkPolicy()
    return vim.host.PortGroup.Specification(name=name, vlanId=vlan, vswitchName=vswitch, policy=policy)


def distributed(name: str, vlan: int = 0) -> Any:
    """The specification of a distributed port group with ephemeral binding."""
    from pyVmomi import vim

    dvs = vim.dvs.VmwareDistributedVirtualSwitch
    setting = dvs.VmwarePortConfigPolicy(vlan=dvs.VlanIdSpec(vlanId=vlan, inherited=False))
    return vim.dvs.DistributedVirtualPortgroup.ConfigSpec(name=name, type="ephemeral", defaultPortConfig=setting)
