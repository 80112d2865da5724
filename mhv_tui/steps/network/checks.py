"""The checks of the page `network` about the port group itself: name, switch, VLAN, and every host that needs it."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.core.text import be, count, join_names, nearest
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, passed, privilege_finding, skipped
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.facts import (
    NetworkFacts,
    NetworkView,
    chosen_dvs,
    distributed_of_that_name,
    distributed_port_group,
    hosts_without,
    needed_privileges,
    standard_port_groups,
)
from mhv_tui.steps.network.name_checks import NO_NAME
from mhv_tui.steps.vcenter.answers import VcenterAnswers

CHECKS: list[Check[NetworkAnswers, NetworkFacts]] = []
POSTCONDITIONS: list[Check[NetworkAnswers, NetworkFacts]] = []

NOVA_NETWORK = ("network_manager", "flat_interface", "multi_host")
"""The answers that only nova-network uses."""

ON_EVERY_HOST = "The port group {} is on every host"
STANDARD = "network.kind is standard"
DISTRIBUTED = "network.kind is distributed"

Conflict = tuple[str, str, str]
"""The host or switch with another port group of the name, what differs, and the answer that adopts it, or ""."""


@check(CHECKS, "NW17")
def existing_one_is_as_answered(view: NetworkView) -> Iterator[Finding]:
    """NW17: an existing port group has the answered kind, switch and VLAN."""
    name = view.answers.port_group
    if not name:
        yield skipped("NW17", NO_NAME)
        return
    standard = view.answers.kind == "standard"
    conflicts = list(_standard_conflicts(view) if standard else _distributed_conflicts(view))
    for where, problem, adopt in conflicts:
        yield finding("NW17", "failure", problem, subject=where, remedy=_adopt_remedy(adopt))
    if not standard and not conflicts and (network := distributed_port_group(view)) and network.vlan_id is None:
        detail = f"the VLAN of {name} is not known: it is a private VLAN (PVLAN), or this login has no right to read it"
        remedy = f"Check in vCenter that its VLAN is {view.answers.vlan_id}, and continue if it is."
        yield finding("NW17", "unknown", detail, subject=name, remedy=remedy)
        return
    existing = standard_port_groups(view) if standard else distributed_of_that_name(view)
    if not existing and not conflicts:
        yield skipped("NW17", f"{name} does not exist yet", name)
    elif not conflicts:
        yield finding("NW17", "ok", f"{name} exists and has the answered settings", subject=name)


def _adopt_remedy(adopt: str) -> str:
    correct = f"{adopt}, correct" if adopt else "Correct"
    choose = "or choose another name for network.port_group"
    return f"{correct} this port group in vCenter, {choose}. mhv-tui never changes a port group that it did not create."


def _standard_conflicts(view: NetworkView) -> Iterator[Conflict]:
    answers, name, port_groups = view.answers, view.answers.port_group, standard_port_groups(view)
    for network in distributed_of_that_name(view):
        yield network.name, f"{name} is a distributed port group", "Set network.kind to distributed to use it"
    same_vlan = len({p.vlan_id for p in port_groups.values()}) == 1
    for host, port_group in port_groups.items():
        if port_group.switch != answers.switch:
            detail = f"{name} on {host} is on the switch {port_group.switch}, not on {answers.switch}"
            yield host, detail, f"Set network.switch to {port_group.switch}"
        elif same_vlan and port_group.vlan_id != answers.vlan_id:
            detail = f"{name} on {host} has VLAN {port_group.vlan_id}, not {answers.vlan_id}"
            yield host, detail, f"Set network.vlan_id to {port_group.vlan_id}"


def _distributed_conflicts(view: NetworkView) -> Iterator[Conflict]:
    dvs, name = chosen_dvs(view), view.answers.port_group
    for host in standard_port_groups(view):
        yield host, f"{name} on {host} is a standard port group", "Set network.kind to standard to use it"
    for network in distributed_of_that_name(view):
        if dvs is None or network.dvs_id != dvs.id:
            named = next((d.name for d in view.facts.inventory.switches if d.id == network.dvs_id), "")
            chosen, adopt = view.answers.dvs or "the chosen switch", f"Set network.dvs to {named}" if named else ""
            yield network.dvs_id or name, f"{name} is on {named or 'another switch'}, not on {chosen}", adopt
        elif network.trunk:
            yield dvs.name, f"{name} on {dvs.name} is a trunk of several VLANs, not VLAN {view.answers.vlan_id}", ""
        elif network.vlan_id is not None and network.vlan_id != view.answers.vlan_id:
            detail = f"{name} on {dvs.name} has VLAN {network.vlan_id}, not {view.answers.vlan_id}"
            yield dvs.name, detail, f"Set network.vlan_id to {network.vlan_id}"


@check(CHECKS, "NW07")
def vlan_is_the_same_everywhere(view: NetworkView) -> Iterator[Finding]:
    """NW07: a standard port group has the same VLAN on every host; each host has its own setting."""
    port_groups = standard_port_groups(view) if view.answers.kind == "standard" else {}
    vlans = {p.vlan_id for p in port_groups.values()}
    name = view.answers.port_group
    if len(vlans) > 1:
        rows = join_names(f"{p.vlan_id} on {host}" for host, p in port_groups.items())
        yield finding("NW07", "failure", f"{name} has VLAN {rows}", subject=name)
    elif len(port_groups) > 1:
        yield finding("NW07", "ok", f"{name} has VLAN {vlans.pop()} on {count(len(port_groups), 'host')}", subject=name)
    else:
        standard = view.answers.kind == "standard"
        yield skipped("NW07", "fewer than two hosts have the port group" if standard else DISTRIBUTED, name)


@check(CHECKS, "NW09")
def switch_is_everywhere(view: NetworkView) -> Iterator[Finding]:
    """NW09: the switch for the port group exists; a standard one on every host."""
    if not view.answers.port_group:
        yield skipped("NW09", NO_NAME)
    elif view.answers.kind == "distributed":
        yield _distributed_switch(view)
    else:
        yield _standard_switch(view)


def _standard_switch(view: NetworkView) -> Finding:
    switch = view.answers.switch
    hosts = [h for h in view.facts.hosts if h.state == "connected"]
    lacking = {h.name: [s.name for s in h.switches] for h in hosts if switch not in [s.name for s in h.switches]}
    if not hosts:
        detail = f"no host of the cluster is connected, so it is not known whether {switch} exists"
        return finding("NW09", "unknown", detail, subject=switch)
    if not lacking:
        return finding("NW09", "ok", f"{switch} is on {count(len(hosts), 'host')}", subject=switch)
    rows = join_names(f"{host} (which has {join_names(names)})" for host, names in lacking.items())
    return finding("NW09", "failure", f"the standard switch {switch} does not exist on {rows}", subject=switch)


def _distributed_switch(view: NetworkView) -> Finding:
    dvs, name = chosen_dvs(view), view.answers.dvs
    if dvs:
        return finding("NW09", "ok", f"vCenter has the switch {dvs.name} ({dvs.id})", subject=dvs.name)
    names = [d.name for d in view.facts.inventory.switches]
    datacenter = view.facts.cluster.datacenter
    if not names:
        remedy = "In vCenter, create a distributed switch and add the cluster's hosts to it."
        return finding("NW09", "failure", f"{datacenter} has no distributed switch", subject=name, remedy=remedy)
    near = nearest(name, names)
    hint = f"did you mean {near}?" if near else f"{datacenter} has {join_names(names)}"
    problem = f"{datacenter} has no distributed switch {name}" if name else "network.dvs is empty"
    remedy = "Set network.dvs to the name of a distributed switch."
    return finding("NW09", "failure", f"{problem}; {hint}", subject=name, remedy=remedy)


@check(CHECKS, "NW05")
def binding_is_ephemeral(view: NetworkView) -> Iterator[Finding]:
    """NW05: the port group has ephemeral binding, because nova attaches servers while they are powered off."""
    network = distributed_port_group(view) if view.answers.kind == "distributed" else None
    if network:
        level: Level = "ok" if network.binding == "ephemeral" else "failure"
        yield finding("NW05", level, f"{network.name} has {network.binding or 'unknown'} binding", subject=network.name)
    else:
        distributed = view.answers.kind == "distributed"
        yield skipped("NW05", "the port group does not exist yet" if distributed else STANDARD)


@check(CHECKS, "NW06")
def hosts_are_on_the_switch(view: NetworkView) -> Iterator[Finding]:
    """NW06: every host is on the distributed switch; other hosts cannot run servers that use the port group."""
    dvs = chosen_dvs(view) if view.answers.kind == "distributed" and view.answers.port_group else None
    if dvs is None:
        distributed = "no distributed switch is chosen yet" if view.answers.port_group else NO_NAME
        yield skipped("NW06", distributed if view.answers.kind == "distributed" else STANDARD)
        return
    outside = [h.name for h in view.facts.hosts if h.id not in dvs.host_ids]
    if outside:
        detail = f"{join_names(outside)} {be(len(outside))} not on {dvs.name}"
        yield finding("NW06", "failure", detail, subject=dvs.name)
    else:
        yield finding("NW06", "ok", f"{dvs.name} has all {count(len(view.facts.hosts), 'host')}", subject=dvs.name)


@check(CHECKS, "NW15")
def switch_has_an_uplink(view: NetworkView) -> Iterator[Finding]:
    """NW15: the standard switch has a connected uplink; without one servers reach only their own host."""
    if view.answers.kind != "standard" or not view.answers.port_group:
        yield skipped("NW15", NO_NAME if view.answers.kind == "standard" else DISTRIBUTED)
        return
    if unlinked := hosts_without_uplink(view):
        rows = join_names(f"{host} ({problem})" for host, problem in unlinked.items())
        detail = f"{view.answers.switch} has no working uplink on {rows}"
        yield finding("NW15", "warning", detail, subject=view.answers.switch)
    else:
        detail = f"{view.answers.switch} has a working uplink on every host"
        yield finding("NW15", "ok", detail, subject=view.answers.switch)


def hosts_without_uplink(view: NetworkView) -> dict[str, str]:
    """Returns the hosts whose switch for the port group has no working uplink: host name -> the reason."""
    unlinked: dict[str, str] = {}
    for host in view.facts.hosts:
        links = {nic.name: nic.link_mbit for nic in host.nics}
        for switch in host.switches:
            if switch.name == view.answers.switch and not any(links.get(p, 1) for p in switch.pnics):
                unlinked[host.name] = "all links are down" if switch.pnics else "no network adapter"
    return unlinked


@check(CHECKS, "NW12")
def mtu_is_the_same_everywhere(view: NetworkView) -> Iterator[Finding]:
    """NW12: the standard switch has the same MTU on every host; a difference is a warning."""
    if view.answers.kind != "standard":
        yield skipped("NW12", DISTRIBUTED)
        return
    switch = view.answers.switch
    mtus = {h.name: s.mtu for h in view.facts.hosts for s in h.switches if s.name == switch}
    if len(set(mtus.values())) > 1:
        rows = join_names(f"{mtu} on {host}" for host, mtu in mtus.items())
        yield finding("NW12", "warning", f"the MTU of {switch} is {rows}", subject=switch)
    elif mtus:
        detail = f"the MTU of {switch} is {next(iter(mtus.values()))} on {count(len(mtus), 'host')}"
        yield finding("NW12", "ok", detail, subject=switch)
    else:
        yield skipped("NW12", f"no host has the switch {switch}" if switch else "network.switch is empty", switch)


def unused(view: NetworkView) -> dict[str, str]:
    """The keys of the answers that have no effect on this cloud -> what gives them an effect."""
    is_nova_network = view.facts.networking == "nova-network"
    return {} if is_nova_network else dict.fromkeys(NOVA_NETWORK, "cloud.networking to nova-network")


@check(CHECKS, "WZ17")
def every_answer_is_used(view: NetworkView) -> Iterator[Finding]:
    """WZ17: every answer has an effect: no switch of the other kind, and no option of nova-network with Neutron."""
    answers, defaults = view.answers, NetworkAnswers()
    kinds = {"dvs": "distributed", "switch": "standard"}
    effects = {key: f"network.kind to {kind}" for key, kind in kinds.items() if kind != answers.kind} | unused(view)
    changed = [key for key in effects if getattr(answers, key) != getattr(defaults, key)]
    for key in changed:
        detail = f"network.{key} is {getattr(answers, key)}, but this answer has no effect"
        remedy = f"Clear network.{key}, or set {effects[key]}."
        yield finding("WZ17", "warning", detail, subject=f"network.{key}", remedy=remedy)
    if not changed:
        yield skipped("WZ17", f"every answer has an effect with {answers.kind} port groups and {view.facts.networking}")


@check(CHECKS, "VC12")
def privileges_are_granted(view: NetworkView) -> Iterator[Finding]:
    """VC12: the login may use the port group, or create it on the hosts or the switch."""
    who, all_needed = view.answers_of(VcenterAnswers).username, needed_privileges(view)
    if not all_needed:
        yield skipped("VC12", "no privilege is needed for this port group")
    for where, (object_id, needed) in all_needed.items():
        yield privilege_finding("VC12", where, who, view.facts.missing_privileges.get(object_id, ()), needed)


@check(POSTCONDITIONS, "NW03")
def port_group_is_on_every_host(view: NetworkView) -> Iterator[Finding]:
    """NW03: every host has the port group."""
    name = view.answers.port_group
    if not name:
        yield finding("NW03", "skipped", "network.port_group is empty, so the back end creates the port groups")
    elif view.answers.kind == "standard":
        yield from _standard_matrix(view)
    elif network := distributed_port_group(view):
        yield passed("NW03", ON_EVERY_HOST.format(name), f"{network.id} is a distributed port group", name)
    else:
        dvs = chosen_dvs(view)
        where = dvs.name if dvs else "any distributed switch"
        yield finding("NW03", "failure", f"{name} is not on {where}", subject=name, remedy=_remedy(view, where))


def _standard_matrix(view: NetworkView) -> Iterator[Finding]:
    name, hosts = view.answers.port_group, view.facts.hosts
    lacking = [h.name for h in hosts_without(view)]
    disconnected = [h.name for h in hosts if h.state != "connected" and h.name not in standard_port_groups(view)]
    if lacking:
        having = f"{len(standard_port_groups(view))} of {count(len(hosts), 'host')} have the port group"
        detail = f"{name} is missing on {join_names(lacking)}; {having}"
        yield finding("NW03", "failure", detail, subject=name, remedy=_remedy(view, join_names(lacking)))
    elif not disconnected:
        yield passed("NW03", ON_EVERY_HOST.format(name), f"{name} is on all {count(len(hosts), 'host')}", name)
    if disconnected:
        away = f"{join_names(disconnected)} {be(len(disconnected))} not connected"
        yield finding("NW03", "unknown", f"the port groups of some hosts are not known: {away}", subject=name)


def _remedy(view: NetworkView, where: str) -> str | None:
    if view.answers.manage:
        return None
    return f"Ask the network team to add {view.answers.port_group} on {where}, or set network.manage to true."
