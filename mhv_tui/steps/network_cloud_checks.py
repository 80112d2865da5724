"""The checks of the port group's other half: what the cloud's networking makes of this host. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding, Level
from mhv_tui.domain import networks
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.steps.checks import join_names, seen
from mhv_tui.steps.cloud import CloudFacts, release_of
from mhv_tui.steps.network_facts import NetworkView, Trial

NOVA_NETWORK: dict[str, tuple[Level, str]] = {
    "yes": ("ok", "has nova-network"),
    "cells-v1": ("warning", "runs nova-network only under cells v1"),
    "unsupported": ("warning", "has the code of nova-network, but no supported way to run it"),
    "no": ("failure", "has no nova-network: it was removed in Ussuri"),
}
"""What a release makes of nova-network (Release.nova_network)."""


def release_has_nova_network(view: NetworkView) -> Iterator[Finding]:
    """NW01."""
    if view.facts.networking != "nova-network":
        return
    release = release_of(view.earlier)
    if release is None:
        yield finding("NW01", "unknown", "the cloud's release is not known yet")
        return
    level, what = NOVA_NETWORK[release.nova_network]
    yield finding("NW01", level, f"{release.title} {what}", subject=release.name)


BINDS = {
    "Linux bridge agent": "bridge",
    "Open vSwitch agent": "ovs",
    "OVN Controller agent": "ovs",
    "NIC Switch agent": "hw_veb",
    "Macvtap agent": "macvtap",
}
"""Neutron's agent types whose mechanism drivers bind what nova's VMware driver refuses, and the VIF type they bind."""


def neutron_binds_for_vcenter(view: NetworkView) -> Iterator[Finding]:
    """NW02: from Mitaka on nova's driver takes VIF types dvs and, with NSX, ovs; told by a port that was tried."""
    release = release_of(view.earlier)
    if view.facts.networking != "neutron" or (release and release < by_name("mitaka")):
        return
    cloud, node, trial = seen(view.earlier, "cloud", CloudFacts), view.facts.node, view.facts.trial
    there = [a for a in cloud.agents if _short(a.host) == _short(node) and a.type in BINDS] if cloud and node else []
    if trial:
        networks_seen = view.facts.inventory.networks_of(view.facts.cluster)
        yield tried(trial, release, any(n.kind == "opaque" for n in networks_seen))
    elif any(a.alive for a in there):
        rows = join_names(f"{a.type} ({BINDS[a.type]})" for a in there if a.alive)
        yield finding("NW02", "failure", f"{node} runs {rows}; its ports cannot become dvs", subject=node)
    elif not node:
        yield finding(
            "NW02",
            "unknown",
            "the node is known only by an address; its own page tries a port",
            remedy=NAME_THE_NODE,
        )
    else:
        detail = f"it is not known yet how Neutron binds a port on {node}; apply tries one first"
        yield finding("NW02", "unknown", detail, subject=node, remedy=TRY_A_PORT)


def _short(host: str) -> str:
    """A host without its domain: nova and the agents may each call it by either."""
    return host.partition(".")[0]


NAME_THE_NODE = "go on to the page of the compute node"
TRY_A_PORT = "run apply: it tries a port first, takes it away at once, and stops there where none is bound"


def tried(trial: Trial, release: Release | None, opaque: bool) -> Finding:
    """NW02 as a port that was tried tells it; `opaque`: the cluster has NSX logical switches."""
    detail = f"a port of {trial.network} on {trial.host} was bound as {trial.vif_type or 'nothing'}"
    shown = ", ".join(f"{key} {value}" for key, value in sorted(trial.details.items()) if key in TELLING)
    detail += f" ({shown})" if shown else ""
    trouble = networks.vif_type_trouble(trial.vif_type, release)
    if trial.vif_type == "ovs" and "nsx-logical-switch-id" not in trial.details:
        trouble = "" if opaque else "the cluster has no NSX logical switch for it"
    level: Level = "failure" if trouble else "ok"
    return finding("NW02", level, f"{detail}: {trouble}" if trouble else detail, subject=trial.host)


TELLING = ("dvs_port_group_name", "dvs_id", "pg_id", "nsx-logical-switch-id")
"""The binding details that nova's VMware driver looks a network up by (nova/virt/vmwareapi/vif.py)."""


def neutron_names_the_port_group(view: NetworkView) -> Iterator[Finding]:
    """NW03: the port group that Neutron tells nova to look for is there, or the one that is to be made."""
    wanted = view.facts.trial.details.get("dvs_port_group_name", "") if view.facts.trial else ""
    if not wanted:
        return
    there = {n.name for n in view.facts.inventory.networks_of(view.facts.cluster)}
    if wanted in there or wanted == view.asked.port_group:
        return
    detail = f"Neutron will tell nova to look for {wanted}, which {view.facts.cluster.name} does not have"
    remedy = f"set network.port_group to {wanted}, or have the back end make it"
    yield finding("NW03", "failure", detail, subject=wanted, remedy=remedy)


def security_groups_are_not_relied_on(view: NetworkView) -> Iterator[Finding]:
    """NW13: nobody enforces them between nova-network and vSphere."""
    if view.facts.networking == "nova-network":
        yield finding("NW13", "warning", "with nova-network, security groups have no effect on servers on vSphere")


def one_nova_network_serves(view: NetworkView) -> Iterator[Finding]:
    """NW10: without multi_host, two nova-networks give out the same addresses."""
    cloud = seen(view.earlier, "cloud", CloudFacts)
    if view.facts.networking != "nova-network" or cloud is None or view.asked.multi_host:
        return
    hosts = [s.host for s in cloud.services if s.binary == "nova-network" and s.state == "up"]
    if len(hosts) > 1:
        yield finding("NW10", "warning", f"nova-network runs on {join_names(hosts)}, and multi_host is false")
    else:
        yield finding(
            "NW10", "ok", f"nova-network runs on {join_names(hosts)}" if hosts else "no other nova-network runs"
        )


def integration_bridge_suits(view: NetworkView) -> Iterator[Finding]:
    """NW14: needed up to Liberty, harmful from Mitaka on without NSX-MH."""
    release, name = release_of(view.earlier), view.asked.integration_bridge
    if view.facts.networking != "neutron" or release is None:
        return
    if release < by_name("mitaka"):
        told = name or "br-int, nova's default"
        yield finding("NW14", "ok", f"{release.title} looks for the port group {told}", subject=name)
    elif name:
        remedy = "leave network.integration_bridge out, unless the back end is NSX-MH"
        detail = f"{release.title} would attach servers to an opaque network with the id {name}"
        yield finding("NW14", "warning", detail, subject=name, remedy=remedy)


CHECKS = (
    release_has_nova_network,
    neutron_binds_for_vcenter,
    neutron_names_the_port_group,
    security_groups_are_not_relied_on,
    one_nova_network_serves,
    integration_bridge_suits,
)
