"""A recording of a vCenter as a scene: what the checks read, what it may lack, and recordings that are none."""

from __future__ import annotations

import json
import lzma
import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.cli.simulation import session_name_of
from mhv_tui.core.vsphere import (
    Cluster,
    Datastore,
    Dvs,
    Host,
    HostPortGroup,
    Mount,
    Network,
    Nic,
    Switch,
    VcenterLogin,
)
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.recorded_scene import scene_of
from mhv_tui.demo.scenes import answers_of
from tests import recordings
from tests.cli.test_bundle import findings
from tests.demo.helpers import login

Capture = pytest.CaptureFixture[str]
CLUSTER = "domain-c7"


def about(**changed: object) -> dict[str, bytes]:
    return {"mhv-tui.json": json.dumps({**recordings.ABOUT_DOCUMENT, **changed}).encode()}


def backend(scene: Path, directory: Path) -> tuple[DemoBackend, VcenterLogin]:
    """The simulated world of a recording, and a login from its answers."""
    answers = answers_of(str(scene))["vcenter"]
    place = {"host": answers["host"], "port": answers.get("port", 443), "username": answers["username"]}
    return DemoBackend(directory / "world.json", str(scene)), replace(login(value=answers["trust"]["sha256"]), **place)


def test_the_inventory_is_what_the_adapter_would_read(tmp_path: Path) -> None:
    world, own = backend(recordings.written(tmp_path / "vc"), tmp_path)
    vcenter = world.vcenter(own)
    inventory = vcenter.inventory()
    assert inventory.clusters == (
        Cluster(
            id=CLUSTER,
            name="compute-gold",
            path="/Berlin/host/compute-gold",
            datacenter="Berlin",
            host_ids=("host-9",),
            datastore_ids=("datastore-31",),
            network_ids=("network-41", "dvportgroup-61"),
            drs_enabled=True,
            drs_behavior="manual",
            ha_enabled=False,
            resource_pool_id="resgroup-8",
        ),
    )
    assert inventory.hosts == (
        Host(
            id="host-9",
            name="esx1.acme.test",
            cluster_id=CLUSTER,
            version="8.0.2",
            cpu_threads=32,
            memory=137438953472,
            switches=(Switch("vSwitch0", ("vmnic0",), 9000),),
            port_groups=(HostPortGroup("br100", "vSwitch0", 100),),
            nics=(Nic("vmnic0", 10000),),
        ),
    )
    assert inventory.datastores == (
        Datastore(
            id="datastore-31",
            name="nfs-gold",
            type="NFS",
            capacity=1000,
            free=600,
            datacenter="Berlin",
            shared=True,
            mounts=(Mount("host-9"),),
            url="ds:///vmfs/volumes/7b1e2a3f-5c6d7e8f/",
        ),
    )
    assert inventory.networks == (
        Network("network-41", "br100", "standard", "Berlin", vlan_id=100, host_ids=("host-9",)),
        Network("dvportgroup-61", "tenants/gold", "distributed", "Berlin", "dvs-60", "ephemeral", 200, ("host-9",)),
    )
    assert inventory.switches == (Dvs("dvs-60", "switch-east", "Berlin", ("host-9",)),)
    assert vcenter.extensions() == {"org.openstack.compute"}
    assert vcenter.resource_pools(CLUSTER) == ("batch",)
    (machine,) = vcenter.virtual_machines(CLUSTER)
    assert (machine.name, machine.power, machine.openstack) == ("payroll", "poweredOn", True)


def test_what_govc_does_not_record_is_assumed_and_listed(tmp_path: Path, capsys: Capture) -> None:
    scene = recordings.written(tmp_path / "vc.acme")
    assert cli.main(["check", "--demo", "--scene", f"{scene}/", "--step", "vcenter"]) in (0, 3)
    lines = capsys.readouterr().err.splitlines()
    assert sum(line.startswith("assumed: ") for line in lines) == 4
    assert answers_of(str(scene))["vcenter"]["host"] == "vc.acme.test"
    assert answers_of(str(scene))["cluster"] == {"path": "/Berlin/host/compute-gold"}


