"""`export --to kolla`: nova gets the same options from Kolla-Ansible as from mhv-tui's own plan, in both eras."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from mhv_tui.changes.files import edited
from mhv_tui.cli.export_kolla import target_of
from mhv_tui.core.answers import Trust
from mhv_tui.core.errors import UsageError
from mhv_tui.core.secret import Revealed, SecretRef
from mhv_tui.domain import ini, nova
from mhv_tui.domain.releases import all_releases, by_name
from mhv_tui.export.kolla import KollaTarget, era_of, kolla_files
from mhv_tui.steps.node.facts import CA_FILE
from mhv_tui.steps.node.inputs import NodeInputs
from tests.export.kolla_ansible import nova_conf, options_of
from tests.steps.walked_world import context, page, state

RELEASES = [r.name for r in all_releases() if r >= by_name("pike")]
PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
SETTINGS = nova.VmwareSettings(
    host_ip="vc.example.org",
    host_username="openstack@vsphere.local",
    host_password=Revealed(""),
    cluster_names=("DC0_C0",),
    datastore_regex=r"^nfs\-gold$",
)
PASSWORD = "pa$$w$rd"
TARGET = KollaTarget(
    host="novavmware1", settings=SETTINGS, password=SecretRef("env", "VC"), trust=Trust("ca_file", "ca.pem"), ca=PEM
)
HOSTILE = replace(
    SETTINGS,
    host_username="svc$x@vsphere.local",
    cluster_names=(' "C {{ 1 }} #;=$a é\\n',),
    datastore_regex="^(?:a[$]|{%b|'c')$",
    host_port=8443,
    vmware={"cache_prefix": "'c0'", "use_linked_clone": "False", "vnc_port_total": "99"},
    reserved_host_memory_mb=2048,
)


def ours(settings: nova.VmwareSettings, release: str, password: str) -> str:
    """nova.conf as mhv-tui itself writes it."""
    known = replace(settings, host_password=Revealed(password))
    rows = nova.vmware_settings(by_name(release), known)
    sections: dict[str, list[str]] = {}
    for section, name, value in rows:
        text = value.value if isinstance(value, Revealed) else value
        sections.setdefault(section, [f"[{section}]"]).append(f"{name} = {ini.quote(text)}")
    return "".join(f"{line}\n" for lines in sections.values() for line in lines)


@pytest.mark.parametrize("password", ["plain", "pa$$w$rd{{ 1 }}"])
@pytest.mark.parametrize("settings", [SETTINGS, HOSTILE], ids=["usual", "hostile"])
@pytest.mark.parametrize("release", RELEASES)
def test_nova_gets_the_same_options(release: str, settings: nova.VmwareSettings, password: str, tmp_path: Path) -> None:
    version = by_name(release)
    target = replace(TARGET, settings=settings)
    text = nova_conf(kolla_files([target], version), target.host, version, {"VC": password})
    from_kolla = options_of(text, version, tmp_path)
    from_us = options_of(ours(settings, release, password), version, tmp_path)
    assert from_kolla.pop("vmware/ca_file") in ("/etc/nova/vmware_ca", "/etc/ssl/certs/ca-certificates.crt")
    insecure = from_kolla.pop("vmware/insecure"), from_us.pop("vmware/insecure")
    assert insecure in ((False, None), (None, None))  # nova's default is False
    assert from_us.pop("vmware/ca_file") is None
    assert from_kolla == from_us and from_us["vmware/host_password"] == password


@pytest.mark.parametrize("trust", ["sha256", "insecure"])
@pytest.mark.parametrize("release", ["zed", "epoxy", "flamingo", "gazpacho"])
def test_nova_gets_what_the_plan_writes(
    release: str, trust: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = by_name(release)
    monkeypatch.setenv("VC", PASSWORD)
    vcenter = {"password": {"env": "VC"}, **({"trust": "insecure"} if trust == "insecure" else {})}
    ctx = context(tmp_path / "world.json", "article", {"cloud": {"release": release}, "vcenter": vcenter})
    world = state(ctx)
    world["cloud"]["versions"]["compute_max"] = version.microversion
    world["vcenters"]["vc.example.org"]["users"]["openstack@vsphere.local"]["password"] = PASSWORD
    view = page(ctx, "node").view
    assert view is not None and isinstance(view.inputs, NodeInputs)
    planned = options_of(edited("", view.inputs.settings), version, tmp_path)
    files = kolla_files([target_of(ctx.answers, version, ctx.backend)], version)
    assert ("BEGIN CERTIFICATE" in "".join(files.values())) == (trust == "sha256")
    text = nova_conf(files, "novavmware1", version, {"VC": PASSWORD})
    from_kolla = options_of(text, version, tmp_path)
    assert bool(from_kolla.pop("vmware/ca_file")) == (planned.pop("vmware/ca_file") == CA_FILE) == (trust == "sha256")
    assert bool(from_kolla.pop("vmware/insecure")) == bool(planned.pop("vmware/insecure")) == (trust == "insecure")
    assert from_kolla == planned


def test_the_driver_is_chosen_for_the_node_only() -> None:
    """globals.yml is for every node: those with KVM would get the driver for vCenter too."""
    files = kolla_files([TARGET], by_name("epoxy"))
    assert yaml.safe_load(files["host_vars/novavmware1.yml"]) == {"nova_compute_virt_type": "vmware"}
    assert "nova_compute_virt_type" not in files["globals.yml"] and "nova_compute_virt_type" in files["README.md"]
    text = nova_conf(files, "compute1", by_name("epoxy"), {"VC": ""})
    assert "libvirt.LibvirtDriver" in text and "vmware" not in text


def test_later_releases_get_overrides_and_no_variable_of_the_driver() -> None:
    files = kolla_files([TARGET], by_name("flamingo"))
    assert list(files) == [
        *("README.md", "passwords.yml", "config/nova/novavmware1/nova-compute.conf", "host_vars/novavmware1.yml"),
        "certificates/ca/vcenter-1.crt",
    ]
    own = yaml.safe_load(files["host_vars/novavmware1.yml"])
    assert set(own) == {
        *("enable_nova_libvirt_container", "enable_prometheus_libvirt_exporter", "kolla_copy_ca_into_containers")
    }
    assert "oslo.vmware" in files["README.md"] and "Neutron" in files["README.md"]


@pytest.mark.parametrize(("release", "name"), [("antelope", "nova.conf"), ("bobcat", "nova-compute.conf")])
def test_the_override_has_the_name_that_the_release_reads(release: str, name: str) -> None:
    assert f"config/nova/novavmware1/{name}" in kolla_files([TARGET], by_name(release))


def test_a_reference_becomes_a_lookup_and_a_prompt_stays_empty() -> None:
    references = {
        SecretRef("env", "VC"): """{{ lookup('env', "VC") | replace('$', '$$') }}""",
        SecretRef("file", "/run/o'ps"): """{{ lookup('file', "/run/o'ps") | replace('$', '$$') }}""",
        SecretRef("prompt"): None,
        SecretRef("absent"): None,
    }
    for reference, expected in references.items():
        text = kolla_files([replace(TARGET, password=reference)], by_name("zed"))["passwords.yml"]
        assert yaml.safe_load(text) == {"vmware_vcenter_host_password": expected}
        assert ("genpwd" in text) == (expected is None)


@pytest.mark.parametrize("release", ["epoxy", "flamingo"])
def test_each_node_of_several_vcenters_gets_its_own_values(release: str, tmp_path: Path) -> None:
    version = by_name(release)
    other = replace(
        TARGET,
        host="novavmware2",
        settings=replace(SETTINGS, host_ip="vc2.example.org", cluster_names=("C2",)),
        password=SecretRef("env", "VC2"),
        ca=PEM.replace("MII", "MIJ"),
    )
    files = kolla_files([TARGET, other], version)
    read = {}
    for host in ("novavmware1", "novavmware2"):
        text = nova_conf(files, host, version, {"VC": "one", "VC2": "two"})
        read[host] = options_of(text, version, tmp_path)
    keys = ("vmware/host_ip", "vmware/cluster_name", "vmware/host_password", "vmware/host_username")
    assert [read["novavmware1"][key] for key in keys] == ["vc.example.org", "DC0_C0", "one", "openstack@vsphere.local"]
    assert [read["novavmware2"][key] for key in keys] == ["vc2.example.org", "C2", "two", "openstack@vsphere.local"]
    certificates = "".join(text for path, text in files.items() if "vmware_ca" in path or "certificates/" in path)
    assert certificates == TARGET.ca + other.ca


@pytest.mark.parametrize("release", ["epoxy", "flamingo"])
def test_a_certificate_that_is_not_known_is_asked_for(release: str) -> None:
    missing = {
        Trust("sha256", "AA:BB"): "AA:BB",
        Trust("ca_file", "/gone.pem"): "/gone.pem",
        Trust(): "the authority that signed the certificate of vc.example.org:443",
    }
    for trust, words in missing.items():
        files = kolla_files([replace(TARGET, trust=trust, ca="")], by_name(release))
        assert words in files["README.md"] and era_of(by_name(release)).ca in files["README.md"]
        assert not [path for path in files if "ca" in path.split("/")]
    on_node = replace(TARGET, settings=replace(SETTINGS, ca_file="/etc/ssl/vc.pem", insecure=True), ca="")
    assert "Copy /etc/ssl/vc.pem from the node" in kolla_files([on_node], by_name(release))["README.md"]
    insecure = replace(TARGET, settings=replace(SETTINGS, insecure=True), trust=Trust("insecure"), ca="")
    assert "Still missing" not in kolla_files([insecure], by_name(release))["README.md"]


def test_a_release_whose_kolla_ansible_does_not_know_vcenter_is_refused() -> None:
    with pytest.raises(UsageError, match="does not know vCenter"):
        kolla_files([TARGET], by_name("ocata"))
