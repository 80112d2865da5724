"""The facts of the page `network`: hosts and switches of the cluster, and how Neutron binds a port on the node.

The checks and the plan use the functions below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.context import Context, ProvenPort, Trial
from mhv_tui.core.errors import FindingError
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.steps import PageView
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.cluster.facts import chosen_cluster, hypervisor_names
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.trial import try_port
from mhv_tui.steps.node.answers import NodeAnswers, short_name
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login
from mhv_tui.steps.vcenter.facts import inventory_of


@dataclass(frozen=True, kw_only=True)
class NetworkFacts:
    """The cluster's hosts and switches, and how Neutron binds a port on the node."""

    inventory: vsphere.Inventory
    cluster: vsphere.Cluster
    networking: str
    """The cloud's networking service: neutron or nova-network."""
    hosts: tuple[vsphere.Host, ...]
    """The cluster's hosts, by name."""
    trial: Trial | None = None
    """How Neutron bound a trial port on the node; None if no port was tried."""
    proven: ProvenPort | None = None
    """The port of the last test server on the node; None if there was none, or if something was changed since."""
    node: str = ""
    """The host name that ports will be bound to; "" if it is not known yet."""
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id -> privilege ids that the login lacks there."""


NetworkView = PageView[NetworkAnswers, NetworkFacts]


def probe(ctx: Context, answers: NetworkAnswers) -> NetworkFacts:
    """Reads the inventory again and the login's missing privileges, and tries a port on the node if allowed."""
    inventory = inventory_of(ctx)
    cloud = ctx.facts_of(CloudFacts)
    if cloud is None:
        raise FindingError(finding("OS01", "skipped", "the cloud was not checked yet"))
    cluster = chosen_cluster(ctx)
    cluster = next((c for c in inventory.clusters if c.id == cluster.id), cluster)
    node = serving_host(cloud, inventory, cluster) or short_name(ctx.answers_of(NodeAnswers))
    facts = NetworkFacts(
        inventory=inventory,
        cluster=cluster,
        networking=cloud.networking,
        hosts=inventory.hosts_of(cluster),
        node=node,
        proven=next((port for port in ctx.proven_ports if label(port.host) == label(node)), None),
    )
    needed = dict(needed_privileges(PageView(answers, facts, ctx.answers, ctx.earlier)).values())
    vcenter = ctx.backend.vcenter(vcenter_login(ctx.answers_of(VcenterAnswers)))
    missing = vcenter.missing_privileges(needed) if needed else {}
    return replace(facts, missing_privileges=missing, trial=try_port(ctx, cloud, node))


def label(host: str) -> str:
    """Returns the host name without its domain, because nova and the agents may report it with or without."""
    return host.partition(".")[0]


def serving_host(cloud: CloudFacts, inventory: vsphere.Inventory, cluster: vsphere.Cluster) -> str:
    """Returns the host whose nova-compute already serves the cluster; "" if no host does."""
    names = hypervisor_names(inventory, cluster)
    return next((h.service_host for h in cloud.hypervisors if h.hostname in names), "")


def standard_port_groups(view: NetworkView) -> Mapping[str, vsphere.HostPortGroup]:
    """Returns the existing standard port groups with the answered name, by host name."""
    name = view.answers.port_group
    rows = ((host.name, p) for host in view.facts.hosts for p in host.port_groups if p.name == name)
    return dict(rows)


def hosts_without(view: NetworkView) -> tuple[vsphere.Host, ...]:
    """Returns the connected hosts without the standard port group; disconnected hosts report no port groups."""
    port_groups = standard_port_groups(view)
    return tuple(h for h in view.facts.hosts if h.state == "connected" and h.name not in port_groups)


def distributed_of_that_name(view: NetworkView) -> tuple[vsphere.Network, ...]:
    """The distributed port groups of exactly the answered name in the cluster's datacenter."""
    datacenter = view.facts.cluster.datacenter
    return tuple(
        n
        for n in view.facts.inventory.networks
        if n.kind == "distributed" and n.name == view.answers.port_group and n.datacenter in ("", datacenter)
    )


def chosen_dvs(view: NetworkView) -> vsphere.Dvs | None:
    """Returns the answered distributed switch, else the one that has the port group, else the only one, else None."""
    datacenter = view.facts.cluster.datacenter
    switches = [d for d in view.facts.inventory.switches if d.datacenter in ("", datacenter)]
    if view.answers.dvs:
        return next((d for d in switches if d.name == view.answers.dvs), None)
    ids = {n.dvs_id for n in distributed_of_that_name(view)}
    candidates = [d for d in switches if d.id in ids] or switches
    return candidates[0] if len(candidates) == 1 else None


def distributed_port_group(view: NetworkView) -> vsphere.Network | None:
    """The distributed port group of the answered name on the chosen switch."""
    dvs = chosen_dvs(view)
    return next((n for n in distributed_of_that_name(view) if dvs and n.dvs_id == dvs.id), None)


def needed_privileges(view: NetworkView) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Returns the privileges to use or create the port group: object in words -> object id and privileges."""
    answers, cluster = view.answers, view.facts.cluster
    existing = [n for n in view.facts.inventory.networks_of(cluster) if n.name == answers.port_group]
    needed = {f"the network {n.name}": (n.id, privileges.NETWORK) for n in existing}
    if not answers.manage or not answers.port_group:
        return needed
    if answers.kind == "standard":
        return needed | {f"the host {h.name}": (h.id, privileges.ADD_PORT_GROUP) for h in hosts_without(view)}
    dvs = chosen_dvs(view)
    return needed | ({f"the switch {dvs.name}": (dvs.id, privileges.ADD_DVPORTGROUP)} if dvs and not existing else {})


def identities(view: NetworkView) -> Iterator[ObjectIdentity]:
    """A distributed port group and its switch by their moIds; a standard port group has no identity of its own."""
    place = vcenter_login(view.answers_of(VcenterAnswers)).system
    dvs, port_group = chosen_dvs(view), distributed_port_group(view)
    if view.answers.kind == "distributed" and dvs and port_group:
        yield ObjectIdentity("switch", dvs.name, place, dvs.id)
        yield ObjectIdentity("port group", port_group.name, place, port_group.id)