def test_mhv_tui_json_has_login_certificate_privileges_clock_and_answers(tmp_path: Path) -> None:
    scene = recordings.written(tmp_path / "vc", about())
    world, own = backend(scene, tmp_path)
    assert (own.port, own.username, own.trust_value) == (8443, "nova@acme.test", recordings.SHA256)
    vcenter = world.vcenter(own)
    required = {"": ["Extension.Register", "Datastore.Browse"], CLUSTER: ["Extension.Register"]}
    assert vcenter.missing_privileges(required) == {"": ("Extension.Register",)}
    assert (vcenter.clock() - world.now()).total_seconds() == 120
    end = world.certificate("vc.acme.test", 8443).not_after
    assert (str(world.now()), str(end)) == ("2026-05-01 12:00:00+00:00", "2027-05-01 12:00:00+00:00")
    assert answers_of(str(scene))["datastore"] == {"names": ["nfs-gold"]}
    assert [line for line in scene_of(scene)["assumed"] if "privilege" in line] == []


@pytest.mark.parametrize(("features", "licensed"), [("vmotion", False), ("drs", True)])
def test_licences_decide_whether_drs_can_be_switched_on(features: str, licensed: bool, tmp_path: Path) -> None:
    rows = f"<properties><key>feature</key><value><key>{features}</key><value>x</value></value></properties>"
    licence = f"<LicenseManagerLicenseInfo><editionKey>esx.standard</editionKey>{rows}</LicenseManagerLicenseInfo>"
    content = {"licenses": recordings.value("ArrayOfLicenseManagerLicenseInfo", licence)}
    text = recordings.content_of("LicenseManager", "LicenseManager", content)
    more = {"0099-LicenseManager-LicenseManager.xml": text.encode()}
    (row,) = scene_of(recordings.written(tmp_path / "vc", more))["world"]["vcenters"].values()
    assert row["clusters"][CLUSTER].get("licensed", True) is licensed


def test_a_packed_recording_is_the_same_scene(tmp_path: Path, capsys: Capture) -> None:
    plain = findings(capsys, "--demo", "--scene", str(recordings.written(tmp_path / "vc")))
    path = recordings.packed(tmp_path / "vcsim-vc.acme.tar.xz")
    assert findings(capsys, "--demo", "--scene", str(path)) == plain
    assert {"CL06", "DS04"} <= {code for _, code, _ in plain}


@pytest.mark.parametrize("end", ["", ".tar.xz", ".toml"])
def test_the_session_has_the_name_of_the_recording(end: str) -> None:
    assert session_name_of(f"/tmp/vcsim-vc.acme{end}") == "demo-vcsim-vc.acme"


def test_a_second_command_continues_in_the_recorded_world(tmp_path: Path) -> None:
    scene = ("--demo", "--scene", str(recordings.written(tmp_path / "vc")))
    assert cli.main(["check", *scene]) == 3
    assert cli.main(["check", "--demo", "--session", "demo-vc"]) == 3


def link(path: Path) -> None:
    member = tarfile.TarInfo("vcsim-vc/0001-Folder-group-d1.xml")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    recordings.packed(path, members=[member])


def escaping(path: Path) -> None:
    recordings.packed(path, members=[tarfile.TarInfo("vcsim-vc/../../outside.xml")])


def absolute(path: Path) -> None:
    recordings.packed(path, members=[tarfile.TarInfo("/etc/outside.xml")])


def cut(path: Path) -> None:
    recordings.packed(path)
    path.write_bytes(path.read_bytes()[:-900])


def no_xz(path: Path) -> None:
    path.write_text("this is no archive")


def no_tar(path: Path) -> None:
    path.write_bytes(lzma.compress(b"x" * 100_000))


def too_large(path: Path) -> None:
    recordings.packed(path, {"0000-ServiceInstance-ServiceInstance.xml": bytes(65 << 20)})


