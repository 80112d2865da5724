"""What is read from vSphere's own types: the VLAN of a distributed port group, and names as they are shown."""

from __future__ import annotations

import pytest
from pyVmomi import vim

from mhv_tui.domain.vsphere_read import ManagedObject, inventory

SPECS = vim.dvs.VmwareDistributedVirtualSwitch
ALL_VLANS = vim.NumericRange(start=0, end=4094)


@pytest.mark.parametrize(
    ("spec", "vlan_id", "trunk"),
    [
        (SPECS.VlanIdSpec(vlanId=200), 200, False),
        (SPECS.VlanIdSpec(vlanId=0), 0, False),
        (SPECS.TrunkVlanSpec(vlanId=[ALL_VLANS]), None, True),
        (SPECS.TrunkVlanSpec(vlanId=[]), None, True),
        (SPECS.PvlanSpec(pvlanId=10), None, False),
        (None, None, False),
    ],
)
def test_only_a_single_vlan_is_a_vlan(spec: object, vlan_id: int | None, trunk: bool) -> None:
    policy = SPECS.VmwarePortConfigPolicy(vlan=spec)
    row = {"name": "Mgmt-10.0.0.0%2f24", "config.defaultPortConfig": policy}
    port_group = ManagedObject("dvportgroup-1", "DistributedVirtualPortgroup", row)
    (network,) = inventory(vim.AboutInfo(), [port_group], {}).networks
    assert (network.name, network.vlan_id, network.trunk) == ("Mgmt-10.0.0.0/24", vlan_id, trunk)
