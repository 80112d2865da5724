"""The page of the port group: what the servers' adapters are attached to, on every host of the cluster.

Refuses to touch a port group that is there already: it is adopted as it is, or the road stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.changes.vsphere import AddDistributedPortGroup, AddPortGroup
from mhv_tui.core import openstack, vsphere
from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.findings import Finding
from mhv_tui.core.ports import Cloud
from mhv_tui.core.steps import Choice, PageView, Step
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import by_name
from mhv_tui.steps import network_checks, network_cloud_checks
from mhv_tui.steps.checks import StepCheck, all_checks, node_name, seen, worst_finding
from mhv_tui.steps.cloud import CloudAnswers, CloudFacts
from mhv_tui.steps.cloud import login_of as cloud_login
from mhv_tui.steps.cluster import node_names
from mhv_tui.steps.datastore import chosen_cluster
from mhv_tui.steps.network_facts import (
    NetworkAnswers,
    NetworkFacts,
    NetworkView,
    Trial,
    distributed,
    dvs_of,
    without,
)
from mhv_tui.steps.vcenter import VcenterAnswers, inventory_of
from mhv_tui.steps.vcenter import login_of as vcenter_login

__all__ = ["STEP", "NetworkAnswers", "NetworkFacts", "Trial"]


def probe(ctx: Context, asked: NetworkAnswers) -> NetworkFacts:
    """A fresh inventory, the privileges for what is missing in it, and, where allowed, a port bound to the node."""
    inventory = inventory_of(ctx)
    cloud = seen(ctx.earlier, "cloud", CloudFacts)
    if cloud is None:
        raise FindingError(finding("OS01", "skipped", "the cloud was not checked yet"))
    cluster = chosen_cluster(ctx)
    cluster = next((c for c in inventory.clusters if c.id == cluster.id), cluster)
    node = served_by(cloud, inventory, cluster) or node_name(ctx.answers)
    facts = NetworkFacts(inventory, cluster, cloud.networking, inventory.hosts_of(cluster), node=node)
    view = PageView(asked, facts, ctx.answers, ctx.earlier)
    wanted = dict(network_checks.wanted_privileges(view).values())
    vcenter = ctx.backend.vcenter(vcenter_login(ctx.answers.of("vcenter", VcenterAnswers)))
    missing = vcenter.missing_privileges(wanted) if wanted else {}
    return replace(facts, missing_privileges=missing, trial=trial(ctx, cloud, node))


def served_by(cloud: CloudFacts, inventory: vsphere.Inventory, cluster: vsphere.Cluster) -> str:
    """The host whose nova-compute serves the cluster already; "" where none does."""
    names = node_names(inventory, cluster)
    return next((h.service_host for h in cloud.hypervisors if h.hostname in names), "")


def trial(ctx: Context, cloud: CloudFacts, node: str) -> Trial | None:
    """What Neutron makes of a port on the node: tried and taken away, and only where a probe may try."""
    old = cloud.release is not None and cloud.release < by_name("mitaka")
    network = tried_network(cloud, ctx.answers)
    if not ctx.trial_allowed or cloud.networking != "neutron" or old or not node or network is None:
        return None
    world = ctx.backend.cloud(cloud_login(ctx.answers.of("cloud", CloudAnswers)))
    name = f"mhv-tui-trial-{ctx.session}"
    clear(world, name)
    try:
        port = world.create_port(network.id, name, node)
    finally:
        clear(world, name)
    return Trial(network.name, node, port.vif_type, port.vif_details)


def clear(world: Cloud, name: str) -> None:
    """Takes away the ports of that name, and those that a killed look has left."""
    for port in world.ports(name):
        world.delete_port(port.id)


def tried_network(cloud: CloudFacts, answers: Answers) -> openstack.CloudNetwork | None:
    """The network of the proof, else one that a port group could carry, else any."""
    wanted = str(getattr(answers.tables.get("prove"), "network", "") or "")
    ranked = sorted(
        cloud.networks,
        key=lambda n: (wanted not in (n.name, n.id) or not wanted, n.provider_type not in ("flat", "vlan"), n.name),
    )
    return ranked[0] if ranked else None


def plan(view: NetworkView) -> Sequence[Change]:
    """The port group on each connected host that lacks it, or once on the distributed switch."""
    asked = view.asked
    if not asked.manage or not asked.port_group:
        return ()
    login = vcenter_login(view.answers.of("vcenter", VcenterAnswers))
    if asked.kind == "standard":
        return [
            AddPortGroup(
                login=login,
                host_id=host.id,
                host=host.name,
                name=asked.port_group,
                switch=asked.switch,
                vlan_id=asked.vlan_id,
            )
            for host in without(view)
        ]
    dvs = dvs_of(view)
    if dvs is None or distributed(view):
        return ()
    return (
        AddDistributedPortGroup(login=login, dvs_id=dvs.id, dvs=dvs.name, name=asked.port_group, vlan_id=asked.vlan_id),
    )


def choices(view: NetworkView) -> Mapping[str, Sequence[Choice]]:
    """The networks, distributed switches and standard switches there are, each with what stands in its way."""
    inventory, cluster = view.facts.inventory, view.facts.cluster
    groups = [n for n in inventory.networks_of(cluster) if not n.uplink]
    dvses = [d for d in inventory.switches if d.datacenter in ("", cluster.datacenter)]
    switches = sorted({s.name for h in view.facts.hosts for s in h.switches})
    return {
        "port_group": [Choice(n.name, _group_label(view, n), _group_health(view, n)) for n in groups],
        "dvs": [Choice(d.name, _dvs_label(view, d), _dvs_health(view, d)) for d in dvses],
        "switch": [Choice(s, _switch_label(view, s), _switch_health(view, s)) for s in switches],
    }


def _group_label(view: NetworkView, network: vsphere.Network) -> str:
    if network.kind != "standard":
        return f"{network.name}  {network.kind}, {network.binding or 'no'} binding, VLAN {network.vlan_id or 0}"
    holders = [p.vlan_id for h in view.facts.hosts for p in h.port_groups if p.name == network.name]
    vlans = "/".join(str(v) for v in sorted(set(holders)))
    return f"{network.name}  standard, on {len(holders)} of {len(view.facts.hosts)} hosts, VLAN {vlans or '?'}"


def _dvs_label(view: NetworkView, dvs: vsphere.Dvs) -> str:
    members = sum(h.id in dvs.host_ids for h in view.facts.hosts)
    return f"{dvs.name}  {members} of {len(view.facts.hosts)} hosts"


def _switch_label(view: NetworkView, switch: str) -> str:
    members = sum(any(s.name == switch for s in h.switches) for h in view.facts.hosts)
    return f"{switch}  on {members} of {len(view.facts.hosts)} hosts"


def _group_health(view: NetworkView, network: vsphere.Network) -> Finding | None:
    kind = network.kind if network.kind == "distributed" else "standard"
    dvs = next((d.name for d in view.facts.inventory.switches if d.id == network.dvs_id), view.asked.dvs)
    return _health(view, replace(view.asked, port_group=network.name, kind=kind, dvs=dvs), GROUP_CHECKS)


def _dvs_health(view: NetworkView, dvs: vsphere.Dvs) -> Finding | None:
    name = view.asked.port_group or "any"
    wanted = replace(view.asked, kind="distributed", dvs=dvs.name, port_group=name)
    return _health(view, wanted, (network_checks.hosts_are_on_the_switch,))


def _switch_health(view: NetworkView, switch: str) -> Finding | None:
    wanted = replace(view.asked, kind="standard", switch=switch, port_group=view.asked.port_group or "any")
    return _health(view, wanted, (network_checks.switch_is_everywhere, network_checks.switch_has_an_uplink))


GROUP_CHECKS = (
    network_checks.name_is_a_bridge_name,
    network_checks.no_longer_name_holds_it,
    network_checks.vlan_is_the_same_everywhere,
    network_checks.binding_is_ephemeral,
    network_checks.hosts_are_on_the_switch,
    network_checks.port_group_is_on_every_host,
)


NetworkCheck = StepCheck[NetworkAnswers, NetworkFacts]


def _health(view: NetworkView, asked: NetworkAnswers, checks: Sequence[NetworkCheck]) -> Finding | None:
    return worst_finding(all_checks(*checks)(replace(view, asked=asked)))


STEP: Step[NetworkAnswers, NetworkFacts] = Step(
    id="network",
    title="Port group",
    intro="What the servers are attached to: one port group, the same on every host of the cluster.",
    answers=NetworkAnswers,
    probe=probe,
    preconditions=all_checks(*network_cloud_checks.CHECKS, *network_checks.CHECKS),
    postconditions=network_checks.port_group_is_on_every_host,
    plan=plan,
    choices=choices,
    requires=("cloud", "vcenter", "cluster"),
)
