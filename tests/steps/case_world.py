"""Cases as data: a good world, what differs in a case, and the expected finding of the pages' pure checks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core import openstack
from mhv_tui.core.answerfile import Schema, parse_text
from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Trial
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import PageView, Step
from mhv_tui.core.vsphere import Certificate, Inventory, VirtualMachine
from mhv_tui.domain.releases import by_name
from mhv_tui.engine.freeze import thaw
from mhv_tui.steps import FLOW
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.cluster.facts import ClusterFacts, find_cluster
from mhv_tui.steps.datastore.answers import DatastoreAnswers, regex_of
from mhv_tui.steps.datastore.facts import DatastoreFacts, matching_datastores
from mhv_tui.steps.network.facts import NetworkFacts
from mhv_tui.steps.vcenter.facts import VcenterFacts
from tests.steps.sentences import headless

CASES = Path(__file__).parents[1] / "cases"
PAGES: tuple[Step[Any, Any], ...] = FLOW[:5]
SCHEMA = Schema({page.id: page.answers for page in FLOW})
Doc = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A difference from the green world, and the expected finding."""

    title: str
    code: str
    level: Level
    set: Mapping[str, Any] = field(default_factory=dict)
    profile: str = ""
    detail: tuple[str, ...] = ()
    """Parts of the finding's detail."""
    remedy: tuple[str, ...] = ()
    fix: str | None = None
    green: Level | None = "ok"
    """The level of the same code in the green world; None: its checks are skipped."""


@cache
def cases(page: str) -> tuple[Case, ...]:
    """The cases of one page, from tests/cases/steps/PAGE.toml."""
    rows = tomllib.loads((CASES / "steps" / f"{page}.toml").read_text(encoding="utf-8"))["case"]
    return tuple(_case(row) for row in rows)


def _case(row: Doc) -> Case:
    fields: Doc = {**row, **{key: tuple(row[key]) for key in ("detail", "remedy") if key in row}}
    if "green" in row:
        fields["green"] = row["green"] or None
    return Case(**fields)


@cache
def _green() -> Doc:
    return tomllib.loads((CASES / "world.toml").read_text(encoding="utf-8"))


def world(profile: str = "", changed: Mapping[str, Any] = MappingProxyType({})) -> Doc:
    """The green world, modified by a profile and by a case."""
    doc = deepcopy(_green())
    for path, value in {**(doc["profiles"][profile] if profile else {}), **changed}.items():
        _put(doc, path.split("."), deepcopy(value))
    return doc


def _put(container: Any, path: Sequence[str], value: Any) -> None:
    key: Any = int(path[0]) if isinstance(container, list) else path[0]
    if len(path) > 1:
        _put(container[key] if isinstance(container, list) else container.setdefault(key, {}), path[1:], value)
    elif isinstance(container, list) and key == len(container):
        container.append(value)
    else:
        container[key] = value


def view_of(page: str, doc: Doc) -> PageView[Any, Any]:
    """The view of a page in this world."""
    answers = parse_text(tomli_w.dumps(doc["answers"]), SCHEMA)
    earlier: dict[str, Any] = {}
    for step in PAGES:
        facts = FACTS[step.id](doc, answers)
        if step.id == page:
            return step.view(answers.tables[page], facts, answers, MappingProxyType(earlier))
        earlier[step.id] = facts
    raise KeyError(page)


def findings(page: str, doc: Doc) -> list[Finding]:
    """The findings of a page's preconditions and postconditions."""
    step, view = _step(page), view_of(page, doc)
    return [f for check in (*step.work.preconditions, *step.work.postconditions) for f in check.findings(view)]


def plan(page: str, doc: Doc) -> list[Change]:
    """The planned changes of a page."""
    return list(_step(page).work.plan(view_of(page, doc)))


def fixes(page: str, doc: Doc) -> list[Change]:
    """The fixes of a page."""
    return list(_step(page).work.fixes(view_of(page, doc)))


def _step(page: str) -> Step[Any, Any]:
    return next(step for step in PAGES if step.id == page)


