"""The simulated nova-compute comes up on right files only, and says what nova says on wrong ones."""

from __future__ import annotations

import pytest

from mhv_tui.core.machine import SurveyRequest
from mhv_tui.demo import conf
from mhv_tui.demo.backend import DemoBackend

from .test_world import code
from .ways import cloud, configured, discover, node, started, write


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
def test_wrong_options_end_as_nova_ends(world: DemoBackend, changed: dict[str, str], active: str, message: str) -> None:
    there = started(world, **changed)
    assert message in there.journal("nova-compute")
    assert there.survey(SurveyRequest(units=("nova-compute",))).units["nova-compute"].active == "active", "for a moment"
    world.sleep(3)
    assert there.survey(SurveyRequest(units=("nova-compute",))).units["nova-compute"].active == active
    assert "novavmware1" not in services(world)


def test_a_ca_file_with_the_vcenters_certificate_is_trust(world: DemoBackend) -> None:
    write(node(world), "/etc/nova/vcenter.pem", world.certificate("vc.example.org", 443).pem)
    started(world, insecure="-", ca_file="/etc/nova/vcenter.pem")
    assert services(world)["novavmware1"] == "up"


def test_the_later_file_wins(world: DemoBackend) -> None:
    there = started(world)
    write(there, "/etc/nova/nova-compute.conf", "[DEFAULT]\ncompute_driver=libvirt.LibvirtDriver\n")
    there.unit("nova-compute", "restart")
    assert "libvirtError" in there.journal("nova-compute")
    assert services(world)["novavmware1"] == "up", "the old process's report counts for a while"
    world.sleep(61)
    assert services(world)["novavmware1"] == "down"


def test_without_the_cloud_nobody_hears_of_it(world: DemoBackend) -> None:
    there = started(world)
    write(there, "/etc/nova/nova.conf", configured().replace("r4bb1t-demo", "guest"))
    there.unit("nova-compute", "restart")
    assert "AMQP server is unreachable" in there.journal("nova-compute")


def test_nova_manage_is_the_controllers(world: DemoBackend) -> None:
    there = started(world)
    assert there.run(["nova-manage", "cell_v2", "discover_hosts"]).code == 1
    assert node(world, "controller1").run(["docker", "exec", "nova_api", "nova-manage", "--version"]).out == "26.2.1\n"
    assert there.run(["frobnicate"]).code == 127


def test_purge_takes_files_modules_and_units_along(world: DemoBackend) -> None:
    request = SurveyRequest(units=("nova-compute",), files=("/etc/nova/nova-compute.conf",), modules=("oslo_vmware",))
    there = node(world)
    before = there.survey(request)
    packages = there.installed()
    there.install("j", ["nova-compute-vmware"], lambda percent, line: None)
    made = [name for name in there.installed() if name not in packages]
    assert there.survey(request).modules["oslo_vmware"]
    there.purge(made)
    assert there.installed() == packages
    after = there.survey(request)
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
    options = conf.read([f"[vmware]\nkey = other\n# key = no\nkey = {written}\n"])
    assert conf.value(options, "vmware", "key") == read


def test_packages_come_from_the_archive_that_was_added(world: DemoBackend) -> None:
    world.store.state["machines"]["novavmware1"]["repository"] = ""
    there = node(world)
    request = SurveyRequest(packages=("nova-compute-vmware",))
    assert there.survey(request).packages["nova-compute-vmware"].candidate == ""
    assert code(lambda: there.install("j", ["nova-compute-vmware"], lambda percent, line: None)) == "CN05"
    assert there.run(["add-apt-repository", "--yes", "cloud-archive:newton"]).code == 1
    assert there.run(["add-apt-repository", "--yes", "cloud-archive:zed"]).code == 0
    assert "/zed/" in there.run(["apt-cache", "policy"]).out
    assert there.survey(request).packages["nova-compute-vmware"].candidate.startswith("3:26.")


def test_a_lock_and_a_half_configured_package(world: DemoBackend) -> None:
    row = world.store.state["machines"]["novavmware1"]
    row.update(lock_holder="unattended-upgr (1234)", broken_packages=["man-db"])
    there = node(world)
    assert code(lambda: there.install("j", ["chrony"], lambda percent, line: None)) == "CN03"
    assert there.run(["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a"]).code == 0
    assert there.survey(SurveyRequest()).broken_packages == ()


def test_a_lock_that_is_given_up_in_time_is_waited_for(world: DemoBackend) -> None:
    row = world.store.state["machines"]["novavmware1"]
    row.update(lock_holder="unattended-upgr (1234)", lock_seconds=45.0)
    before, heard = world.now(), list[str]()
    node(world).install("j", ["chrony", "nova-common"], lambda percent, line: heard.append(line))
    assert heard[0].endswith("unattended-upgr (1234)") and (world.now() - before).total_seconds() >= 45
    assert "nova-common" in node(world).installed()
