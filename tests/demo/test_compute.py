"""The simulated nova-compute starts only with correct files, and fails with the messages of nova otherwise."""

from __future__ import annotations

import re

import pytest

from mhv_tui.core.machine import SurveyRequest
from mhv_tui.demo import conf
from mhv_tui.demo.backend import DemoBackend

from .helpers import cloud, configured, discover, node, started, write
from .test_world import code


def hosts(world: DemoBackend) -> dict[str, str]:
    return {h.service_host: h.hostname for h in cloud(world).hypervisors()}


def services(world: DemoBackend) -> dict[str, str]:
    return {s.host: s.state for s in cloud(world).services() if s.binary == "nova-compute"}


def test_the_service_is_listed_at_once_and_the_hypervisor_after_discover_hosts(world: DemoBackend) -> None:
    started(world)
    assert services(world)["novavmware1"] == "up"
    assert "novavmware1" not in hosts(world)
    assert "Creating host mapping for compute host 'novavmware1'" in discover(world)
    assert hosts(world)["novavmware1"] == "domain-c7.7c9fd2c1-8a5e-4d4f-9a26-0f5a5c7d9e31"
    assert "Found 0 unmapped" in discover(world)


@pytest.mark.parametrize(
    ("changed", "active", "message"),
    [
        ({"host_password": "wrong"}, "failed", "InvalidLogin"),
        ({"host_password": "pa$word"}, "failed", "no such option word in group"),
        ({"host_username": "-"}, "failed", "Must specify host_ip, host_username and host_password"),
        ({"cluster_name": "DC0_C9"}, "failed", "The specified cluster 'DC0_C9' was not found in vCenter"),
        ({"cluster_name": "-"}, "failed", "The specified cluster 'None' was not found in vCenter"),
        ({"datastore_regex": "*"}, "failed", "Invalid Regular Expression *"),
        ({"host_ip": "vc2.example.org"}, "active", "Unable to connect to https://vc2.example.org:443/sdk"),
        ({"insecure": "False"}, "active", "certificate verify failed"),
        ({"ca_file": "/etc/nova/none.pem"}, "active", "certificate verify failed"),
        ({"host_ip": "vc.example.org #(optional)"}, "active", "Unable to connect"),
    ],
)
def test_wrong_options_fail_as_in_nova(world: DemoBackend, changed: dict[str, str], active: str, message: str) -> None:
    machine = started(world, **changed)
    assert message in machine.journal("nova-compute")
    assert machine.survey(SurveyRequest(units=("nova-compute",))).units["nova-compute"].active == "active", (
        "until it fails"
    )
    world.sleep(3)
    assert machine.survey(SurveyRequest(units=("nova-compute",))).units["nova-compute"].active == active
    assert "novavmware1" not in services(world)


def test_a_ca_file_with_the_vcenters_certificate_is_trusted(world: DemoBackend) -> None:
    write(node(world), "/etc/nova/vcenter.pem", world.certificate("vc.example.org", 443).pem)
    started(world, insecure="-", ca_file="/etc/nova/vcenter.pem")
    assert services(world)["novavmware1"] == "up"


def test_the_last_file_wins(world: DemoBackend) -> None:
    machine = started(world)
    write(machine, "/etc/nova/nova-compute.conf", "[DEFAULT]\ncompute_driver=libvirt.LibvirtDriver\n")
    machine.unit("nova-compute", "restart")
    assert "libvirtError" in machine.journal("nova-compute")
    assert services(world)["novavmware1"] == "up", "the report of the old process is still recent"
    world.sleep(61)
    assert services(world)["novavmware1"] == "down"


def test_nova_compute_does_not_start_with_a_wrong_transport_url(world: DemoBackend) -> None:
    machine = started(world)
    write(machine, "/etc/nova/nova.conf", configured().replace("r4bb1t-demo", "guest"))
    machine.unit("nova-compute", "restart")
    assert "AMQP server is unreachable" in machine.journal("nova-compute")


def test_nova_manage_works_on_the_controller_only(world: DemoBackend) -> None:
    machine = started(world)
    assert machine.run(["nova-manage", "cell_v2", "discover_hosts"]).code == 1
    assert node(world, "controller1").run(["docker", "exec", "nova_api", "nova-manage", "--version"]).out == "26.2.1\n"
    assert machine.run(["frobnicate"]).code == 127


