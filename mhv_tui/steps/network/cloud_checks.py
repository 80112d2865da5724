"""The checks of the page `network` about the cloud: nova-network or Neutron, and how they treat the node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.core.context import Trial
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.core.text import join_names
from mhv_tui.domain import networks
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.steps.checks import check, passed, skipped
from mhv_tui.steps.cloud.facts import CloudFacts, release_of
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.facts import NetworkFacts, NetworkView, label

CHECKS: list[Check[NetworkAnswers, NetworkFacts]] = []

WITH_NEUTRON = "Neutron provides the networks"
WITH_NOVA_NETWORK = "nova-network provides the networks"
NO_RELEASE = "the cloud's release is not known yet"

NOVA_NETWORK: dict[str, tuple[Level, str]] = {
    "yes": ("ok", "{} has nova-network"),
    "cells-v1": ("warning", "{} runs nova-network only with cells v1"),
    "unsupported": ("warning", "{} has the code of nova-network, but no supported way to run it"),
    "no": ("failure", "{} has no nova-network, because Ussuri removed it"),
}
"""Release.nova_network -> level and sentence of the finding NW01, with a gap {} for the release."""


@check(CHECKS, "NW01")
def release_has_nova_network(view: NetworkView) -> Iterator[Finding]:
    if view.facts.networking != "nova-network":
        yield skipped("NW01", WITH_NEUTRON)
        return
    release = release_of(view.earlier)
    if release is None:
        yield finding("NW01", "unknown", NO_RELEASE)
        return
    level, sentence = NOVA_NETWORK[release.nova_network]
    yield finding("NW01", level, sentence.format(release.title), subject=release.name)


BINDS = {
    "Linux bridge agent": "bridge",
    "Open vSwitch agent": "ovs",
    "OVN Controller agent": "ovs",
    "NIC Switch agent": "hw_veb",
    "Macvtap agent": "macvtap",
}
"""Type of a Neutron agent -> VIF type that its mechanism driver binds, which nova's VMware driver refuses."""

CHECK_THE_NODE = "Continue to the page node, which reads the name. apply then tests the binding."
TEST_A_PORT = (
    "Continue: apply tests the binding first. It creates a port, reads the port's binding and deletes the port. "
    "If the binding is wrong, apply stops before it changes anything."
)

SHOWN_DETAILS = ("dvs_port_group_name", "dvs_id", "pg_id", "nsx-logical-switch-id")
"""The binding details by which nova's VMware driver finds a network (nova/virt/vmwareapi/vif.py)."""


@check(CHECKS, "NW02")
def neutron_binds_for_vcenter(view: NetworkView) -> Iterator[Finding]:
    """NW02: Neutron binds the node's ports with a VIF type that nova accepts: from Mitaka on dvs, or ovs with NSX."""
    release = release_of(view.earlier)
    if view.facts.networking != "neutron" or (release and release < by_name("mitaka")):
        old = f"nova {release.title} does not check how Neutron binds a port" if release else ""
        yield skipped("NW02", WITH_NOVA_NETWORK if view.facts.networking != "neutron" else old)
        return
    cloud, node, trial = view.facts_of(CloudFacts), view.facts.node, view.facts.trial
    agents = cloud.agents if cloud and node else ()
    binding = [a for a in agents if a.alive and label(a.host) == label(node) and a.type in BINDS]
    if trial:
        cluster_networks = view.facts.inventory.networks_of(view.facts.cluster)
        yield trial_finding(trial, release, any(n.kind == "opaque" for n in cluster_networks))
    elif binding:
        rows = join_names(f"{a.type} ({BINDS[a.type]})" for a in binding)
        yield finding("NW02", "failure", f"{node} runs {rows}, so Neutron cannot bind its ports as dvs", subject=node)
    elif proven := view.facts.proven:
        detail = f"a test server ran on {proven.host} with a port of the network {proven.network} on {proven.day}"
        yield finding("NW02", "ok", detail, subject=node)
    elif not node:
        detail = "it is not known yet how Neutron binds the node's ports, because the node's name is not known"
        yield finding("NW02", "unknown", detail, remedy=CHECK_THE_NODE)
    else:
        detail = f"it is not known yet how Neutron binds ports on {node}: only apply tests it"
        yield finding("NW02", "unknown", detail, subject=node, remedy=TEST_A_PORT)


