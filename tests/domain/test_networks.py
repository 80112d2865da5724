"""Names of bridges and port groups, VLANs, port bindings and flavors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhv_tui.domain import flavors, networks
from mhv_tui.domain.flavors import Size
from mhv_tui.domain.releases import by_name


@pytest.mark.parametrize("name", ["br100", "br-int", "b", "vmware.100", "123456789012345", "0br"])
def test_bridge_names(name: str) -> None:
    assert networks.bridge_name_trouble(name) == ""


@pytest.mark.parametrize(
    "name", ["", "VM Network", "1234567890123456", "br/100", "-br", ".", "..", "bür", "äääääääää", "a:b", "a\n"]
)
def test_invalid_bridge_names(name: str) -> None:
    assert networks.bridge_name_trouble(name)


def test_a_bridge_name_with_a_blank_says_which_characters_are_valid() -> None:
    allowed = "the name of a Linux bridge has only letters, digits, dots, hyphens and underscores"
    assert networks.bridge_name_trouble("VM Network") == f"VM Network contains a blank: {allowed}"


@given(st.text(max_size=40))
def test_a_suggested_bridge_name_is_valid(name: str) -> None:
    assert networks.bridge_name_trouble(networks.suggest_bridge(name)) == ""


@pytest.mark.parametrize(
    ("vlan", "good"), [(0, True), (1, True), (4094, True), (4095, False), (-1, False), (5000, False)]
)
def test_vlans(vlan: int, good: bool) -> None:
    assert (networks.vlan_trouble(vlan) == "") is good
    assert (networks.vlan_trouble(vlan, "distributed") == "") is good


VIRTUAL_WIRE = "vxw-dvs-22-virtualwire-89-sid-5008-"


@pytest.mark.parametrize(
    ("wanted", "name", "kind", "release", "taken"),
    [
        ("br100", "br1000", "distributed", "juno", True),
        ("br100", "dv-br100", "distributed", "juno", True),
        ("br100", "br10", "distributed", "juno", False),
        ("br100", "br1000", "distributed", "icehouse", False),
        ("br100", "br100", "distributed", "icehouse", True),
        ("br1000", "br100", "distributed", "zed", False),
        ("br100", "br1000", "standard", "zed", False),
        ("br100", "br100", "opaque", "zed", True),
        ("Mgmt-10.0.0.0/24", "Mgmt-10.0.0.0/24", "distributed", "zed", False),
        ("Mgmt-10.0.0.0%2f24", "Mgmt-10.0.0.0/24", "distributed", "zed", True),
        ("Mgmt-10.0.0.0/24", "Mgmt-10.0.0.0/24", "standard", "zed", True),
        ("LS-Demo", f"{VIRTUAL_WIRE}LS-Demo", "distributed", "ocata", True),
        (f"{VIRTUAL_WIRE}LS-Demo", f"{VIRTUAL_WIRE}LS-Demo", "distributed", "pike", True),
        (f"{VIRTUAL_WIRE}LS-Demo", f"{VIRTUAL_WIRE}LS-Demo", "distributed", "queens", False),
        ("sid-5008", f"{VIRTUAL_WIRE}LS-Demo", "distributed", "queens", False),
    ],
)
def test_what_nova_takes_for_a_name(wanted: str, name: str, kind: str, release: str, taken: bool) -> None:
    assert networks.is_taken_for(wanted, name, kind, by_name(release)) is taken


@pytest.mark.parametrize(
    ("vif_type", "release", "good"),
    [
        ("dvs", "zed", True),
        ("ovs", "zed", True),
        ("bridge", "zed", False),
        ("binding_failed", "zed", False),
        ("unbound", "havana", False),
        ("bridge", "liberty", True),
    ],
)
def test_port_bindings(vif_type: str, release: str, good: bool) -> None:
    assert (networks.vif_type_trouble(vif_type, by_name(release)) == "") is good


@given(st.integers(1, 10**6))
def test_memory(ram: int) -> None:
    nearest = flavors.nearest_memory(ram)
    assert nearest % 4 == 0 and 0 <= nearest - ram < 4
    assert (flavors.memory_trouble(ram) == "") is (nearest == ram)


def test_one_server_runs_on_one_host() -> None:
    biggest = Size(16, 65536, 500)
    assert flavors.fit_trouble(Size(16, 65536, 500), biggest) == ""
    failure = flavors.fit_trouble(Size(17, 65537, 10), biggest)
    assert "17 processors" in failure and "65537 MiB" in failure and "disk" not in failure


def test_root_disks() -> None:
    assert flavors.min_disk(1) == 1 and flavors.min_disk(1 << 30) == 1 and flavors.min_disk((1 << 30) + 1) == 2
    assert flavors.disk_trouble(0, 1 << 40) == "" and flavors.disk_trouble(2, 2 << 30) == ""
    assert "needs 3" in flavors.disk_trouble(2, (2 << 30) + 1)
