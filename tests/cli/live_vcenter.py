"""A vCenter of the lab to record, and the findings of a check of it: live, or in its recording."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

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
from mhv_tui.lab.simulator import Simulator
from mhv_tui.steps import FLOW

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
trust = {trust}
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


def answers_for(sim: Simulator, path: Path, kind: str = "standard", trust: str = "") -> Path:
    """The answers for a port group of this kind. By default the certificate is pinned."""
    port_group, own_kind, more = PORT_GROUPS[kind]
    values = {"host": sim.host, "port": sim.port, "trust": trust or f'{{ sha256 = "{sim.sha256}" }}'}
    path.write_text(ANSWERS.format(**values, port_group=port_group, kind=own_kind, more=more))
    return path


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
