"""The page `node`: each fault in an otherwise good world is found with its code; written files can be read back."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.changes.files import EditConfig, WriteFile
from mhv_tui.core.context import Context
from mhv_tui.core.machine import Package
from mhv_tui.core.secret import Revealed, Vault
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.node import DemoNode
from mhv_tui.engine.freeze import freeze, thaw
from mhv_tui.steps.node import files as node_files
from mhv_tui.steps.node.answers import VMWARE_KEYS, NodeAnswers, driver_options
from mhv_tui.steps.node.facts import NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NodeInputs
from mhv_tui.steps.node.step import STEP
from tests.steps.sentences import headless
from tests.steps.walked_world import levels, make, page, put, state

Begin = Callable[..., Context]
SECRETS = ("r4bb1t-demo", "n0va-demo", "pl4cement-demo", "n3utron-demo", "VMware1!")


@dataclass(frozen=True)
class Case:
    """A world that differs, and the finding that has to say so."""

    code: str
    level: str
    title: str
    built: bool = False
    set: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    green: list[str] | None = None
    fix: str | None = None
    plan: list[str] | None = None
    detail: str = ""
    remedy: str = ""


def cases() -> list[Case]:
    file = Path(__file__).parents[1] / "cases" / "steps" / "node.toml"
    return [Case(**row) for row in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.code} {case.title}")
def test_case(case: Case, world_of: Begin) -> None:
    green = levels(page(world_of(), "node").findings, case.code)
    assert green == (set(case.green) if case.green is not None else green & {"ok", "missing"})
    ctx = world_of(built=case.built, answers=case.answers)
    for place, value in case.set.items():
        put(ctx, place.replace("HYPERVISOR", of_vmware(ctx)), value)
    result = page(ctx, "node")
    assert headless(result.findings) == []
    findings = [f for f in result.findings if (f.code, f.level) == (case.code, case.level)]
    assert findings, [(f.code, f.level, f.detail) for f in result.findings if f.level != "ok"]
    assert any(case.detail in f.detail and case.remedy in f.remedy for f in findings), findings
    assert case.fix is None or (findings[0].fix == case.fix and case.fix in [c.id for c in result.fixes])
    assert case.plan is None or [c.id for c in result.plan] == case.plan


ANTELOPE = {"cloud": {"release": "antelope"}}
FILE = {"content": "6f7a0c3e-6c1b-4f3d-9a5e-0d4a0f6a7b11\n", "mode": 0o644, "owner": "nova", "group": "nova"}


@pytest.mark.parametrize(
    ("path", "setting", "lost"),
    (
        ("/var/lib/nova/compute_id", "", False),
        ("/etc/nova/compute_id", "", False),
        ("/srv/nova/compute_id", "state_path = /srv/nova\n", False),
        ("/srv/nova/compute_id", "", True),
    ),
)
def test_the_identity_is_found_where_nova_stores_it(path: str, setting: str, lost: bool, world_of: Begin) -> None:
    ctx = world_of(built=True, answers=ANTELOPE)
    put(ctx, f"machines > novavmware1 > files > {path}", FILE)
    put(ctx, "machines > novavmware1 > files > /etc/nova/nova.conf > content", f"+\n[DEFAULT]\n{setting}")
    assert levels(page(ctx, "node").findings, "CN14") == {"failure" if lost else "ok"}


@pytest.mark.parametrize(
    ("release", "names", "level"),
    (
        ("kilo", ("domain-c99(other)", "CLUSTER"), "ok"),
        ("kilo", ("domain-c99(other)",), None),
        ("kilo", ("domain-c99(other)", "domain-c99(NAME)"), "warning"),
        ("liberty", ("domain-c99.uuid",), "warning"),
        ("antelope", ("domain-c99.uuid",), "failure"),
    ),
)
def test_no_cluster_renames_a_node_of_several_clusters(
    release: str, names: tuple[str, ...], level: str | None, world_of: Begin
) -> None:
    ctx = world_of(built=True, answers={"cloud": {"release": release}})
    row = state(ctx)["cloud"]["hypervisors"].pop(of_vmware(ctx))
    inputs = page_view(ctx).inputs
    assert isinstance(inputs, NodeInputs)
    cluster = inputs.hypervisor_names[1]
    name = cluster.partition("(")[2].removesuffix(")")
    for number, shown in enumerate(names):
        hostname = shown.replace("CLUSTER", cluster).replace("NAME", name)
        state(ctx)["cloud"]["hypervisors"][f"h{number}"] = {**row, "hostname": hostname}
    assert levels(page(ctx, "node").findings, "CL10") == ({level} if level else set())


def page_view(ctx: Context) -> NodeView:
    view = page(ctx, "node").view
    assert view is not None
    return view


def with_facts(view: NodeView, facts: NodeFacts) -> NodeView:
    """The view of other facts, with its inputs resolved again."""
    return STEP.view(view.answers, facts, view.all_answers, view.earlier)


def of_vmware(ctx: Context) -> str:
    rows = state(ctx)["cloud"]["hypervisors"]
    return next((key for key, row in rows.items() if row["service_host"] == "novavmware1"), "")


def test_a_finished_node_has_nothing_to_do(world_of: Begin) -> None:
    result = page(world_of(built=True), "node")
    assert not result.plan
    assert {f.level for f in result.findings} == {"ok", "skipped"}


def test_a_check_surveys_each_machine_once(world_of: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for verb in ("survey", "read", "installed", "journal", "run"):
        original = getattr(DemoNode, verb)
        monkeypatch.setattr(DemoNode, verb, counted(calls, verb, original))
    ctx = world_of(built=True)
    page(ctx, "node")
    assert [verb for verb in calls if verb != "read"] == ["survey"] * 3  # the node, compute1, and the controller


def counted(calls: list[str], verb: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: DemoNode, *arguments: Any, **named: Any) -> Any:
        calls.append(verb)
        return original(self, *arguments, **named)

    return call


@pytest.mark.parametrize("scene", ("article", "nova-network"))
def test_no_secret_is_shown_or_journalled(scene: str, world_of: Begin) -> None:
    for change in page(world_of(scene), "node").plan:
        written = f"{change.preview()}{freeze(change)}{change.summary}{change!r}"
        assert not [secret for secret in SECRETS if secret in written]
        again = thaw(KINDS[type(change).__name__], freeze(change))
        assert (again.id, again.summary) == (change.id, change.summary)


AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PEM = {"content": AUTHORITY, "mode": 0o644, "owner": "root", "group": "root"}


@pytest.mark.parametrize(
    ("path", "exists"), (("/etc/nova/ssl/ca.pem", True), ("/etc/ssl/certs/ca-certificates.crt", False))
)
def test_files_that_exist_or_that_packages_create_are_not_reported(path: str, exists: bool, world_of: Begin) -> None:
    ctx = world_of(answers={"node": {"ca_file": "/etc/ssl/certs/vmca.pem"}})
    put(ctx, "machines > compute1 > files > /etc/nova/nova.conf > content", f"+\n[placement]\ncafile = {path}\n")
    for file in ("/etc/ssl/certs/vmca.pem", *((path,) if exists else ())):
        put(ctx, f"machines > novavmware1 > files > {file}", PEM)
    found = page(ctx, "node").findings
    assert levels(found, "CN11") == {"ok"} and levels(found, "VC03") <= {"ok"}


def test_a_private_key_beside_the_certificate_is_not_copied(world_of: Begin) -> None:
    ctx = world_of(answers={"vcenter": {"trust": {"ca_file": "/etc/ssl/vmca.pem"}}})
    pem = state(ctx)["vcenters"]["vc.example.org"]["certificate"]["pem"].strip() + "\n"
    both = f"{pem}-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n".encode()
    put(ctx, "vcenters > vc.example.org > certificate > ca_file", "/etc/ssl/vmca.pem")
    image = {"head": base64.b64encode(both).decode(), "size": len(both)}
    put(ctx, "local > temporary > /etc/ssl/vmca.pem", image)
    (file,) = [c for c in page(ctx, "node").plan if isinstance(c, WriteFile)]
    assert file.content == pem and "PRIVATE" not in f"{file.preview()}{freeze(file)}"


def test_a_changed_password_is_written_and_shown_only_as_changed(world_of: Begin) -> None:
    ctx = world_of(built=True)
    result = page(ctx, "node")
    assert result.view is not None
    other = with_facts(result.view, replace(result.view.facts, password=Revealed("pa$$ w#rd")))
    edit = next(c for c in result.step.plan(other) if isinstance(c, EditConfig))
    assert [s.option for s in edit.settings] == ["host_password"]
    assert edit.settings[0].written == ("pa$$$$ w#rd",)
    assert "+host_password = •••• (changed)" in edit.preview()


def test_a_removed_pin_is_removed_from_nova_conf_and_undo_restores_it(world_of: Begin) -> None:
    ctx = world_of(built=True, answers={"vcenter": {"trust": "insecure"}})
    result = page(ctx, "node")
    edit = next(c for c in result.plan if isinstance(c, EditConfig))
    assert edit.removals == (("vmware", "ca_file"),) and [s.option for s in edit.settings] == ["insecure"]
    assert "-ca_file = /etc/nova/mhv-vcenter-ca.pem" in edit.preview()
    details = [f.detail for f in result.findings if "no longer" in f.detail]
    assert details == ["/etc/nova/nova.conf still has [vmware] ca_file, which the answers no longer set"]
    before = ctx.backend.node(edit.host).read(edit.path)
    receipt = make(ctx, edit)
    assert "CN26" not in [f.code for f in page(ctx, "node").findings if f.level != "ok"]
    edit.undo(ctx, receipt)
    assert ctx.backend.node(edit.host).read(edit.path) == before


@pytest.mark.parametrize(
    ("password", "answers", "expected"),
    (
        (r"a\$b", {}, r"Choose a password without a backslash before a dollar sign (\$) for vcenter.password"),
        ("VMware1!", {"node": {"cache_prefix": r"c\$1"}}, "for node.cache_prefix"),
        ("VMware1!", {"datastore": {"names": [], "datastore_regex": r"nfs-gold|x\$"}}, "for datastore.datastore_regex"),
    ),
)
def test_a_value_that_nova_conf_cannot_express_is_reported_and_nothing_is_planned(
    password: str, answers: dict[str, dict[str, Any]], expected: str, world_of: Begin
) -> None:
    ctx = world_of(answers=answers)
    state(ctx)["vcenters"]["vc.example.org"]["users"]["openstack@vsphere.local"]["password"] = password
    assert isinstance(ctx.backend, DemoBackend)
    ctx.backend.store.save()
    vault = Vault()
    vault.put(ctx.answers.tables["vcenter"].password, password)
    result = page(replace(ctx, backend=DemoBackend(ctx.backend.store.path, vault=vault)), "node")
    (findings,) = [f for f in result.findings if f.code == "VC11"]
    assert (findings.level, findings.fatal) == ("failure", True) and expected in findings.remedy
    assert not result.plan and not [f for f in result.findings if password in f"{f}"]


@pytest.mark.parametrize(
    ("trusted", "store", "release", "level"),
    (
        (True, "1", "zed", {"ok"}),
        (False, "1", "zed", {"failure"}),
        (False, "", "zed", {"unknown"}),
        (None, "1", "zed", {"unknown"}),
        (False, "1", "kilo", set()),
    ),
)
def test_the_systems_certificate_authorities_are_used_if_nova_uses_them(
    trusted: bool | None, store: str, release: str, level: set[str], world_of: Begin
) -> None:
    ctx = world_of(answers={"vcenter": {"trust": "system"}, "cloud": {"release": release}})
    put(ctx, "vcenters > vc.example.org > certificate > system", True)
    view = page(ctx, "node").view
    assert view is not None
    result = view.facts.survey
    reach = replace(result.connections["vc.example.org:443"], trusted=trusted)
    survey = replace(
        result,
        connections={**result.connections, "vc.example.org:443": reach},
        packages={**result.packages, "ca-certificates": Package(store)},
    )
    other = with_facts(view, replace(view.facts, survey=survey))
    assert levels([f for check in node_files.CHECKS for f in check.findings(other)], "VC03") == level


def test_options_with_their_default_value_are_not_written() -> None:
    assert driver_options(NodeAnswers()) == {}
    answers = NodeAnswers(use_linked_clone=False, api_retry_count=3, cache_prefix="c")
    assert driver_options(answers) == {"cache_prefix": "c", "use_linked_clone": "False", "api_retry_count": "3"}
    assert set(VMWARE_KEYS) <= set(NodeAnswers.__dataclass_fields__)