def long_name(path: Path) -> None:
    """A header of 20 MiB, packed in a few kB."""
    with tarfile.open(path, "w:xz", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x" * (20 << 20)))


def many_files(path: Path) -> None:
    """Headers of 40,000 empty files, packed in a few kB."""
    header = tarfile.TarInfo("x").tobuf()
    path.write_bytes(lzma.compress(header * 40_000, preset=0))


def pipe(path: Path) -> None:
    os.mkfifo(path)


def other_archive(path: Path) -> None:
    recordings.packed(path, {"readme.txt": b"hello"})


ARCHIVES: dict[str, tuple[Callable[[Path], None], str]] = {
    "link": (link, "which is neither a file nor a directory"),
    "escaping": (escaping, "leads out of the recording"),
    "absolute": (absolute, "leads out of the recording"),
    "cut": (cut, "it is not a complete .tar.xz"),
    "no xz": (no_xz, "it is not a complete .tar.xz"),
    "no tar": (no_tar, "it is not a complete .tar.xz"),
    "too large": (too_large, "with more than 64 MiB"),
    "long name": (long_name, "a header has more than 1 MiB"),
    "many files": (many_files, "more than 30000 files"),
    "pipe": (pipe, "a pipe or a device"),
    "other archive": (other_archive, "it is not a recording of a vCenter: it has no file 0000-ServiceInstance"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_is_no_recording_is_refused_with_a_sentence(name: str, tmp_path: Path, capsys: Capture) -> None:
    make, problem = ARCHIVES[name]
    make(tmp_path / "vc.tar.xz")
    assert_refused(tmp_path / "vc.tar.xz", problem, capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vc.tar.xz"]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<ObjectContent><obj type="Folder">&b;</obj></ObjectContent>"""
EXTERNAL = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<ObjectContent><obj type="Folder">&a;</obj></ObjectContent>"""
NUMBER = recordings.structure("DatastoreSummary", "<capacity>many</capacity>")

CONTENTS: dict[str, tuple[str, bytes, str]] = {
    "no XML": ("0077-Folder-group-d9.xml", b"hello", "it is not XML"),
    "cut XML": ("0077-Folder-group-d9.xml", b"<ObjectContent><obj", "it is not XML"),
    "entity bomb": ("0077-Folder-group-d9.xml", BOMB, "it declares a document type"),
    "entity with a file": ("0077-Folder-group-d9.xml", EXTERNAL, "it declares a document type"),
    "UTF-16": ("0077-Folder-group-d9.xml", "<x/>".encode("utf-16"), "it is not text in UTF-8"),
    "another document": ("0077-Folder-group-d9.xml", b"<html><body/></html>", "it is not an object of vSphere"),
    "deep": ("0077-Folder-group-d9.xml", b"<a>" * 100_000 + b"</a>" * 100_000, "it is not an object of vSphere"),
    "number": (
        "0077-Datastore-datastore-9.xml",
        recordings.content_of("Datastore", "datastore-9", {"summary": NUMBER}).encode(),
        "invalid literal",
    ),
    "JSON": ("mhv-tui.json", b"[1]", "it contains no JSON object"),
    "JSON without parts": ("mhv-tui.json", b"{}", "made_at, vcenter.host"),
    "JSON of other types": (*about(privileges=[{"objects": 1}]).popitem(), "privileges[0]"),
    "JSON of depth": ("mhv-tui.json", b"[" * 100_000, "cannot be used"),
    "JSON with another time": (*about(made_at="yesterday").popitem(), "cannot be used"),
    "JSON of the year 1": (*about(made_at="0001-01-01T00:00:00+00:00").popitem(), "no time that a clock can have"),
    "JSON with a number": (*about(answers={"vcenter": 1}).popitem(), "answers.vcenter is missing or has a wrong type"),
    "JSON with null": (*about(made_at=None, answers=None).popitem(), "made_at is missing or has a wrong type"),
    "JSON with infinity": (*about(skew=float("inf")).popitem(), "no time that a clock can have"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_damaged_file_of_a_recording_is_named(name: str, tmp_path: Path, capsys: Capture) -> None:
    file, content, problem = CONTENTS[name]
    scene = recordings.written(tmp_path / "vc", {file: content})
    assert_refused(scene, problem, capsys)
    assert file in _refusal(scene, capsys)


def test_an_empty_directory_is_no_recording(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "vc").mkdir()
    assert_refused(tmp_path / "vc", "it is not a recording of a vCenter", capsys)


def assert_refused(scene: Path, problem: str, capsys: Capture) -> None:
    lines = _refusal(scene, capsys).splitlines()
    assert problem in lines[0] and lines[0].startswith(f"mhv-tui: {scene}: ")
    assert len(lines) == 2 and lines[1].startswith("  remedy: ")


def _refusal(scene: Path, capsys: Capture) -> str:
    capsys.readouterr()
    assert cli.main(["check", "--demo", "--scene", str(scene)]) == 2
    return capsys.readouterr().err
