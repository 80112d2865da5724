"""The first five pages as a whole, in the simulated world: probe, checks and plan; nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import tomli_w

from mhv_tui.core.answerfile import parse_text
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.domain import catalogue, privileges
from mhv_tui.engine.check import Overrides, StepResult, check_steps
from mhv_tui.steps.cluster.facts import CLUSTER_PRIVILEGES, HOST_PRIVILEGES
from tests.steps.case_world import PAGES, SCHEMA

Begin = Callable[..., Context]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """A context in a scene; `replaced` are answers of one page that differ."""

    def context(scene: str, trial_allowed: bool = False, **replaced: dict[str, Any]) -> Context:
        answers: Answers = parse_text(tomli_w.dumps(answers_of(scene)), SCHEMA)
        for page, changed in replaced.items():
            answers = answers.replace(page, **changed)
        return Context(
            DemoBackend(tmp_path / f"{scene}.json", scene), Target("", answers), "s1", trial_allowed=trial_allowed
        )

    return context


def check_all(ctx: Context, verifying: bool = False) -> Sequence[StepResult]:
    return check_steps(PAGES, ctx, lambda event: None, verifying=verifying)


def faults(results: Sequence[StepResult]) -> set[str]:
    return {f.code for result in results for f in result.findings if f.level == "failure"}


def state(ctx: Context) -> dict[str, Any]:
    assert isinstance(ctx.backend, DemoBackend)
    return ctx.backend.store.state


FIVE_PAGES = (
    ("wrong-password", "VC07"),
    ("untrusted-certificate", "VC03"),
    ("esxi", "VC09"),
    ("drs-off", "CL05"),
    ("drs-partial", "CL06"),
    ("cluster-twice", "CL02"),
    ("local-datastore", "DS04"),
    ("regex-nothing", "DS01"),
    ("port-group-vlan", "NW17"),
    ("no-dvs", "NW02"),
)


@pytest.mark.parametrize(("scene", "code"), FIVE_PAGES)
def test_a_broken_scene_has_only_its_own_code(begin: Begin, scene: str, code: str) -> None:
    assert faults(check_all(begin(scene, trial_allowed=True))) == {code}


@pytest.mark.parametrize("scene", ("article", "nova-network"))
def test_a_good_scene_has_no_failure_and_one_missing_change(begin: Begin, scene: str) -> None:
    results = check_all(begin(scene, trial_allowed=True))
    assert not faults(results)
    assert [f.code for result in results for f in result.findings if f.level == "missing"] == ["NW03"]


def test_no_login_without_a_trusted_certificate(begin: Begin) -> None:
    ctx = begin("untrusted-certificate")
    state(ctx)["faults"] = {"world.vcenter": "VC07"}
    assert faults(check_all(ctx)) == {"VC03"}


@pytest.mark.parametrize("scene", ("article", "nova-network"))
def test_the_missing_change_is_made_detected_and_undone(begin: Begin, scene: str) -> None:
    ctx = begin(scene)
    before = next(result for result in check_all(ctx) if result.step.id == "network")
    done = []
    for change in before.plan:
        first = change.before(ctx)
        done.append((change, {**first, **change.apply(ctx, first)}))
    verified = check_all(ctx, verifying=True)
    assert not faults(verified)
    assert not [change for result in verified for change in result.plan]
    for change, receipt in reversed(done):
        change.undo(ctx, receipt)
    again = check_all(ctx)[-1]
    assert [c.id for c in again.plan] == [c.id for c in before.plan]
    assert again.findings == before.findings


def test_a_team_of_its_own_keeps_its_port_groups(begin: Begin) -> None:
    ctx = begin("nova-network", network={"manage": False})
    results = check_all(ctx)
    assert faults(results) == {"NW03"}
    assert not results[-1].plan


def test_check_creates_no_test_port(begin: Begin) -> None:
    ctx = begin("article")
    state(ctx)["faults"] = {"cloud.create_port": "OS10"}
    network = check_all(ctx)[-1]
    (unknown,) = [f for f in network.findings if f.code == "NW02"]
    assert unknown.level == "unknown"
    assert unknown.remedy.startswith("Continue: apply tests the binding first. It creates a port")


@pytest.mark.parametrize("scene", ("article", "no-dvs"))
def test_a_test_port_is_deleted(begin: Begin, scene: str) -> None:
    ctx = begin(scene, trial_allowed=True)
    state(ctx)["cloud"]["ports"]["left-behind"] = {"name": "mhv-tui-trial-s1", "vif_type": "unbound"}
    check_all(ctx)
    assert not state(ctx)["cloud"]["ports"]


def test_no_test_port_for_a_node_that_is_an_address(begin: Begin) -> None:
    ctx = begin("article", trial_allowed=True, node={"host": "192.0.2.30"})
    network = check_all(ctx)[-1]
    (finding,) = [f for f in network.findings if f.code == "NW02"]
    assert finding.level == "unknown"
    assert "page node" in finding.remedy


@pytest.mark.parametrize("scene", ("drs-off", "drs-partial"))
def test_drs_is_fixed_on_request(begin: Begin, scene: str) -> None:
    ctx = begin(scene)
    code = dict(FIVE_PAGES)[scene]
    overrides = Overrides(frozenset({code}))
    results = check_steps(PAGES, ctx, lambda event: None, overrides=overrides)
    (fix,) = [change for result in results for change in result.plan if change.id.startswith("drs:")]
    fix.apply(ctx, fix.before(ctx))
    assert not faults(check_all(ctx))


def test_each_row_of_a_picker_shows_its_finding(begin: Begin) -> None:
    results = {result.step.id: result for result in check_all(begin("article"))}

    def health(page: str, key: str) -> dict[str, str]:
        result = results[page]
        assert result.view
        return {str(c.value): c.finding.code if c.finding else "" for c in result.step.work.choices(result.view)[key]}

    assert health("cluster", "path") == {"/DC0/host/DC0_C0": "", "/DC0/host/DC0_C1": ""}
    assert health("datastore", "names") == {
        "local-esx1": "DS04",
        "local-esx2": "DS04",
        "nfs-gold": "",
        "vmfs-silver": "DS15",
    }
    assert health("network", "dvs") == {"DVS0": ""}
    assert health("network", "switch") == {"vSwitch0": ""}


def test_certificate_that_is_not_trusted_can_be_picked_to_be_pinned(begin: Begin) -> None:
    result = check_all(begin("untrusted-certificate"))[1]
    assert result.view
    trusts = [choice.value for choice in result.step.work.choices(result.view)["trust"]]
    pinned = answers_of("article")["vcenter"]["trust"]["sha256"]
    assert pinned in [trust.value for trust in trusts]


def test_clusters_are_offered_before_one_is_chosen(begin: Begin) -> None:
    results = check_all(begin("article", cluster={"path": ""}))
    result = results[2]
    assert [f.code for f in result.findings] == ["WZ08"] and result.facts is None and result.view
    assert [c.value for c in result.step.work.choices(result.view)["path"]] == ["/DC0/host/DC0_C0", "/DC0/host/DC0_C1"]
    waits = [f for result in results[3:5] for f in result.findings]
    assert [f.code for f in waits] == ["WZ10", "WZ10"]
    assert {f.headline.partition("; ")[2] for f in waits} == {"complete the page cluster first"}


def test_a_page_that_waits_names_the_page_with_the_problem(begin: Begin) -> None:
    waits = [f for result in check_all(begin("wrong-password"))[2:-1] for f in result.findings]
    assert {f.code for f in waits} == {"WZ10"}
    assert {f.headline.partition("; ")[2] for f in waits} == {"solve the problem on the page vcenter first"}
    assert waits[0].headline.startswith("Not checked: this page needs the results of vcenter; ")
    assert waits[0].title not in catalogue.explain_finding(waits[0])


@pytest.mark.parametrize("privilege_on", ("", "domain-c7", "host-21", "datastore-31", "dvs-60"))
def test_every_missing_privilege_is_reported(begin: Begin, privilege_on: str) -> None:
    wanted = {
        "": privileges.ROOT,
        "domain-c7": CLUSTER_PRIVILEGES,
        "host-21": HOST_PRIVILEGES,
        "datastore-31": privileges.DATASTORE,
        "dvs-60": privileges.ADD_DVPORTGROUP,
    }[privilege_on]
    for privilege in wanted:
        ctx = begin("article")
        user = state(ctx)["vcenters"]["vc.example.org"]["users"]["openstack@vsphere.local"]
        user["lacks"] = {privilege_on: [privilege]}
        findings = [f for result in check_all(ctx) for f in result.findings if f.level == "failure"]
        assert findings and all(f.code in ("VC12", "VC13", "VC14") and privilege in f.detail for f in findings), (
            privilege
        )
        user["lacks"] = {}


def test_facts_of_a_page_are_read_by_the_next(begin: Begin) -> None:
    results = check_all(begin("article"))
    earlier = MappingProxyType({result.step.id: result.facts for result in results})
    assert earlier["datastore"].regex == "^nfs\\-gold$"
    assert [h.name for h in earlier["network"].hosts] == ["esx1.example.org", "esx2.example.org"]
    assert earlier["cloud"].release.name == "zed"