def trial_finding(trial: Trial, release: Release | None, opaque: bool) -> Finding:
    """Returns the finding NW02 for a trial port; `opaque` is true if the cluster has NSX logical switches.

    A trial of an earlier run stops nothing: apply tries again.
    """
    is_unbound = trial.vif_type in networks.UNBOUND
    bound = f"not bound ({trial.vif_type or 'no type'})" if is_unbound else f"bound as {trial.vif_type}"
    day = f"on {trial.day}, " if trial.day else ""
    detail = f"{day}a test port of {trial.network} on {trial.host} was {bound}"
    values = ", ".join(f"{key} {value}" for key, value in sorted(trial.details.items()) if key in SHOWN_DETAILS)
    detail += f" ({values})" if values else ""
    problem = networks.vif_type_trouble(trial.vif_type, release)
    if trial.vif_type == "ovs" and "nsx-logical-switch-id" not in trial.details:
        problem = "" if opaque else "the cluster has no NSX logical switch for the type ovs"
    level: Level = "failure" if problem else "ok"
    found = finding("NW02", level, f"{detail}: {problem}" if problem else detail, subject=trial.host)
    return replace(found, tested_again=bool(problem and trial.day))


@check(CHECKS, "NW03")
def neutron_names_the_port_group(view: NetworkView) -> Iterator[Finding]:
    """NW03: the port group that Neutron names to nova exists in the cluster or is the answered one."""
    name = view.facts.trial.details.get("dvs_port_group_name", "") if view.facts.trial else ""
    cluster_names = {n.name for n in view.facts.inventory.networks_of(view.facts.cluster)}
    if not name and (proven := view.facts.proven):
        ran = f"a test server ran on {proven.host} on {proven.day}"
        detail = f"{ran}, so nova found the port group of the network {proven.network}"
        yield passed("NW03", f"nova finds the port group of {proven.network}", detail)
        return
    if not name:
        yield skipped("NW03", "no trial port shows the port group that Neutron names")
        return
    if name in cluster_names or name == view.answers.port_group:
        yield passed("NW03", f"Neutron names the port group {name} to nova", subject=name)
        return
    detail = f"Neutron names the port group {name} to nova, but {view.facts.cluster.name} does not have it"
    remedy = f"Set network.port_group to {name}, or let Neutron's back end create the port group."
    yield finding("NW03", "failure", detail, subject=name, remedy=remedy)


@check(CHECKS, "NW13")
def security_groups_are_not_relied_on(view: NetworkView) -> Iterator[Finding]:
    """NW13: warns that security groups have no effect on servers on vSphere with nova-network."""
    if view.facts.networking == "nova-network":
        yield finding("NW13", "warning", "with nova-network, security groups have no effect on servers on vSphere")
    else:
        yield skipped("NW13", "Neutron provides the networks, and its plug-in enforces security groups")


@check(CHECKS, "NW10")
def one_nova_network_serves(view: NetworkView) -> Iterator[Finding]:
    """NW10: without multi_host only one nova-network runs; two would give servers the same addresses."""
    cloud = view.facts_of(CloudFacts)
    if view.facts.networking != "nova-network" or cloud is None:
        yield skipped("NW10", WITH_NEUTRON)
        return
    if view.answers.multi_host:
        yield skipped("NW10", "network.multi_host is true, so every compute node runs nova-network")
        return
    hosts = [s.host for s in cloud.services if s.binary == "nova-network" and s.state == "up"]
    if len(hosts) > 1:
        yield finding("NW10", "warning", f"nova-network runs on {join_names(hosts)}, but network.multi_host is false")
    else:
        detail = f"nova-network runs on {join_names(hosts)}" if hosts else "no other nova-network runs"
        yield finding("NW10", "ok", detail)


@check(CHECKS, "NW14")
def integration_bridge_suits(view: NetworkView) -> Iterator[Finding]:
    """NW14: integration_bridge suits the release: needed up to Liberty, harmful from Mitaka on without NSX-MH."""
    release, name = release_of(view.earlier), view.answers.integration_bridge
    if view.facts.networking != "neutron":
        yield skipped("NW14", WITH_NOVA_NETWORK)
    elif release is None:
        yield finding("NW14", "unknown", NO_RELEASE, subject=name)
    elif release < by_name("mitaka"):
        port_group = name or "br-int, nova's default"
        yield finding("NW14", "ok", f"nova of {release.title} uses the port group {port_group}", subject=name)
    elif name:
        remedy = "Clear network.integration_bridge, unless Neutron's back end is NSX-MH."
        detail = f"nova of {release.title} would attach servers to an opaque network with the id {name}"
        yield finding("NW14", "warning", detail, subject=name, remedy=remedy)
    else:
        yield skipped("NW14", f"network.integration_bridge is empty, as {release.title} needs none")
