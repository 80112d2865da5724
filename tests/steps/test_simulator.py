"""The first pages against a real vCenter API: the lab's simulator, by the real adapter. The cloud is the simulated one.

Each fault is a world of its own in the simulator; each change is made, seen and taken back there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.answerfile import parse_text
from mhv_tui.core.answers import Trust
from mhv_tui.core.context import Context
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.check import Overrides, StepResult, check_steps
from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator
from tests.steps.worlds import PAGES, SCHEMA

pytestmark = pytest.mark.vcenter

USER = '[[user]]\nname = "administrator@vsphere.local"\npassword = "VMware1!"\n'
WORLD = """
[vcenter]
name = "vcenter.lab.test"
{vcenter}
{users}
[[datacenter]]
name = "DC0"
    [[datacenter.cluster]]
    name = "DC0_C0"
    {cluster}
    {hosts}
    [[datacenter.datastore]]
    name = "nfs-gold"
    type = "NFS"
    capacity_gb = 1024
    free_gb = 768
    {datastore}
    [[datacenter.datastore]]
    name = "local-esx1"
    type = "VMFS"
    hosts = ["esx1.lab.test"]
    capacity_gb = 128
    free_gb = 100
    [[datacenter.switch]]
    name = "DVS0"
    {switch}
    {more}
"""
SOUND = {
    "vcenter": "",
    "users": USER,
    "cluster": "drs = true",
    "hosts": 'hosts = ["esx1.lab.test", "esx2.lab.test"]',
    "datastore": "",
    "switch": "",
    "more": "",
}
STANDARD = {"port_group": "br100", "kind": "standard", "switch": "vSwitch0", "vlan_id": 100}
DISTRIBUTED = {"port_group": "vmware-net", "kind": "distributed", "dvs": "DVS0", "vlan_id": 200}
HERE = '[[datacenter.portgroup]]\nname = "br100"\nvlan = 100'
TWICE = """
[[datacenter]]
name = "DC1"
    [[datacenter.cluster]]
    name = "DC0_C0"
    hosts = ["esx7.lab.test"]
