"""The page `node`: each fault in an otherwise good world is found with its code; written files can be read back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.demo.node import DemoNode
from mhv_tui.engine.freeze import freeze, thaw
from mhv_tui.steps.node.inputs import NodeInputs
from tests.steps.node_views import Begin, of_vmware, page_view
from tests.steps.sentences import headless
from tests.steps.walked_world import levels, page, put, state

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
    assert case.fix is None or (findings[0].fix or "") == case.fix
    assert not case.fix or case.fix in [c.id for c in result.fixes]
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


def test_the_preview_shows_copied_values_that_are_no_secret(world_of: Begin) -> None:
    """The journal has none of them."""
    change = next(c for c in page(world_of("article"), "node").plan if c.id.endswith("/etc/nova/nova.conf"))
    shown, journalled = change.preview(), str(freeze(change))
    for line in (
        "+auth_url = https://cloud",
        "+auth_strategy = keystone",
        "+lock_path = /var",
        "+region_name = RegionOne",
    ):
        assert line in shown
    for line in ("+transport_url = ••••", "+password = ••••"):
        assert line in shown
    assert "cloud.example.org" not in journalled and "RegionOne" not in journalled
