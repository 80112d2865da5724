"""The matrix of the page `network`: hosts by port group, VLAN, switch and uplinks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.core.findings import Finding
from tests.steps.case_world import findings, world
from tests.steps.matrix_cells import Doc, cell_of, matrix_of, texts

STANDARD_GROUP = {"kind": "standard", "port_group": "br100", "vlan_id": 100, "switch": "vSwitch0"}


def standard(**changed: Any) -> Doc:
    """A world with a standard port group on both hosts; `changed`: fields of the second host."""
    hosts = {f"inventory.hosts.1.{key}": value for key, value in changed.items()}
    return world("nova-network", {"answers.network": STANDARD_GROUP, **hosts})


def test_a_standard_port_group_is_shown_for_each_host() -> None:
    assert texts(matrix_of("network", standard()), "esx2") == {
        "port group": "exists",
        "VLAN": "100",
        "switch": "vSwitch0",
        "uplinks": "vmnic0 10G",
        "MTU": "1500",
    }


@pytest.mark.parametrize(
    ("changed", "column", "text", "code"),
    [
        ({"port_groups": []}, "port group", "✗ missing", "NW03"),
        ({"port_groups": [], "state": "disconnected"}, "port group", "? not known", "NW03"),
        ({"port_groups": [{"name": "br100", "switch": "vSwitch0", "vlan_id": 7}]}, "VLAN", "✗ 7", "NW07"),
        ({"port_groups": [{"name": "br100", "switch": "vSwitch1", "vlan_id": 100}]}, "switch", "✗ vSwitch1", "NW17"),
        ({"port_groups": [], "switches": []}, "switch", "✗ no vSwitch0", "NW09"),
        ({"nics": [{"name": "vmnic0", "link_mbit": 0}]}, "uplinks", "! vmnic0 down", "NW15"),
        ({"switches": [{"name": "vSwitch0", "pnics": []}]}, "uplinks", "! none", "NW15"),
        ({"switches": [{"name": "vSwitch0", "pnics": ["vmnic0"], "mtu": 9000}]}, "MTU", "! 9000", "NW12"),
        ({"nics": [{"name": "vmnic0", "link_mbit": 100}]}, "uplinks", "vmnic0 100M", ""),
    ],
)
def test_a_host_that_differs_is_marked(changed: Doc, column: str, text: str, code: str) -> None:
    cell = cell_of(matrix_of("network", standard(**changed)), "esx2", column)
    assert (cell.text, cell.code) == (text, code)


def as_planned(rows: list[Finding]) -> list[Finding]:
    """The findings as the engine reports them if the plan creates the port group."""
    return [replace(f, level="missing") if f.code == "NW03" and f.level == "failure" else f for f in rows]


def test_a_port_group_that_will_be_created_is_planned() -> None:
    doc = standard(port_groups=[])
    row = texts(matrix_of("network", doc, as_planned(findings("network", doc))), "esx2")
    assert (row["port group"], row["VLAN"]) == ("+ planned", "+ 100")
    doc["answers"]["network"]["manage"] = False
    row = texts(matrix_of("network", doc, as_planned(findings("network", doc))), "esx2")
    assert (row["port group"], row["VLAN"]) == ("+ missing", "–")


def test_a_distributed_port_group_is_shown_for_each_host() -> None:
    assert texts(matrix_of("network", world()), "esx1") == {
        "switch": "DVS0",
        "port group": "exists",
        "VLAN": "200",
        "binding": "ephemeral",
    }
    doc = world("", {"inventory.networks.2.name": "other"})
    row = texts(matrix_of("network", doc, as_planned(findings("network", doc))), "esx1")
    assert list(row.values()) == ["DVS0", "+ planned", "+ 200", "+ ephemeral"]
    assert list(texts(matrix_of("network", doc), "esx1").values()) == ["DVS0", "✗ missing", "–", "–"]


@pytest.mark.parametrize(
    ("path", "value", "column", "text", "code"),
    [
        ("inventory.switches.0.host_ids", ["host-22"], "switch", "✗ not on DVS0", "NW06"),
        ("inventory.networks.2.vlan_id", 7, "VLAN", "✗ 7", "NW17"),
        ("inventory.networks.2.trunk", True, "VLAN", "✗ trunk", "NW17"),
        ("inventory.networks.2.binding", "earlyBinding", "binding", "✗ earlyBinding", "NW05"),
        ("answers.network.dvs", "DVS9", "switch", "✗ none", "NW09"),
        (
            "inventory.hosts.0.port_groups",
            [{"name": "vmware-net", "switch": "vSwitch0"}],
            "port group",
            "✗ standard too",
            "NW17",
        ),
    ],
)
def test_a_wrong_distributed_port_group_is_marked(path: str, value: Any, column: str, text: str, code: str) -> None:
    cell = cell_of(matrix_of("network", world("", {path: value})), "esx1", column)
    assert (cell.text, cell.code) == (text, code)