"""
MACHINE = (
    '[[datacenter.vm]]\nname = "build-7"\nhost = "esx1.lab.test"\ndatastore = "nfs-gold"\nportgroup = "VM Network"'
)
HOST = 'host = [{{ name = "esx1.lab.test" }}, {{ name = "esx2.lab.test", {} }}]'
LIMITED = '{}deny = ["{}"]\n'


def host(**said: str) -> str:
    """Two hosts, of which the second differs."""
    return HOST.format(", ".join(f"{key} = {value}" for key, value in said.items()))


DRIFTED = """host = [
    { name = "esx1.lab.test", portgroup = [{ name = "br100", vlan = 100 }] },
    { name = "esx2.lab.test", portgroup = [{ name = "br100", vlan = 7 }] },
]"""

FAULTS: Sequence[tuple[str, str, dict[str, str], dict[str, dict[str, Any]]]] = (
    ("VC08", "failure", {"vcenter": "clock_skew = 900.0"}, {}),
    ("VC09", "failure", {"vcenter": 'api_type = "HostAgent"'}, {}),
    ("VC10", "failure", {"vcenter": 'version = "5.0.0"'}, {}),
    ("VC12", "failure", {"users": LIMITED.format(USER, "Sessions.ValidateSession")}, {}),
    ("VC12", "failure", {"users": LIMITED.format(USER, "Resource.AssignVMToPool")}, {}),
    ("VC12", "failure", {"users": LIMITED.format(USER, "Datastore.AllocateSpace")}, {}),
    ("VC12", "failure", {"users": LIMITED.format(USER, "DVPortgroup.Create")}, {}),
    ("VC14", "failure", {"users": LIMITED.format(USER, "Extension.Register")}, {}),
    ("CL01", "failure", {}, {"cluster": {"path": "DC0_X0"}}),
    ("CL02", "failure", {"more": TWICE}, {}),
    ("CL03", "failure", {"more": '[[datacenter.cluster]]\nname = "EMPTY"'}, {"cluster": {"path": "/DC0/host/EMPTY"}}),
    ("CL04", "warning", {"hosts": host(maintenance="true")}, {}),
    ("CL04", "warning", {"hosts": host(state='"notResponding"')}, {}),
    ("CL05", "failure", {"cluster": "drs = false"}, {}),
    ("CL06", "failure", {"cluster": 'drs = true\ndrs_behavior = "manual"'}, {}),
    ("CL09", "warning", {"more": MACHINE}, {}),
    ("DS01", "failure", {}, {"datastore": {"names": ("nfs-silver",)}}),
    ("DS04", "failure", {}, {"datastore": {"names": ("local-esx1",)}}),
    ("DS05", "failure", {"datastore": "accessible = false"}, {}),
    ("DS05", "failure", {"datastore": 'maintenance = "inMaintenance"'}, {}),
    ("DS08", "warning", {}, {"datastore": {"names": ("nfs-gold", "local-esx1")}}),
    ("NW04", "failure", {"switch": 'portgroup = [{ name = "vmware-net-old", binding = "ephemeral" }]'}, {}),
    ("NW05", "failure", {"switch": 'portgroup = [{ name = "vmware-net", vlan = 200, binding = "earlyBinding" }]'}, {}),
    ("NW06", "failure", {"switch": 'hosts = ["esx1.lab.test"]'}, {}),
    ("NW07", "failure", {"hosts": DRIFTED}, {"network": STANDARD}),
    ("NW09", "failure", {}, {"network": {**STANDARD, "switch": "vSwitch9"}}),
    ("NW09", "failure", {}, {"network": {**DISTRIBUTED, "dvs": "DVS9"}}),
    ("NW15", "warning", {"hosts": host(vswitch='[{ name = "vSwitch0", pnics = [] }]')}, {"network": STANDARD}),
    ("NW17", "failure", {"more": HERE}, {"network": {**STANDARD, "vlan_id": 5}}),
    ("NW17", "failure", {"switch": 'portgroup = [{ name = "vmware-net", vlan = 7, binding = "ephemeral" }]'}, {}),
)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = simulator.start(simulator.SAMPLE, directory=tmp_path_factory.mktemp("vcenter"))
    yield running
    simulator.stop(running)


class Both:
    """A vCenter of one world and everything else of another."""

    def __init__(self, real: RealBackend, demo: DemoBackend) -> None:
        self.certificate, self.vcenter = real.certificate, real.vcenter
        self.cloud, self.local, self.node, self.host_key = demo.cloud, demo.local, demo.node, demo.host_key
        self.now, self.sleep, self.close = real.now, real.sleep, real.close


@pytest.fixture
def begin(sim: Simulator, tmp_path: Path) -> Iterator[Any]:
    """A context in a world of the simulator, with answers of some pages replaced."""
    opened: list[Both] = []

    def context(said: dict[str, str] | None = None, replaced: dict[str, dict[str, Any]] | None = None) -> Context:
        simulator.control(sim, "POST", "/inventory", WORLD.format(**{**SOUND, **(said or {})}))
        document = {k: v for k, v in answers_of("article").items() if k in SCHEMA or k == "mhv_answers"}
        answers = parse_text(tomli_w.dumps(document), SCHEMA)
        login = {"host": sim.host, "port": sim.port, "username": "administrator@vsphere.local"}
        answers = answers.replace("vcenter", **login, trust=Trust("sha256", sim.sha256))
        for page, changed in (replaced or {}).items():
            answers = answers.replace(page, **changed)
        vault = Vault()
        vault.put(answers.tables["vcenter"].password, "VMware1!")
        world: Any = Both(RealBackend(vault), DemoBackend(tmp_path / "world.json"))
        opened.append(world)
        return Context(world, Target("", answers), "s1", trial_allowed=answers.tables["network"].kind == "distributed")

    yield context
    for world in opened:
        with suppress(Exception):
            world.close()


def look(ctx: Context, overrides: Overrides | None = None, verifying: bool = False) -> list[StepResult]:
    return check_steps(PAGES, ctx, lambda event: None, overrides=overrides, verifying=verifying)


def codes(looks: Sequence[StepResult], level: str) -> set[str]:
    return {f.code for seen in looks for f in seen.findings if f.level == level}


def changes(looks: Sequence[StepResult]) -> list[Any]:
    return [change for seen in looks for change in seen.plan]


@pytest.mark.parametrize("network", (STANDARD, DISTRIBUTED), ids=("standard", "distributed"))
def test_a_sound_world_lacks_its_port_group_alone(begin: Any, network: dict[str, Any]) -> None:
    looks = look(begin(replaced={"network": network}))
    assert [(f.code, f.detail) for seen in looks for f in seen.findings if f.level == "failure"] == []
    assert codes(looks, "missing") == {"NW03"}
    assert codes(looks, "unknown") == (set() if network is DISTRIBUTED else {"NW02"})


@pytest.mark.parametrize(("code", "level", "said", "replaced"), FAULTS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_fault_is_told_by_its_code(
    begin: Any, code: str, level: str, said: dict[str, str], replaced: dict[str, dict[str, Any]]
) -> None:
    looks = look(begin(said, replaced))
    shown = [(f.code, f.level, f.detail) for seen in looks for f in seen.findings if f.level in ("failure", "warning")]
    assert code in codes(looks, level), shown


@pytest.mark.parametrize("network", (STANDARD, DISTRIBUTED), ids=("standard", "distributed"))
def test_port_groups_are_made_seen_and_taken_back(begin: Any, network: dict[str, Any]) -> None:
    ctx = begin(replaced={"network": network})
    planned = changes(look(ctx))
    assert len(planned) == (2 if network is STANDARD else 1)
    receipts = []
    for change in planned:
        before = change.before(ctx)
        receipts.append((change, {**before, **change.apply(ctx, before)}))
    verified = look(ctx, verifying=True)
    assert codes(verified, "failure") == set()
    assert changes(verified) == []
    for change, receipt in reversed(receipts):
        change.undo(ctx, receipt)
    assert changes(look(ctx)) == planned


@pytest.mark.parametrize("said", ("drs = false", 'drs = true\ndrs_behavior = "manual"'))
def test_drs_is_mended_and_set_back(begin: Any, said: str) -> None:
    ctx = begin({"cluster": said})
    overrides = Overrides(frozenset({"CL05", "CL06"}))
    (fix,) = [change for change in changes(look(ctx, overrides)) if change.id.startswith("drs:")]
    before = fix.before(ctx)
    fix.apply(ctx, before)
    assert codes(look(ctx), "failure") == set()
    fix.undo(ctx, before)
    assert codes(look(ctx), "failure") == {"CL05" if "false" in said else "CL06"}


def test_openstacks_own_machines_are_no_foreigners(begin: Any) -> None:
    mark = 'extra_config = { "nvp.vm-uuid" = "00000000-0000-0000-0000-000000000000" }'
    assert "CL09" in codes(look(begin({"more": f"{MACHINE}\n{mark}"})), "ok")


@pytest.mark.parametrize("trust", (Trust("system"), Trust("ca_file", "/etc/ssl/certs/none.pem")))
def test_its_own_authority_is_trusted_by_nobody(begin: Any, trust: Trust) -> None:
    looks = look(begin(replaced={"vcenter": {"trust": trust}}))
    assert codes(looks, "failure") == {"VC03"}
    assert all(f.code == "WZ10" for seen in looks[2:] for f in seen.findings)


def test_its_own_authority_may_be_given(begin: Any, sim: Simulator) -> None:
    looks = look(begin(replaced={"vcenter": {"trust": Trust("ca_file", str(sim.pem))}}))
    assert codes(looks, "failure") <= {"VC04"}
    assert "VC03" in codes(looks, "ok")


def test_another_pin_is_refused_without_a_login(begin: Any) -> None:
    looks = look(begin(replaced={"vcenter": {"trust": Trust("sha256", "AA:" * 31 + "AA")}}))
    assert codes(looks, "failure") == {"VC05"}


def test_a_wrong_password_is_tried_once(begin: Any, sim: Simulator) -> None:
    ctx = begin()
    wrong = Vault()
    wrong.put(ctx.answers.tables["vcenter"].password, "wrong")
    ctx = replace(ctx, backend=_with(ctx.backend, RealBackend(wrong)))
    assert codes(look(ctx), "failure") == {"VC07"}
    assert codes(look(ctx), "failure") == {"VC07"}


def _with(world: Any, real: RealBackend) -> Any:
    world.certificate, world.vcenter = real.certificate, real.vcenter
    return world
