"""Compares the targets of one session with each other: what two of them must not have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mhv_tui.core.context import facts_of
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.targets import Target
from mhv_tui.core.text import join_names
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.datastore.facts import DatastoreFacts
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.facts import NodeFacts
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers


@dataclass(frozen=True)
class CheckedTarget:
    """A target with the facts of its steps."""

    target: Target
    facts: Mapping[str, Any]
    """Step id -> facts, without steps that were not checked."""

    @property
    def vcenter(self) -> str:
        """The vCenter: its instance UUID if it was read, else its host in the answers."""
        facts = facts_of(self.facts, ClusterFacts)
        uuid = facts.inventory.about.instance_uuid if facts else ""
        return uuid or self.target.answers.of(VcenterAnswers).host.lower()


def findings(targets: Sequence[CheckedTarget]) -> Iterator[tuple[str, str, Finding]]:
    """Yields (target id, step id, finding) for each target that has something in common with another one."""
    for check in (_nodes, _hosts, _clusters, _vlans, _zones, _datastores):
        yield from check(targets)


Rows = Iterator[tuple[str, str, Finding]]


def _nodes(targets: Sequence[CheckedTarget]) -> Rows:
    def node(row: CheckedTarget) -> Hashable:
        answers = row.target.answers.of(NodeAnswers)
        return (answers.host.lower(), answers.port) if answers.host else None

    for group in _groups(targets, node):
        host = group[0].target.answers.of(NodeAnswers).host
        yield from _each(group, "node", "FL01", host, f"{host} is the compute node of {_names(group)}")


def _hosts(targets: Sequence[CheckedTarget]) -> Rows:
    def service_host(row: CheckedTarget) -> str | None:
        facts = facts_of(row.facts, NodeFacts)
        return facts.service_host or None if facts else None

    for group in _groups(targets, service_host):
        if len({row.target.answers.of(NodeAnswers).host.lower() for row in group}) > 1:
            name = service_host(group[0]) or ""
            yield from _each(group, "node", "FL02", name, f"the nodes of {_names(group)} have the host name {name}")


def _clusters(targets: Sequence[CheckedTarget]) -> Rows:
    def cluster(row: CheckedTarget) -> Hashable:
        facts = facts_of(row.facts, ClusterFacts)
        return (row.vcenter, facts.cluster.id) if facts and facts.cluster else None

    for group in _groups(targets, cluster):
        facts = facts_of(group[0].facts, ClusterFacts)
        name = facts.cluster.name if facts and facts.cluster else ""
        yield from _each(group, "cluster", "FL03", name, f"{name} is the cluster of {_names(group)}")


def _vlans(targets: Sequence[CheckedTarget]) -> Rows:
    def network(row: CheckedTarget) -> Hashable:
        answers = row.target.answers.of(NetworkAnswers)
        return (row.vcenter, answers.port_group) if answers.port_group else None

    for group in _groups(targets, network):
        vlans = {row.target.id: row.target.answers.of(NetworkAnswers).vlan_id for row in group}
        if len(set(vlans.values())) > 1:
            name = group[0].target.answers.of(NetworkAnswers).port_group
            rows = join_names([f"{vlan} in {target}" for target, vlan in vlans.items()])
            yield from _each(group, "network", "FL04", name, f"the port group {name} has VLAN {rows}")


def _zones(targets: Sequence[CheckedTarget]) -> Rows:
    for group in _groups(targets, lambda row: row.target.answers.of(RegisterAnswers).availability_zone or None):
        if len({row.vcenter for row in group}) > 1:
            zone = group[0].target.answers.of(RegisterAnswers).availability_zone
            detail = f"the zone {zone} is that of {_names(group)}, which have different vCenters"
            yield from _each(group, "register", "FL05", zone, detail, "warning")


def _datastores(targets: Sequence[CheckedTarget]) -> Rows:
    """Datastores in two vCenters. DS15 reports those that other clusters of the same vCenter use."""
    uses: dict[str, list[tuple[CheckedTarget, str]]] = {}
    for row in targets:
        facts = facts_of(row.facts, DatastoreFacts)
        for datastore in facts.matching if facts else ():
            if datastore.url:
                uses.setdefault(datastore.url, []).append((row, datastore.name))
    for users in uses.values():
        group = [row for row, _ in users]
        if len({row.vcenter for row in group}) > 1:
            name = users[0][1]
            detail = f"the datastore {name} is used by {_names(group)}, which have different vCenters"
            yield from _each(group, "datastore", "FL06", name, detail, "warning")


def _groups(targets: Iterable[CheckedTarget], key: Callable[[CheckedTarget], Hashable]) -> list[list[CheckedTarget]]:
    """The targets that have the same key, if there are several; without targets whose key is None."""
    groups: dict[Hashable, list[CheckedTarget]] = {}
    for row in targets:
        if (value := key(row)) is not None:
            groups.setdefault(value, []).append(row)
    return [group for group in groups.values() if len(group) > 1]


def _each(
    group: Sequence[CheckedTarget], step: str, code: str, subject: str, detail: str, level: Level = "failure"
) -> Rows:
    row = finding(code, level, detail, subject=subject)
    return ((member.target.id, step, row) for member in group)


def _names(group: Iterable[CheckedTarget]) -> str:
    return join_names([row.target.id for row in group])
