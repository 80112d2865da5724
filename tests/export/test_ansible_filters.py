"""The filters of the exported Ansible project read, edit and choose as mhv-tui itself does."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mhv_tui
from mhv_tui.core.machine import Package
from mhv_tui.core.openstack import Image
from mhv_tui.domain import images, ini, packages
from mhv_tui.domain.nova_copy import authority_of, copied
from mhv_tui.domain.releases import Release, all_releases, by_name
from mhv_tui.export.ansible.knowledge import node_variables, register_variables
from mhv_tui.steps.node.connectivity import transfers_hang

FILTERS = Path(mhv_tui.__file__).parent / "export/ansible/data/filter_plugins"
ZED = by_name("zed")
RELEASES = [release for release in all_releases() if release >= by_name("ussuri")]


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"filters_{name}", FILTERS / f"{name}.py")
    assert spec and spec.loader
    plugin = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = plugin
    spec.loader.exec_module(plugin)
    return plugin


conf, kinds, offers, keys = (module(name) for name in ("nova_conf", "images", "nova_packages", "host_keys"))

names = st.sampled_from(["host", "my_ip", "host_ip", "cluster_name"])
lines = st.one_of(
    st.sampled_from(["[DEFAULT]", "[vmware]", "[VMware]", "[neutron]", "", "# host = <None>", "#my_ip=1", "  more"]),
    st.builds("{} = {}".format, names, st.sampled_from(["a", "", "$my_ip", "'quoted'", '"x', "a=b", "  ", "c#d"])),
)
texts = st.builds(lambda rows: "[DEFAULT]\n" + "".join(f"{row}\n" for row in rows), st.lists(lines, max_size=12))


def readable(text: str) -> bool:
    return ini.unreadable_line(text) is None


def domain_values(text: str) -> dict[tuple[str, str], list[str]]:
    values: dict[tuple[str, str], list[str]] = {}
    for section in ini.sections(text):
        for key, value in ini.items(text, section):
            name = section if section == "DEFAULT" else section.lower()
            values.setdefault((name, key), []).append(value)
    return values


@given(texts.filter(readable))
def test_the_filters_read_the_same_values(text: str) -> None:
    assert conf.values_of(text) == domain_values(text)


@given(
    texts.filter(readable),
    st.sampled_from([("DEFAULT", "host"), ("vmware", "host_ip"), ("glance", "region_name")]),
    st.lists(st.sampled_from(["new", " blank ", "'quoted'", "a\nb", "$$"]), max_size=2),
)
def test_an_edit_sets_its_option_and_no_other(text: str, option: tuple[str, str], values: list[str]) -> None:
    new = conf.with_values(text, option, values)
    assert readable(new)
    expected = domain_values(text) | {option: values}
    assert domain_values(new) == {name: rows for name, rows in expected.items() if rows}
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in new.splitlines() if line.startswith("#")] == comments


SOURCE = """[DEFAULT]
transport_url = rabbit://nova:s$$ecret@controller:5672/
my_ip = 10.0.0.11
host = compute1
compute_driver = libvirt.LibvirtDriver
dhcp_domain = novalocal
[keystone_authtoken]
auth_url = http://controller:5000
[api_database]
connection = sqlite://
[glance]
api_servers = http://$my_ip:9292
api_servers = http://${host}:9292
[VNC]
server_proxyclient_address = $my_ip
novncproxy_base_url = http://controller:6080/vnc_auto.html
[libvirt]
virt_type = qemu
[oslo_concurrency]
lock_path = LOCKS
"""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("locks", ["$state_path/tmp", "/srv/locks"])
@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_the_same_settings_are_copied(release: Release, locks: str) -> None:
    text = SOURCE.replace("LOCKS", locks)
    rules = node_variables(release, (), ())["node_copied_settings"]
    rows = conf.nova_conf_copied(encoded(text), rules)
    settings = [(row["section"], row["option"], value) for row in rows for value in row["values"]]
    assert settings == copied(text, release, "neutron") and len(settings) >= 5


def test_the_same_authorities_are_copied() -> None:
    text = "[placement]\ncafile = /a.pem\n[glance]\ncafile = /etc/ssl/certs/ca-certificates.crt\n"
    text += "[neutron]\ncafile = /a.pem\nkeyfile = /k.pem\n[oslo_messaging_rabbit]\nssl_ca_file = /b.pem\n"
    rules = node_variables(ZED, (), ())["node_copied_settings"]
    paths = conf.nova_conf_authorities(conf.nova_conf_copied(encoded(text), rules), rules)
    expected = [authority_of(name, value) for _, name, value in copied(text, ZED, "neutron")]
    assert paths == [*dict.fromkeys(filter(None, expected))] == ["/a.pem", "/b.pem"]


OWN = [
    {"section": "DEFAULT", "option": "compute_driver", "values": ["vmwareapi.VMwareVCDriver"]},
    {"section": "vmware", "option": "host_ip", "values": ["vc"]},
]
COPIED = [{"section": "placement", "option": "password", "values": ["s"], "secret": True}]
REMOVED = node_variables(ZED, [("vmware", "insecure"), ("vmware", "ca_file")], [("libvirt", "virt_type")])
LATER = "/etc/nova/nova-compute.conf"


def changes(main: str, later: str = "[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n") -> dict[str, str]:
    files = [{"source": conf.MAIN, "content": encoded(main)}, {"source": LATER, "content": encoded(later)}]
    rows = conf.nova_conf_changes(files, OWN, COPIED, REMOVED["node_removed_options"])
    return {row["path"]: row["text"] for row in rows}


def test_all_settings_go_to_nova_conf_and_a_later_file_does_not_override_them() -> None:
    later = "[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n[placement]\npassword = other\n[libvirt]\nx = 1\n"
    new = changes("[DEFAULT]\n# compute_driver = <None>\n[libvirt]\nvirt_type = vmwareapi\n", later)
    assert domain_values(new[conf.MAIN]) == {
        ("DEFAULT", "compute_driver"): ["vmwareapi.VMwareVCDriver"],
        ("vmware", "host_ip"): ["vc"],
        ("placement", "password"): ["s"],
    }
    assert domain_values(new[LATER]) == {
        ("DEFAULT", "compute_driver"): ["vmwareapi.VMwareVCDriver"],
        ("libvirt", "x"): ["1"],
    }
    assert changes(new[conf.MAIN], new[LATER]) == {}


@pytest.mark.parametrize(
    ("line", "is_kept"), [("insecure = no", True), ("insecure = true", False), ("ca_file = /x", False)]
)
def test_an_option_that_the_answers_do_not_set_is_removed_if_it_has_an_effect(line: str, is_kept: bool) -> None:
    new = changes(f"[vmware]\n{line}\n")
    assert (line in new[conf.MAIN]) == is_kept


def test_files_of_directories_are_ordered_as_nova_reads_them() -> None:
    main = ["/etc/nova/nova.conf", LATER]
    others = ["/etc/nova/nova-compute.conf.d/a.conf", "/etc/nova/nova.conf.d/b.conf", "/etc/nova/logging.conf"]
    ordered = ["/etc/nova/nova.conf.d/b.conf", "/etc/nova/nova-compute.conf.d/a.conf"]
    assert conf.nova_conf_paths([*others, *main], main, False) == [*ordered, *main]
    assert conf.nova_conf_paths([*others, main[0]], main, True) == [main[0], *ordered]


CANDIDATES = ["nova-compute-vmware", "nova-compute", "nova-compute-kvm", "nova-compute-ironic", "python3-oslo.vmware"]
states = st.fixed_dictionaries(
    {name: st.sampled_from([Package(), Package("1:26.2", "1:26.2"), Package("", "1:26.3")]) for name in CANDIDATES}
)


@given(states)
def test_the_same_packages_are_chosen(state: dict[str, Package]) -> None:
    rows = [(n, p.installed or "(none)", p.candidate or "(none)") for n, p in state.items()]
    policy = "".join(f"{n}:\n  Installed: {now}\n  Candidate: {new}\n  Version table:\n" for n, now, new in rows)
    chosen = offers.nova_packaging(policy, node_variables(ZED, (), ())["node_packagings"])
    expected = packages.packaging_of(state)
    if expected is None:
        assert chosen is None
        return
    names = packages.wanted(expected, ZED, state)
    assert (chosen["name"], tuple(chosen["packages"])) == (expected.name, names)
    assert chosen["missing"] == [n for n in names if not state.get(n, Package()).installed]


@pytest.mark.parametrize("library", ["", "4.0.1-2", "1:4.9.0", "4.10.0-1"])
@pytest.mark.parametrize("urllib3", ["", "1.26.12-1", "2.0.7"])
def test_the_same_libraries_hang(library: str, urllib3: str) -> None:
    versions = {"python3-oslo.vmware": library, "python3-urllib3": urllib3}
    lines = "".join(f"{name} {version}\n" for name, version in versions.items() if version)
    state = {name: Package(version) for name, version in versions.items()}
    assert offers.transfers_hang(lines) == transfers_hang(state)


TYPES = ["QEMU", "LXC", "VMware vCenter Server", "hyperv", "ironic"]
properties = st.dictionaries(
    st.sampled_from(["hypervisor_type", "vmware_disktype", "os_distro"]), st.sampled_from(["qemu", "vmware"])
)


@given(st.sampled_from(["qcow2", "raw", "vmdk", "iso", "vhd", "ami"]), st.sets(st.sampled_from(TYPES)), properties)
def test_the_same_images_get_the_same_tag(disk_format: str, types: set[str], given_properties: dict[str, str]) -> None:
    rows = register_variables(ZED)["register_kinds"]
    image: dict[str, Any] = {
        "name": "x",
        "status": "active",
        "disk_format": disk_format,
        "properties": given_properties,
    }
    tags = [row["tag"] for row in kinds.images_to_tag([image], sorted(types), rows)]
    record = Image("1", "x", "active", disk_format=disk_format, properties=given_properties)
    expected = "" if "hypervisor_type" in given_properties else images.tag_of(record, types, ZED)
    assert tags == ([expected] if expected else [])


def test_an_image_of_others_gets_only_its_tag() -> None:
    wanted_properties = {"hypervisor_type": "vmware", "vmware_disktype": "sparse", "mhv_source": "2"}
    image: dict[str, Any] = {"properties": {"vmware_disktype": "thin"}}
    assert kinds.image_repairs(image, wanted_properties) == {"hypervisor_type": "vmware"}
    image["properties"]["mhv_source"] = "1"
    assert kinds.image_repairs(image, wanted_properties) == {"hypervisor_type": "vmware", "vmware_disktype": "sparse"}
    assert kinds.image_repairs({**image, **wanted_properties, "properties": wanted_properties}, wanted_properties) == {}


KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIBfJ0vcP0BOYI1Y9gBvJkPkYkbDvI1YxvQCnqJpBvh0K"


def test_only_the_key_with_the_pinned_fingerprint_is_accepted() -> None:
    shown = f"# host:22 SSH-2.0\nhost ssh-rsa AAAA\nhost ssh-ed25519 {KEY}\n"
    assert keys.key_with_fingerprint(shown, keys.fingerprint(KEY)) == f"host ssh-ed25519 {KEY}"
    with pytest.raises(ValueError, match="no host key"):
        keys.key_with_fingerprint(shown, "SHA256:other")