def _inventory(doc: Doc) -> Inventory:
    inventory: Inventory = thaw(Inventory, doc["inventory"])
    return inventory


def _cloud(doc: Doc, answers: Answers) -> CloudFacts:
    row = doc["cloud"]
    return CloudFacts(
        identity=thaw(openstack.Identity, row["identity"]),
        versions=thaw(openstack.Versions, row["versions"]),
        releases=tuple(by_name(name) for name in row["releases"]),
        release=by_name(row["release"]) if row["release"] else None,
        networking=row["networking"],
        hypervisors=thaw(tuple[openstack.Hypervisor, ...], row["hypervisors"]),
        services=thaw(tuple[openstack.Service, ...], row["services"]),
        agents=thaw(tuple[openstack.Agent, ...], row["agents"]),
        networks=thaw(tuple[openstack.CloudNetwork, ...], row["networks"]),
    )


def _missing(row: Doc) -> dict[str, tuple[str, ...]]:
    return {("" if where == "root" else where): tuple(ids) for where, ids in row["missing_privileges"].items()}


def _vcenter(doc: Doc, answers: Answers) -> VcenterFacts:
    row = doc["vcenter"]
    return VcenterFacts(
        certificate=thaw(Certificate, row["certificate"]),
        inventory=_inventory(doc),
        missing_privileges=_missing(row),
        skew_seconds=row["skew_seconds"],
        extensions=frozenset(row["extensions"]),
    )


def _cluster(doc: Doc, answers: Answers) -> ClusterFacts:
    row, inventory = doc["cluster"], _inventory(doc)
    cluster, same_name = find_cluster(inventory, answers.of(ClusterAnswers).path)
    return ClusterFacts(
        inventory=inventory,
        cluster=cluster,
        same_name=same_name,
        vms=thaw(tuple[VirtualMachine, ...], row["vms"]),
        missing_privileges=_missing(row),
    )


def _datastore(doc: Doc, answers: Answers) -> DatastoreFacts:
    row, inventory = doc["datastore"], _inventory(doc)
    cluster, regex = inventory.clusters[0], regex_of(answers.of(DatastoreAnswers))
    return DatastoreFacts(
        inventory=inventory,
        cluster=cluster,
        matching=matching_datastores(regex, inventory.datastores_of(cluster)),
        regex=regex,
        image_bytes=row["image_bytes"],
        missing_privileges=_missing(row),
    )


def _network(doc: Doc, answers: Answers) -> NetworkFacts:
    row, inventory = doc["network"], _inventory(doc)
    cluster = inventory.clusters[0]
    return NetworkFacts(
        inventory=inventory,
        cluster=cluster,
        networking=doc["cloud"]["networking"],
        hosts=inventory.hosts_of(cluster),
        trial=thaw(Trial, row["trial"]) if row["trial"] else None,
        node=row["node"],
        missing_privileges=_missing(row),
    )


FACTS = {"cloud": _cloud, "vcenter": _vcenter, "cluster": _cluster, "datastore": _datastore, "network": _network}


def expected_finding(case: Case, findings: Sequence[Finding]) -> Finding | None:
    """The finding that the case describes; None if it is missing."""
    same_code = [f for f in findings if (f.code, f.level) == (case.code, case.level)]
    same_detail = [f for f in same_code if all(word in f.detail for word in case.detail)]
    return next((f for f in same_detail if all(word in f.remedy for word in case.remedy)), None)


def check_case(page: str, case: Case) -> None:
    """Asserts that the case's finding is in the faulty world and not in the green one, with detail, remedy and fix."""
    rows = findings(page, world(case.profile))
    green = [f for f in rows if f.code == case.code and f.level != "skipped"]
    assert {f.level for f in green} == ({case.green} if case.green else set()), green
    faulty = findings(page, world(case.profile, case.set))
    assert headless(faulty) == []
    finding = expected_finding(case, faulty)
    assert finding, [(f.code, f.level, f.detail, f.remedy) for f in faulty if f.code == case.code]
    assert finding.fix == case.fix
