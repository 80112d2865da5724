"""`mhv-tui record` with the lab's vCenter: the recording has no secret, and checks find in it what they find live."""

from __future__ import annotations

import json
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import cli
from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator
from tests.cli.live_vcenter import (
    INVENTORY,
    NAMES,
    PASSWORD,
    PORT_GROUPS,
    answers_for,
    found_live,
    found_recorded,
    judged,
)
from tests.lab.vcenter_client import close_connections, connect, fault, load_inventory, state, wait

pytestmark = pytest.mark.vcenter

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    directory = tmp_path_factory.mktemp("vcenter")
    (directory / "inventory.toml").write_text(INVENTORY)
    running = simulator.start(directory / "inventory.toml", directory=directory)
    yield running
    simulator.stop(running)


@pytest.fixture(autouse=True)
def password(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MHV_TEST_PASSWORD", PASSWORD)
    load_inventory(sim)
    yield
    close_connections()


def recorded(answers: Path, path: Path, *options: str) -> Path:
    assert cli.main(["record", str(answers), "--output", str(path), *options]) == 0
    return path


def texts(path: Path) -> str:
    """Everything in a recording, as one text."""
    if path.is_dir():
        return "".join(file.read_text() for file in sorted(path.iterdir()))
    with tarfile.open(path) as archive:
        members = (archive.extractfile(member) for member in archive if member.isfile())
        return "".join(file.read().decode() for file in members if file)


@pytest.mark.parametrize("kind", PORT_GROUPS)
def test_a_check_of_the_recording_finds_what_a_live_check_finds(kind: str, sim: Simulator, tmp_path: Path) -> None:
    file = answers_for(sim, tmp_path / "prod.toml", kind)
    live = found_live(file, tmp_path)
    levels = {(code, level) for _, code, level, _ in live}
    assert {("CL05", "failure"), ("VC14", "failure")} <= levels and len(live) > 35
    assert found_recorded(recorded(file, tmp_path / "vc.tar.xz"), tmp_path) == live
    anonymous = recorded(file, tmp_path / "other", "--anonymize")
    assert judged(found_recorded(anonymous, tmp_path)) == judged(live)
    assert [name for name in NAMES if name.lower() in texts(anonymous).lower()] == []


@pytest.mark.parametrize("trust", ['{{ ca_file = "{pem}" }}', '"insecure"'])
def test_the_recording_keeps_how_the_certificate_is_trusted(trust: str, sim: Simulator, tmp_path: Path) -> None:
    file = answers_for(sim, tmp_path / "prod.toml", trust=trust.format(pem=sim.pem))
    live = [row for row in found_live(file, tmp_path) if row[0] == "vcenter"]
    in_recording = found_recorded(recorded(file, tmp_path / "vc"), tmp_path)
    assert [row for row in in_recording if row[0] == "vcenter"] == live


def test_the_lab_loads_the_recording_and_a_check_finds_the_same(sim: Simulator, tmp_path: Path) -> None:
    live = found_live(answers_for(sim, tmp_path / "prod.toml"), tmp_path)
    recording = recorded(tmp_path / "prod.toml", tmp_path / "vc")
    users, _, _ = INVENTORY.partition("[[license]]")
    (tmp_path / "users.toml").write_text(users)
    copy = simulator.start(tmp_path / "users.toml", directory=tmp_path / "copy", recording=recording)
    try:
        loaded = found_live(answers_for(copy, tmp_path / "copy.toml"), tmp_path)
    finally:
        simulator.stop(copy)
    anonymous = recorded(tmp_path / "prod.toml", tmp_path / "other", "--anonymize")
    copy = simulator.start(simulator.RECORDED, directory=tmp_path / "copy", recording=anonymous)
    simulator.stop(copy)
    assert len(copy.hosts) == 5 and not any("acme" in name for name in copy.hosts)
    assert judged(loaded) == judged(live)
    assert [row for row in loaded if row[0] != "vcenter"] == [row for row in live if row[0] != "vcenter"]


def sorted_state(sim: Simulator) -> dict[str, str]:
    """The state of the vCenter; the order of its lists has no meaning."""
    rows = state(sim).items()
    return {key: str(sorted(map(str, value)) if isinstance(value, list) else value) for key, value in rows}


def test_record_logs_in_once_and_changes_nothing(sim: Simulator, tmp_path: Path) -> None:
    before = sorted_state(sim)
    recorded(answers_for(sim, tmp_path / "prod.toml"), tmp_path / "vc")
    after = sorted_state(sim)
    assert state(sim)["logins"]["nova@acme.test"] == {"ok": 1, "failed": 0}
    counters = {"logins", "calls", "sessions"}
    assert [key for key in after if after[key] != before[key] and key not in counters] == []


def test_no_secret_of_the_inventory_is_recorded(sim: Simulator, tmp_path: Path, capsys: Capture) -> None:
    """Passwords in extra configuration, annotations and vApp properties, a licence key, sessions, our own password."""
    from pyVmomi import vim

    content = connect(sim).RetrieveContent()
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    (machine,) = view.view
    spec = vim.vm.ConfigSpec(annotation="root password: S3cret-note")
    spec.extraConfig = [vim.option.OptionValue(key="guestinfo.userdata", value="S3cret-userdata")]
    spec.vAppConfig = vim.vApp.VmConfigSpec()
    spec.vAppConfig.property = [
        vim.vApp.PropertySpec(operation="add", info=vim.vApp.PropertyInfo(key=1, id="pw", value="S3cret-vapp"))
    ]
    wait(machine.ReconfigVM_Task(spec))
    path = recorded(answers_for(sim, tmp_path / "prod.toml"), tmp_path / "vc")
    text = texts(path) + "".join(capsys.readouterr())
    absent = ("S3cret", "guestinfo", PASSWORD, "VMware1!", "AAAAA-BBBBB", "sessionList", "recentTask")
    assert [word for word in absent if word in text] == []
    assert "nvp.vm-uuid" in text and "vSphere 8 Standard" in text


def test_what_the_login_may_not_read_is_noted_and_the_rest_recorded(
    sim: Simulator, tmp_path: Path, capsys: Capture
) -> None:
    fault(sim, method="FetchUserPrivilegeOnEntities", fault="NoPermission", count=1)
    path = recorded(answers_for(sim, tmp_path / "prod.toml"), tmp_path / "vc")
    assert "not readable for this login: privileges (VC12), 1 object" in capsys.readouterr().err
    about = json.loads((path / "mhv-tui.json").read_text())
    assert about["unreadable"] == [{"what": "privileges", "fault": "VC12", "objects": 1}]
    assert about["privileges"] == []
    kinds = {file.name.split("-")[1] for file in path.glob("*.xml")}
    assert {"HostSystem", "VirtualMachine", "Datastore", "DistributedVirtualPortgroup"} <= kinds


def test_a_fault_in_the_middle_leaves_out_only_these_objects(sim: Simulator, tmp_path: Path, capsys: Capture) -> None:
    rule = {"method": "RetrievePropertiesEx", "fault": "NoPermission", "count": 1, "skip": 12}
    fault(sim, **rule)
    path = recorded(answers_for(sim, tmp_path / "prod.toml"), tmp_path / "vc")
    assert capsys.readouterr().err.count("not readable for this login") == 1
    assert len(list(path.glob("*.xml"))) > 30


def test_a_recording_has_the_effective_privileges_and_the_certificate(sim: Simulator, tmp_path: Path) -> None:
    path = recorded(answers_for(sim, tmp_path / "prod.toml"), tmp_path / "vc.tar.xz")
    with lzma.open(path) as packed, tarfile.open(fileobj=packed) as archive:
        (member,) = [member for member in archive if member.name.endswith("mhv-tui.json")]
        file = archive.extractfile(member)
        assert file
        about: dict[str, Any] = json.load(file)
    assert about["certificate"]["sha256"] == sim.sha256
    assert about["chain"][0].strip() == sim.pem.read_text().strip()
    assert all("Extension.Register" not in row["granted"] for row in about["privileges"])
    without = [row["objects"] for row in about["privileges"] if "Host.Config.Network" not in row["granted"]]
    assert [len(objects) for objects in without] == [1]
    objects = sum(len(row["objects"]) for row in about["privileges"])
    assert objects > 12 and not any("vm-" in name for row in about["privileges"] for name in row["objects"])