def test_a_purge_removes_files_modules_and_units(world: DemoBackend) -> None:
    request = SurveyRequest(units=("nova-compute",), files=("/etc/nova/nova-compute.conf",), modules=("oslo_vmware",))
    machine = node(world)
    before = machine.survey(request)
    packages = machine.installed()
    machine.install("j", ["nova-compute-vmware"], lambda percent, line: None)
    installed = [name for name in machine.installed() if name not in packages]
    assert machine.survey(request).modules["oslo_vmware"]
    machine.purge(installed)
    assert machine.installed() == packages
    after = machine.survey(request)
    assert (after.units, after.files, after.modules) == (before.units, before.files, before.modules)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("pa$$word", "pa$word"),
        ("abc #comment", "abc #comment"),
        ('"quoted value"', "quoted value"),
        ("^(a|b)$", "^(a|b)$"),
    ],
)
def test_values_are_read_as_oslo_config_reads_them(written: str, read: str) -> None:
    options = conf.read([("nova.conf", f"[vmware]\nkey = other\n# key = no\nkey = {written}\n")])
    assert conf.value(options, "vmware", "key") == read


@pytest.mark.parametrize(
    ("text", "message"),
    (
        ("\ufeff[DEFAULT]\n", "nova.conf:1, No ':' or '=' found in assignment"),
        ("[vmware]\nhost_ip 192.0.2.10\n", "nova.conf:2, No ':' or '=' found in assignment"),
        ("[vmware]\n  a = 1\n", "nova.conf:2, Unexpected continuation line"),
        ("[vmware\na = 1\n", "nova.conf:1, Invalid section (must end with ])"),
        ("a = 1\n", "nova.conf:1, Section must be started before assignment"),
    ),
)
def test_a_line_that_oslo_config_refuses_is_refused(text: str, message: str) -> None:
    with pytest.raises(conf.Unparsable, match=re.escape(message)):
        conf.read([("nova.conf", text)])


def test_a_value_continues_on_indented_lines() -> None:
    assert conf.read([("nova.conf", "[a]\nb = 1,\n  2:3\n\nc = 4\n")]) == {("a", "b"): ["1,\n2:3"], ("a", "c"): ["4"]}


@pytest.mark.parametrize(("unit", "value"), (("nova-compute", "main"), ("openstack-nova-compute", "snippet")))
def test_the_files_of_a_directory_are_read_before_or_after_nova_conf(unit: str, value: str) -> None:
    files = {"/etc/nova/nova.conf.d/x.conf": "snippet", "/etc/nova/nova.conf": "main", "/etc/nova/nova.conf.d/y": "no"}
    machine = {"units": {unit: {}}, "files": {path: {"content": f"[a]\nb = {b}\n"} for path, b in files.items()}}
    assert conf.value(conf.read(conf.files_of(machine)), "a", "b") == value


def test_packages_come_from_an_added_repository(world: DemoBackend) -> None:
    world.store.state["machines"]["novavmware1"]["repository"] = ""
    machine = node(world)
    request = SurveyRequest(packages=("nova-compute-vmware",))
    assert machine.survey(request).packages["nova-compute-vmware"].candidate == ""
    assert code(lambda: machine.install("j", ["nova-compute-vmware"], lambda percent, line: None)) == "CN05"
    assert machine.run(["add-apt-repository", "--yes", "cloud-archive:newton"]).code == 1
    assert machine.run(["add-apt-repository", "--yes", "cloud-archive:zed"]).code == 0
    assert "/zed/" in machine.run(["apt-cache", "policy"]).out
    assert machine.survey(request).packages["nova-compute-vmware"].candidate.startswith("3:26.")


def test_a_lock_and_a_half_configured_package(world: DemoBackend) -> None:
    row = world.store.state["machines"]["novavmware1"]
    row.update(lock_holder="unattended-upgr (1234)", broken_packages=["man-db"])
    machine = node(world)
    assert code(lambda: machine.install("j", ["nova-common"], lambda percent, line: None)) == "CN03"
    row["lock_holder"] = ""
    assert code(lambda: machine.install("j", ["nova-common"], lambda percent, line: None)) == "CN04"
    assert "nova-common" not in machine.installed()
    assert machine.run(["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a"]).code == 0
    assert machine.survey(SurveyRequest()).broken_packages == ()
    machine.install("j", ["nova-common"], lambda percent, line: None)


def test_an_installation_waits_for_a_lock(world: DemoBackend) -> None:
    row = world.store.state["machines"]["novavmware1"]
    row.update(lock_holder="unattended-upgr (1234)", lock_seconds=45.0)
    before, lines = world.now(), list[str]()
    node(world).install("j", ["chrony", "nova-common"], lambda percent, line: lines.append(line))
    assert lines[0].endswith("unattended-upgr (1234)") and (world.now() - before).total_seconds() >= 45
    assert "nova-common" in node(world).installed()
