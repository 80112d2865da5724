"""The map of the cloud as it is now: controllers, compute nodes and what vCenter's node serves, from all pages' facts.

What was not checked is a row that says so. In a large cloud, equal compute nodes share a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Level
from mhv_tui.core.handover import MapRow
from mhv_tui.core.openstack import Hypervisor, Service
from mhv_tui.core.steps import PageView
from mhv_tui.core.text import count, share
from mhv_tui.domain.hypervisors import recognise
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import CloudFacts, release_of
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.cluster.facts import ClusterFacts, hypervisor_names
from mhv_tui.steps.datastore.facts import DatastoreFacts
from mhv_tui.steps.finish.answers import FinishAnswers
from mhv_tui.steps.finish.facts import FinishFacts
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.facts import NetworkFacts
from mhv_tui.steps.node.answers import NodeAnswers, short_name
from mhv_tui.steps.node.facts import NodeFacts
from mhv_tui.steps.prove.facts import ProveFacts
from mhv_tui.steps.register.facts import RegisterFacts
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.facts import VcenterFacts

FinishView = PageView[FinishAnswers, FinishFacts]

MOST_NODES = 12
"""The number of compute nodes up to which each has a row of its own."""
VCENTER_TYPE = "VMware vCenter Server"
"""The hypervisor type that nova's driver for vCenter reports."""


@dataclass(frozen=True)
class ComputeNode:
    """A compute service with its hypervisors of one type."""

    host: str
    type: str
    zone: str
    tag: str
    state: str
    """What is wrong with the service: down or disabled; empty if nothing is."""
    hypervisors: int = 1

    @property
    def cells(self) -> tuple[str, ...]:
        amount = f" ×{self.hypervisors}" if self.hypervisors > 1 else ""
        return (self.host, f"{self.type}{amount}", f"zone {self.zone}", self.tag, self.state)


def map_rows(view: FinishView) -> tuple[MapRow, ...]:
    """Returns the rows of the map; one row that says so if the cloud was not checked."""
    login = cloud_login(view.answers_of(CloudAnswers))
    cloud = view.facts_of(CloudFacts)
    name = f"OpenStack {login.system}".rstrip()
    if cloud is None:
        return (MapRow(0, (name, "not checked"), "unknown"), *_vcenter_rows(view, 1))
    release = cloud.release.title if cloud.release else "release not known"
    return (
        MapRow(0, (name, release), "ok" if cloud.release else "unknown"),
        *(MapRow(1, cells) for cells in _controllers(_services(view))),
        *_compute_rows(view),
    )


def compute_nodes(view: FinishView) -> list[ComputeNode]:
    """Returns the compute services with hypervisors, from the newest facts, by name."""
    release, services = release_of(view.earlier), _services(view)
    by_key: dict[tuple[str, str], int] = {}
    for hypervisor in _hypervisors(view):
        key = (hypervisor.service_host or hypervisor.hostname, hypervisor.type)
        by_key[key] = by_key.get(key, 0) + 1
    return [_compute_node(host, kind, number, services, release) for (host, kind), number in sorted(by_key.items())]


def vmware_host(view: FinishView) -> str:
    """Returns the host of the compute service for the chosen cluster, or the host that the answers name for it."""
    cluster, node = view.facts_of(ClusterFacts), view.facts_of(NodeFacts)
    names = hypervisor_names(cluster.inventory, cluster.cluster) if cluster and cluster.cluster else ()
    serving = next((h.service_host for h in _hypervisors(view) if h.hostname in names), "")
    return serving or (node.service_host if node else "") or short_name(view.answers_of(NodeAnswers))


def _hypervisors(view: FinishView) -> Sequence[Hypervisor]:
    facts = _cloud_records(view)
    return facts.hypervisors if facts else ()


def _services(view: FinishView) -> Sequence[Service]:
    facts = _cloud_records(view)
    return facts.services if facts else ()


def _cloud_records(view: FinishView) -> ProveFacts | RegisterFacts | CloudFacts | None:
    """The newest records of the cloud: later pages read them again after the changes."""
    return view.facts_of(ProveFacts) or view.facts_of(RegisterFacts) or view.facts_of(CloudFacts)


def _controllers(services: Sequence[Service]) -> Iterator[tuple[str, ...]]:
    by_host: dict[str, list[str]] = {}
    for service in services:
        if service.binary != "nova-compute":
            state = "" if service.state == "up" else f" {service.state}"
            by_host.setdefault(service.host, []).append(f"{service.binary.removeprefix('nova-')}{state}")
    for host, binaries in sorted(by_host.items()):
        yield host, f"controller ({', '.join(sorted(set(binaries)))})"


def _compute_node(
    host: str, kind: str, number: int, services: Sequence[Service], release: Release | None
) -> ComputeNode:
    service = next((s for s in services if (s.binary, s.host) == ("nova-compute", host)), None)
    known = recognise(kind, release)
    states = [s for s in (service.state, service.status) if s not in ("up", "enabled")] if service else ["no service"]
    zone = (service.zone if service else "") or "not known"
    return ComputeNode(host, kind, zone, f"tag {known.tag}" if known else "tag not known", ", ".join(states), number)


