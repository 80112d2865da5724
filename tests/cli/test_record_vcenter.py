"""`mhv-tui record` with the lab's vCenter: the recording has no secret, and checks find in it what they find live."""

from __future__ import annotations

import json
import lzma
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import cli
from mhv_tui.adapters.backend import RealBackend
from mhv_tui.cli.setup import schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.ports import Backend, Vcenter
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import single_target
from mhv_tui.core.vsphere import Certificate, VcenterLogin
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of, demo_secrets
from mhv_tui.engine.check import Overrides
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import open_session
from mhv_tui.engine.stop import Stop
from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator
from mhv_tui.steps import FLOW
from tests.lab.vcenter_client import close_connections, connect, fault, load_inventory, state, wait

pytestmark = pytest.mark.vcenter

Capture = pytest.CaptureFixture[str]
STEPS = ("vcenter", "cluster", "datastore", "network")
PASSWORD = "Limited-1!"

INVENTORY = """
[vcenter]
name = "vc.acme.test"

[[user]]
name = "administrator@vsphere.local"
password = "VMware1!"

[[user]]
name = "nova@acme.test"
password = "Limited-1!"
deny = ["Extension.Register"]
at = [{ path = "/Berlin/host/gold/esx2.acme.test", deny = ["Host.Config.Network"] }]

[[license]]
key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
name = "vSphere 8 Standard"
edition = "esx.standard.cpuPackage"
features = ["vmotion"]

[[datacenter]]
name = "Berlin"

    [[datacenter.cluster]]
    name = "gold"
    drs = false
    hosts = ["esx1.acme.test", "esx2.acme.test"]
    host = [{ name = "esx3.acme.test", state = "notResponding" }]

    [[datacenter.cluster]]
    name = "silver"
    drs = true
    hosts = ["esx4.acme.test"]

    [[datacenter.datastore]]
    name = "nfs-fast"
    type = "NFS"
    capacity_gb = 1024
    free_gb = 700

    [[datacenter.datastore]]
    name = "local-esx1"
    type = "VMFS"
    hosts = ["esx1.acme.test"]
    capacity_gb = 128
    free_gb = 100

    [[datacenter.switch]]
    name = "east"
    portgroup = [{ name = "tenants", vlan = 100, binding = "earlyBinding", ports = 8 }]

    [[datacenter.portgroup]]
    name = "br100"
    vlan = 100

    [[datacenter.vm]]
    name = "payroll"
    host = "esx1.acme.test"
    datastore = "nfs-fast"
    portgroup = "br100"
    on = true
    extra_config = { "nvp.vm-uuid" = "00000000-0000-0000-0000-000000000001", "guestinfo.admin" = "S3cret-extra" }
"""
NAMES = ("acme", "Berlin", "gold", "esx1", "payroll", "nfs-fast", "east", "tenants")

ANSWERS = """mhv_answers = 1
[vcenter]
host = "{host}"
port = {port}
username = "nova@acme.test"
password = {{ env = "MHV_TEST_PASSWORD" }}
trust = {{ sha256 = "{sha256}" }}
[cluster]
path = "/Berlin/host/gold"
[datastore]
names = ["nfs-fast", "local-esx1"]
[network]
port_group = "{port_group}"
kind = "{kind}"
{more}
"""
PORT_GROUPS = {
    "standard": ("br100", "standard", 'switch = "vSwitch0"\nvlan_id = 100'),
    "distributed": ("tenants", "distributed", 'dvs = "east"\nvlan_id = 200'),
}


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


def answers_for(sim: Simulator, path: Path, kind: str = "standard") -> Path:
    port_group, own_kind, more = PORT_GROUPS[kind]
    values = {"host": sim.host, "port": sim.port, "sha256": sim.sha256}
    path.write_text(ANSWERS.format(**values, port_group=port_group, kind=own_kind, more=more))
    return path


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


class LiveVcenter(DemoBackend):
    """The default scene, but with a real vCenter."""

    def __init__(self, path: Path, vault: Vault) -> None:
        super().__init__(path, "article", vault)
        self._live = RealBackend(vault)

    def certificate(self, host: str, port: int, ca_file: str = "") -> Certificate:
        return self._live.certificate(host, port, ca_file)

    def vcenter(self, login: VcenterLogin) -> Vcenter:
        return self._live.vcenter(login)

    def now(self) -> datetime:
        return self._live.now()

    def close(self) -> None:
        self._live.close()
        super().close()


Row = tuple[str, str, str, str]


def found_by(backend: Backend, answers: Answers) -> list[Row]:
    """(step, code, level, detail) of every finding about the vCenter."""
    context = Context(backend, single_target(answers), "record")
    overrides = Overrides.of(answers, backend.now().date())
    run = Run(FLOW, context, open_session("record"), lambda event: None, Stop(), overrides)
    run.check()
    backend.close()
    return sorted((step, f.code, f.level, f.detail) for (_, step), f in run.findings() if step in STEPS)


def found_live(file: Path, directory: Path) -> list[Row]:
    own = answerfile.read(file, schema())
    base = answers_of("article")
    tables = {step: table for step, table in base.items() if step not in STEPS}
    document = {**tables, **{step: answerfile.document_of(own)[step] for step in STEPS}}
    answers = answerfile.parse_text(answerfile.dumps(document), schema())
    return found_by(LiveVcenter(directory / "live.json", Vault(demo_secrets("article").get)), answers)


def found_recorded(recording: Path, directory: Path) -> list[Row]:
    scene = str(recording)
    answers = answerfile.parse_text(answerfile.dumps(answers_of(scene)), schema())
    return found_by(DemoBackend(directory / f"{recording.name}.json", scene), answers)


def judged(rows: list[Row]) -> list[tuple[str, str, str]]:
    return sorted((step, code, level) for step, code, level, _ in rows)


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
