"""The first pages against a real vCenter API: the lab's simulator, by the real adapter. The cloud is the simulated one.

Each fault is a simulated vCenter of its own; each change is made, detected and undone.
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
from tests.steps.case_world import PAGES, SCHEMA

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


def host(**fields: str) -> str:
    """Two hosts; `fields` are those of the second."""
    return HOST.format(", ".join(f"{key} = {value}" for key, value in fields.items()))


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
    """Makes a context with a simulated vCenter, with some answers replaced."""
    opened: list[Both] = []

    def context(inventory: dict[str, str] | None = None, replaced: dict[str, dict[str, Any]] | None = None) -> Context:
        simulator.control(sim, "POST", "/inventory", WORLD.format(**{**SOUND, **(inventory or {})}))
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


def check_all(ctx: Context, overrides: Overrides | None = None, verifying: bool = False) -> list[StepResult]:
    return check_steps(PAGES, ctx, lambda event: None, overrides=overrides, verifying=verifying)


def codes(results: Sequence[StepResult], level: str) -> set[str]:
    return {f.code for result in results for f in result.findings if f.level == level}


def changes(results: Sequence[StepResult]) -> list[Any]:
    return [change for result in results for change in result.plan]


@pytest.mark.parametrize("network", (STANDARD, DISTRIBUTED), ids=("standard", "distributed"))
def test_only_the_port_group_is_missing_in_a_good_vcenter(begin: Any, network: dict[str, Any]) -> None:
    results = check_all(begin(replaced={"network": network}))
    assert [(f.code, f.detail) for result in results for f in result.findings if f.level == "failure"] == []
    assert codes(results, "missing") == {"NW03"}
    assert codes(results, "unknown") == (set() if network is DISTRIBUTED else {"NW02"})


@pytest.mark.parametrize(
    ("code", "level", "inventory", "replaced"), FAULTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_fault_has_its_code(
    begin: Any, code: str, level: str, inventory: dict[str, str], replaced: dict[str, dict[str, Any]]
) -> None:
    results = check_all(begin(inventory, replaced))
    shown = [
        (f.code, f.level, f.detail) for result in results for f in result.findings if f.level in ("failure", "warning")
    ]
    assert code in codes(results, level), shown


@pytest.mark.parametrize("network", (STANDARD, DISTRIBUTED), ids=("standard", "distributed"))
def test_port_groups_are_created_detected_and_removed(begin: Any, network: dict[str, Any]) -> None:
    ctx = begin(replaced={"network": network})
    planned = changes(check_all(ctx))
    assert len(planned) == (2 if network is STANDARD else 1)
    receipts = []
    for change in planned:
        before = change.before(ctx)
        receipts.append((change, {**before, **change.apply(ctx, before)}))
    verified = check_all(ctx, verifying=True)
    assert codes(verified, "failure") == set()
    assert changes(verified) == []
    for change, receipt in reversed(receipts):
        change.undo(ctx, receipt)
    assert changes(check_all(ctx)) == planned


@pytest.mark.parametrize("inventory", ("drs = false", 'drs = true\ndrs_behavior = "manual"'))
def test_drs_is_fixed_and_restored(begin: Any, inventory: str) -> None:
    ctx = begin({"cluster": inventory})
    overrides = Overrides(frozenset({"CL05", "CL06"}))
    (fix,) = [change for change in changes(check_all(ctx, overrides)) if change.id.startswith("drs:")]
    before = fix.before(ctx)
    fix.apply(ctx, before)
    assert codes(check_all(ctx), "failure") == set()
    fix.undo(ctx, before)
    assert codes(check_all(ctx), "failure") == {"CL05" if "false" in inventory else "CL06"}


def test_openstacks_own_machines_do_not_count_as_foreign(begin: Any) -> None:
    mark = 'extra_config = { "nvp.vm-uuid" = "00000000-0000-0000-0000-000000000000" }'
    assert "CL09" in codes(check_all(begin({"more": f"{MACHINE}\n{mark}"})), "ok")


@pytest.mark.parametrize("trust", (Trust("system"), Trust("ca_file", "/etc/ssl/certs/none.pem")))
def test_its_own_authority_is_not_trusted(begin: Any, trust: Trust) -> None:
    results = check_all(begin(replaced={"vcenter": {"trust": trust}}))
    assert codes(results, "failure") == {"VC03"}
    assert all(f.code == "WZ10" for result in results[2:] for f in result.findings)


def test_its_own_authority_can_be_a_ca_file(begin: Any, sim: Simulator) -> None:
    results = check_all(begin(replaced={"vcenter": {"trust": Trust("ca_file", str(sim.pem))}}))
    assert codes(results, "failure") <= {"VC04"}
    assert "VC03" in codes(results, "ok")


def test_another_pin_is_refused_without_a_login(begin: Any) -> None:
    results = check_all(begin(replaced={"vcenter": {"trust": Trust("sha256", "AA:" * 31 + "AA")}}))
    assert codes(results, "failure") == {"VC05"}


def test_a_wrong_password_is_tried_once(begin: Any, sim: Simulator) -> None:
    ctx = begin()
    wrong = Vault()
    wrong.put(ctx.answers.tables["vcenter"].password, "wrong")
    ctx = replace(ctx, backend=_with(ctx.backend, RealBackend(wrong)))
    assert codes(check_all(ctx), "failure") == {"VC07"}
    assert codes(check_all(ctx), "failure") == {"VC07"}


def _with(world: Any, real: RealBackend) -> Any:
    world.certificate, world.vcenter = real.certificate, real.vcenter
    return world
