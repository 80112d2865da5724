"""The files of a recording: modes, what is replaced, and names that become pseudonyms."""

from __future__ import annotations

import json
import re
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from mhv_tui.core.errors import UsageError
from mhv_tui.domain import object_xml, recording
from mhv_tui.export.recording import StoredObject, check_target, files, stored, write
from mhv_tui.export.recording_names import RecordingNames
from tests import recordings

ABOUT: dict[str, Any] = {
    "made_at": "2026-05-01T12:00:00+00:00",
    "vcenter": {"host": "vc.acme.test", "port": 443, "username": "nova@acme.test"},
    "certificate": {"sha256": "AB:CD:" * 15 + "AB:CD", "names": ["vc.acme.test"], "issuer": "CN=Acme Root"},
    "privileges": [{"objects": ["group-d1"], "granted": ["Datastore.Browse"]}],
    "answers": {"cluster": {"path": "/Berlin/host/compute-gold"}, "network": {"port_group": "tenants/gold"}},
}


def elements() -> Iterator[Element]:
    for content in recordings.files().values():
        element = object_xml.parsed(content)
        recording.clean(element)
        yield element


def rows() -> list[StoredObject]:
    return [stored(element) for element in elements()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_and_its_files_are_private(tmp_path: Path) -> None:
    write(tmp_path / "vc", files(rows(), ABOUT))
    names = sorted(path.name for path in (tmp_path / "vc").iterdir())
    assert names[0] == recording.FIRST and names[-1] == recording.ABOUT
    assert len(names) == len(recordings.OBJECTS) + 1
    assert mode(tmp_path / "vc") == 0o700
    assert {mode(path) for path in (tmp_path / "vc").iterdir()} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["vc"]


def test_a_packed_recording_is_one_private_file(tmp_path: Path) -> None:
    write(tmp_path / "vc.tar.xz", files(rows(), ABOUT))
    assert mode(tmp_path / "vc.tar.xz") == 0o600
    with tarfile.open(tmp_path / "vc.tar.xz") as archive:
        names = archive.getnames()
        assert {member.mode for member in archive if member.isfile()} == {0o600}
    assert names[:2] == ["vc", f"vc/{recording.FIRST}"] and names[-1] == f"vc/{recording.ABOUT}"


@pytest.mark.parametrize("name", ["vc", "vc.tar.xz"])
def test_an_existing_recording_is_replaced_only_if_that_is_requested(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write(path, files(rows(), ABOUT))
    with pytest.raises(UsageError, match="exists already"):
        check_target(path, replace=False)
    check_target(path, replace=True)
    write(path, files(rows()[:3], ABOUT))
    assert [other.name for other in tmp_path.iterdir()] == [name]
    if path.is_dir():
        assert len(list(path.iterdir())) == 4


def test_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "letter.txt").write_text("Dear")
    (tmp_path / "link").symlink_to(tmp_path / "documents")
    for name in ("documents", "link"):
        with pytest.raises(UsageError, match="is not a recording"):
            check_target(tmp_path / name, replace=True)
    with pytest.raises(UsageError, match="is not a directory"):
        check_target(tmp_path / "nowhere" / "vc", replace=True)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[tuple[str, bytes]]:
        yield recording.FIRST, b"<x/>"
        raise OSError(28, "No space left on device")

    for name in ("vc", "vc.tar.xz"):
        with pytest.raises(OSError, match="No space"):
            write(tmp_path / name, failing())
    assert list(tmp_path.iterdir()) == []


NAMES = ("acme", "berlin", "gold", "esx1", "payroll", "salaries", "batch", "east", "filer", "tenants")
OCTETS = "00:50:56:aa:bb:cc"
UUIDS = ("7c9fd2c1-8a5e-4d4f-9a26-0f5a5c7d9e31", "00000000-0000-0000-0000-000000000007")


def test_an_anonymised_recording_has_no_name_and_no_address() -> None:
    names = RecordingNames(elements(), ABOUT)
    document = json.dumps(names.document(ABOUT))
    text = "".join(_replaced(names, element) for element in elements())
    assert [name for name in NAMES if name in text.lower() or name in document.lower()] == []
    assert [word for word in (OCTETS, *UUIDS, "AB:CD:AB:CD") if word in text + document] == []


def test_an_anonymised_recording_keeps_ids_terms_and_what_belongs_together() -> None:
    names = RecordingNames(elements(), ABOUT)
    by_id = {object_xml.identity(element): element for element in elements()}
    for element in by_id.values():
        names.replace(element)
    assert list(by_id) == [object_xml.identity(element) for element in elements()]

    def name(kind: str, moid: str) -> str:
        return object_xml.properties(by_id[kind, moid])["name"].text or ""

    machine = object_xml.properties(by_id["VirtualMachine", "vm-50"])
    assert machine["runtime"].findtext("powerState") == "poweredOn"
    datastore = name("Datastore", "datastore-31")
    path = machine["config"].findtext("files/vmPathName") or ""
    assert path.startswith(f"[{datastore}] ") and path.endswith(".vmx")
    assert object_xml.properties(by_id["Datastore", "datastore-31"])["summary"].findtext("type") == "NFS"
    host = object_xml.properties(by_id["HostSystem", "host-9"])["config"]
    assert host.findtext("network/portgroup/spec/name") == name("Network", "network-41")
    assert host.findtext("network/portgroup/key") == f"key-vim.host.PortGroup-{name('Network', 'network-41')}"
    assert host.findtext("network/vswitch/name") == "vSwitch0"
    assert "%2f" in name("DistributedVirtualPortgroup", "dvportgroup-61")
    document = names.document(ABOUT)
    cluster, center = name("ClusterComputeResource", "domain-c7"), name("Datacenter", "datacenter-2")
    assert document["answers"] == {
        "cluster": {"path": f"/{center}/host/{cluster}"},
        "network": {"port_group": name("DistributedVirtualPortgroup", "dvportgroup-61").replace("%2f", "/")},
    }
    assert document["privileges"] == ABOUT["privileges"]
    options = object_xml.properties(by_id["OptionManager", "VpxSettings"])["setting"]
    assert options.findtext("OptionValue/value") == document["vcenter"]["host"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("esx-10.2.32.4-vmk0-vif", r"esx-198\.18\.\d+\.\d+-vmk0-vif"),
        ("10-2-32-4.cloud", r"198-18-\d+-\d+\.cloud"),
        ("0.0.0.0 127.0.0.1", r"0\.0\.0\.0 127\.0\.0\.1"),
        ("2020-12-18T14:13:47", r"2020-12-18T14:13:47"),
        ("1.3.6.1.4.1.674", r"1\.3\.6\.1\.4\.1\.674"),
    ],
)
def test_an_address_inside_a_text_is_replaced(text: str, form: str) -> None:
    names = RecordingNames([], {})
    assert re.fullmatch(form, names.text(text))
    assert names.text("10-2-32-4").replace("-", ".") == names.text("10.2.32.4")


def test_pseudonyms_of_two_recordings_of_bytes_differ() -> None:
    first, second = (RecordingNames(elements(), ABOUT).text(OCTETS) for _ in range(2))
    assert first != second and len(first) == len(OCTETS)


def _replaced(names: RecordingNames, element: Element) -> str:
    names.replace(element)
    return object_xml.text_of(element)
