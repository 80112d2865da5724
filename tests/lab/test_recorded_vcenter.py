"""A recording of the lab's own vCenter, loaded again: it is the same inventory."""

from __future__ import annotations

import json
import re
import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mhv_tui.lab import simulator
from mhv_tui.lab.answers import recorded_clusters
from mhv_tui.lab.host import LabError
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.simulator import Simulator
from tests.lab.recorded_world import RENAMED, USERS, save, start
from tests.lab.vcenter_client import close_connections, cluster, connect, load_inventory, state

pytestmark = pytest.mark.vcenter


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("saved"))


@pytest.fixture(scope="module")
def sim(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = start(saved, tmp_path_factory.mktemp("lab") / "vcenter")
    yield running
    simulator.stop(running)


@pytest.fixture(autouse=True)
def connections() -> Iterator[None]:
    yield
    close_connections()


def test_the_loaded_inventory_is_the_recorded_one(sim: Simulator) -> None:
    compute = cluster(load_inventory(sim))
    about = connect(sim).RetrieveContent().about
    assert (about.version, about.apiVersion) == ("7.0.3", "7.0.3.0")
    assert (compute.name, compute.configurationEx.drsConfig.defaultVmBehavior) == ("Compute", "partiallyAutomated")
    assert {host.name: host.runtime.connectionState for host in compute.host} == {
        "esx1.example.org": "connected",
        RENAMED: "notResponding",
    }
    assert {store.name: (store.summary.type, len(store.host)) for store in compute.datastore} == {
        "nfs": ("NFS", 2),
        "vsanDatastore": ("vsan", 1),
    }
    group = next(net for net in compute.network if net.name == "Mgmt-10.0.0.0%2f24")
    assert (group.config.type, group.config.defaultPortConfig.vlan.vlanId) == ("earlyBinding", 7)
    (machine,) = compute.host[0].vm
    assert (machine.name, machine.runtime.powerState, machine.network[0].name) == ("old", "poweredOn", "servers")
    assert machine.environmentBrowser == compute.environmentBrowser


def test_it_says_what_the_recording_lacks(sim: Simulator) -> None:
    assert f"names of hosts that are recorded by address: 192.0.2.12 is {RENAMED}" in sim.invented
    assert "firewall of hosts: 192.0.2.12" in sim.invented
    assert any(line.startswith("users and passwords") for line in sim.invented)


def test_the_certificate_and_the_hosts_file_have_the_recorded_names(sim: Simulator) -> None:
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((sim.host, sim.port)))
    assert b"esx1.example.org" in der and RENAMED.encode() in der
    assert sim.hosts[1:] == (RENAMED, "esx1.example.org")
    table = Lab("rec", 7, sim.directory.parent).hosts_table().splitlines()
    assert [f"10.213.7.5 {name}" for name in sim.hosts] == table[-3:]


def test_recorded_permissions_hold_for_the_user_and_the_groups_of_the_inventory(sim: Simulator) -> None:
    load_inventory(sim)
    for user, can_create in (("svc@example.org", False), ("member@example.org", True)):
        content = connect(sim, user, "x").RetrieveContent()
        (granted,) = content.authorizationManager.FetchUserPrivilegeOnEntities([content.rootFolder], user)
        assert ("VirtualMachine.Inventory.Create" in granted.privileges) is can_create, user
        assert "System.Read" in granted.privileges


