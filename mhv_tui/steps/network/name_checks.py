"""The checks of the page `network` about the port group's name: what Linux and nova's search make of it."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Check
from mhv_tui.core.text import count, join_names
from mhv_tui.domain import networks
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.facts import NetworkFacts, NetworkView

CHECKS: list[Check[NetworkAnswers, NetworkFacts]] = []

NO_NAME = "no port group is named"
NOT_FOUND_BY_NAME = (
    "Use a port group whose name has no slash, backslash, percent sign or prefix of NSX-V. "
    "Continue only if Neutron gives nova the key of the port group (pg_id)."
)


@check(CHECKS, "NW08")
def name_is_a_bridge_name(view: NetworkView) -> Iterator[Finding]:
    """NW08: with nova-network the port group's name is also a valid name for a Linux bridge."""
    name = view.answers.port_group
    if view.facts.networking != "nova-network":
        yield skipped("NW08", "Neutron provides the networks and creates no bridge with this name", name)
        return
    problem = networks.bridge_name_trouble(name)
    if not problem:
        yield finding("NW08", "ok", f"{name} is also a valid name for flat_network_bridge", subject=name)
        return
    remedy = f"Set network.port_group to a name such as {networks.suggest_bridge(name)}."
    yield finding("NW08", "failure", problem if name else NO_NAME, subject=name, remedy=remedy)


@check(CHECKS, "NW04")
def nova_finds_it_alone(view: NetworkView) -> Iterator[Finding]:
    """NW04: nova finds the port group, and no other network, by the answered name."""
    name, kind, release = view.answers.port_group, view.answers.kind, release_of(view.earlier)
    if not name:
        yield skipped("NW04", NO_NAME)
        return
    cluster_networks = view.facts.inventory.networks_of(view.facts.cluster)
    longer = [
        n.name for n in cluster_networks if n.name != name and networks.is_taken_for(name, n.name, n.kind, release)
    ]
    twins = [f"{n.id} ({n.kind})" for n in cluster_networks if n.name == name]
    compared = networks.compared_name(name, kind, release)
    if longer:
        detail = f"{name} is part of the name {join_names(longer)}: nova may use that port group instead"
        yield finding("NW04", "failure", detail, subject=name)
    if len(twins) > 1:
        detail = f"{count(len(twins), 'network')} have the name {name}: {join_names(twins)}; nova uses one of them"
        yield finding("NW04", "failure", detail, subject=name, remedy="Rename all but one of them in vCenter.")
    if name not in compared:
        detail = f"nova does not find {name} by its name: it compares {compared}"
        yield finding("NW04", "warning", detail, subject=name, remedy=NOT_FOUND_BY_NAME)
    elif not longer and len(twins) < 2:
        detail = f"nova confuses none of the cluster's {count(len(cluster_networks), 'network')} with {name}"
        yield finding("NW04", "ok", detail, subject=name)