def _compute_rows(view: FinishView) -> Iterator[MapRow]:
    ours, nodes = vmware_host(view), compute_nodes(view)
    others = [node for node in nodes if node.host != ours]
    for node in _shared(others) if len(others) > MOST_NODES else others:
        yield MapRow(1, node.cells, "warning" if node.state else "ok")
        if node.type == VCENTER_TYPE:
            yield MapRow(2, ("its vCenter was not checked",), "unknown")
    served = [node for node in nodes if node.host == ours]
    for node in served:
        yield MapRow(1, node.cells, "warning" if node.state else "ok")
    if not served:
        yield MapRow(1, (ours or "a new compute node", VCENTER_TYPE, "not registered yet"), "missing")
    yield from _vcenter_rows(view, 2)


def _shared(nodes: Sequence[ComputeNode]) -> Iterator[ComputeNode]:
    """One node for each group of nodes that differ only by name, except those with a problem."""
    groups: dict[tuple[str, ...], list[ComputeNode]] = {}
    for node in nodes:
        groups.setdefault(node.cells[1:] if not node.state else node.cells, []).append(node)
    for group in groups.values():
        first, last = group[0], group[-1]
        name = f"{first.host} .. {last.host} ({count(len(group), 'node')})" if len(group) > 1 else first.host
        yield ComputeNode(name, first.type, first.zone, first.tag, first.state, first.hypervisors)


def _vcenter_rows(view: FinishView, depth: int) -> Iterator[MapRow]:
    answers, facts = view.answers_of(VcenterAnswers), view.facts_of(VcenterFacts)
    name = f"vCenter {answers.host}".rstrip()
    if facts is None or facts.inventory is None:
        yield MapRow(depth, (name, "not checked"), "unknown")
        return
    yield MapRow(depth, (name, facts.inventory.about.version))
    yield from _cluster_rows(view, depth + 1)


def _cluster_rows(view: FinishView, depth: int) -> Iterator[MapRow]:
    facts = view.facts_of(ClusterFacts)
    if facts is None or facts.cluster is None:
        path = view.answers_of(ClusterAnswers).path
        yield MapRow(depth, (f"cluster {path}".rstrip(), "not found" if facts else "not checked"), "unknown")
        return
    hosts = facts.inventory.hosts_of(facts.cluster)
    versions = ", ".join(sorted({host.version for host in hosts if host.version}))
    esxi = f" (ESXi {versions})" if versions else ""
    automated = facts.cluster.drs_enabled and facts.cluster.drs_behavior == "fullyAutomated"
    drs = f"DRS {facts.cluster.drs_behavior}" if facts.cluster.drs_enabled else "DRS off"
    cells = (f"cluster {facts.cluster.name}", f"{count(len(hosts), 'host')}{esxi}", "DRS on" if automated else drs)
    yield MapRow(depth, cells, "ok" if automated else "warning")
    yield from _datastore_rows(view, depth + 1)
    yield _network_row(view, depth + 1)


def _datastore_rows(view: FinishView, depth: int) -> Iterator[MapRow]:
    facts = view.facts_of(DatastoreFacts)
    for datastore in facts.matching if facts else ():
        yield MapRow(depth, (f"datastore {datastore.name}", _free(datastore)), _level(datastore.accessible))
    if not (facts and facts.matching):
        yield MapRow(depth, ("datastores", "none matches" if facts else "not checked"), "unknown")


def _free(datastore: vsphere.Datastore) -> str:
    if not datastore.accessible:
        return "not accessible"
    return f"{share(datastore.free, datastore.capacity)} free"


def _network_row(view: FinishView, depth: int) -> MapRow:
    answers, facts = view.answers_of(NetworkAnswers), view.facts_of(NetworkFacts)
    name = f"network {answers.port_group}".rstrip()
    if facts is None:
        return MapRow(depth, (name, "not checked"), "unknown")
    networks = [n for n in facts.inventory.networks_of(facts.cluster) if n.name == answers.port_group]
    if not answers.port_group:
        return MapRow(depth, ("network", "chosen by Neutron's driver"))
    if not networks:
        if answers.manage:
            return MapRow(depth, (name, "not created yet"), "missing")
        return MapRow(depth, (name, "no such port group"), "warning")
    return MapRow(depth, (name, _place(networks[0], facts)))


def _place(network: vsphere.Network, facts: NetworkFacts) -> str:
    """The switch and the VLAN of a port group."""
    switches: Mapping[str, str] = {dvs.id: dvs.name for dvs in facts.inventory.switches}
    if network.kind == "distributed":
        dvs = switches.get(network.dvs_id, "a distributed switch")
        return f"on {dvs}, {_vlan(network.vlan_id)}"
    rows = {(p.switch, p.vlan_id) for h in facts.hosts for p in h.port_groups if p.name == network.name}
    if len(rows) == 1:
        switch, vlan = rows.pop()
        return f"on {switch}, {_vlan(vlan)}"
    return f"{network.kind}, differs between the hosts" if rows else network.kind


def _vlan(number: int | None) -> str:
    return "VLAN not known" if number is None else f"VLAN {number}" if number else "untagged"


def _level(works: bool) -> Level:
    return "ok" if works else "warning"