def test_recorded_privileges_of_the_login_hold_on_each_object(saved: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(saved, tmp_path / "copy")
    rows = [
        {"objects": ["group-d1"], "granted": ["System.Read", "Folder.Create"]},
        {
            "objects": [next(copy.glob("*-Cluster*")).stem.partition("-Cluster")[2].partition("-")[2]],
            "granted": ["x.y"],
        },
    ]
    about = {"vcenter": {"username": r"EXAMPLE.ORG\login"}, "privileges": rows}
    (copy / "mhv-tui.json").write_text(json.dumps(about))
    users = '[[user]]\nname = "login@example.org"\npassword = "x"\nprivileges = "recorded"\n'
    running = start(copy, tmp_path / "vc", users)
    try:
        content = connect(running, "login@example.org", "x").RetrieveContent()
        compute = content.rootFolder.childEntity[0].hostFolder.childEntity[0]
        objects = [content.rootFolder, content.rootFolder.childEntity[0], compute, compute.host[0]]
        granted = content.authorizationManager.FetchUserPrivilegeOnEntities(objects, "login@example.org")
        assert [sorted(row.privileges) for row in granted] == [["Folder.Create", "System.Read"]] * 2 + [["x.y"]] * 2
    finally:
        simulator.stop(running)


def test_the_version_of_the_inventory_file_wins(saved: Path, tmp_path: Path) -> None:
    running = start(saved, tmp_path / "vc", '[vcenter]\nversion = "8.0.3"\nname = "other.lab.test"\n')
    try:
        assert state(running)["about"]["version"] == "8.0.3"
        assert running.hosts[0] == "other.lab.test"
    finally:
        simulator.stop(running)


def test_the_answers_of_a_lab_name_the_recorded_cluster(sim: Simulator) -> None:
    load_inventory(sim)
    lab = Lab("rec", 7, sim.directory.parent)
    assert list(recorded_clusters(lab, "vcenter")) == [
        (
            {"name": "East", "datastore": [{"name": "nfs"}, {"name": "vsanDatastore"}], "switch": [{"name": "DVS"}]},
            {"name": "Compute"},
        )
    ]


BROKEN: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a broken file": ("Folder", lambda text: text[:-20], "file 0[0-9]+-Folder-.*xml is broken"),
    "a host": ("ServiceInstance", lambda text: text.replace(">VirtualCenter<", ">HostAgent<"), "not of a vCenter"),
    "no root folder": ("Folder", lambda text: "", "lacks"),
    "a broken file about the login": ("x", lambda text: text, "mhv-tui.json is broken"),
    "a datacenter in itself": ("Datacenter", lambda text: text.replace(">group-d1<", ">group-4<"), "is in itself"),
    "no services": ("ServiceInstance", lambda text: "", "no recording of a vCenter"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_recording_is_refused_with_one_sentence(saved: Path, tmp_path: Path, case: str) -> None:
    kind, edit, reason = BROKEN[case]
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in saved.iterdir():
        text = path.read_text()
        text = edit(text) if f"-{kind}-" in path.name else text
        if text:
            (copy / path.name).write_text(text)
    if "login" in case:
        (copy / "mhv-tui.json").write_text("[]")
    with pytest.raises(LabError) as error:
        start(copy, tmp_path / "vc")
    head, *lines = str(error.value).splitlines()
    assert head == "The lab's vCenter did not start:" and len(lines) == 1
    assert re.search(reason, lines[0]), lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[datacenter]]\nname = "DC0"\n', "has no .*datacenter"),
        ('[vcenter]\napi_type = "HostAgent"\n', "cannot be HostAgent"),
        ('[[user]]\nname = "a"\ngroups = ["b"]\n', "a has groups"),
        ('[[user]]\nname = "a"\nprivileges = "recorded"\ndeny = ["x"]\n', "deny"),
    ],
)
def test_an_inventory_that_contradicts_the_recording_is_refused(
    saved: Path, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(LabError, match=reason):
        start(saved, tmp_path / "vc", text)


def test_recorded_privileges_need_a_recording(tmp_path: Path) -> None:
    (tmp_path / "users.toml").write_text(USERS)
    with pytest.raises(LabError, match="no recording"):
        simulator.start(tmp_path / "users.toml", directory=tmp_path / "vc")


LITTLE = {"name", "parent", "childEntity", "content", "hostFolder", "vmFolder", "datastoreFolder", "networkFolder"}
LITTLE |= {"host", "datastore", "network", "resourcePool", "runtime", "portgroup", "uuid", "roleList"}
"""The properties that a login with few rights can read."""


def test_a_recording_of_a_login_with_few_rights_is_completed(saved: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in saved.iterdir():
        root = ElementTree.parse(path).getroot()
        for row in root.findall("propSet"):
            if row.findtext("name") not in LITTLE:
                root.remove(row)
        ElementTree.ElementTree(root).write(copy / path.name)
    running = start(copy, tmp_path / "vc")
    try:
        compute = cluster(connect(running))
        assert {host.config.network.vswitch[0].name for host in compute.host} == {"vSwitch0"}
        assert set(state(running)["hosts"]) == {"esx1.example.org", RENAMED}
        assert "configuration of hosts: 192.0.2.12, esx1.example.org" in running.invented
        assert "configuration of clusters, without DRS and HA: Compute" in running.invented
    finally:
        simulator.stop(running)
