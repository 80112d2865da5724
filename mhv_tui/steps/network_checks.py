"""The checks of the port group itself: its name, its switch, its VLAN, and every host that has to have it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.text import be
from mhv_tui.domain import networks, privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import count, join_names, privilege_finding
from mhv_tui.steps.cloud import release_of
from mhv_tui.steps.network_facts import NetworkView, distributed, dvs_of, namesakes, standing, without
from mhv_tui.steps.vcenter import VcenterAnswers


def name_is_a_bridge_name(view: NetworkView) -> Iterator[Finding]:
    """NW08: under nova-network the port group's name is a Linux bridge's as well."""
    name = view.asked.port_group
    if view.facts.networking != "nova-network":
        return
    trouble = networks.bridge_name_trouble(name)
    if not trouble:
        yield finding("NW08", "ok", f"{name} is also flat_network_bridge", subject=name)
        return
    remedy = f"set network.port_group to a name such as {networks.suggest_bridge(name)}"
    yield finding("NW08", "failure", trouble if name else "no port group is named", subject=name, remedy=remedy)


def no_longer_name_holds_it(view: NetworkView) -> Iterator[Finding]:
    """NW04: from Juno on nova takes the first distributed port group whose name contains the wanted one."""
    name, release = view.asked.port_group, release_of(view.earlier)
    if not name:
        return
    seen = view.facts.inventory.networks_of(view.facts.cluster)
    traps = networks.port_groups_taken_for(name, [n.name for n in seen if n.kind == "distributed"], release)
    if traps:
        yield finding(
            "NW04",
            "failure",
            f"{name} is part of the name {join_names(traps)}: nova may take that port group instead",
            subject=name,
        )
    else:
        yield finding("NW04", "ok", f"nova takes none of {count(len(seen), 'network')} for {name}", subject=name)


def standing_one_is_the_wanted_one(view: NetworkView) -> Iterator[Finding]:
    """NW17: what is there already has the answered switch and VLAN, and is of the answered kind."""
    name = view.asked.port_group
    if not name:
        return
    wrong = _standard_conflicts(view) if view.asked.kind == "standard" else _distributed_conflicts(view)
    rows = list(wrong)
    for where, why in rows:
        yield finding("NW17", "failure", f"{name} on {where} {why}", subject=where)
    have = standing(view) if view.asked.kind == "standard" else namesakes(view)
    if have and not rows:
        yield finding("NW17", "ok", f"{name} exists with the answered settings", subject=name)


def _standard_conflicts(view: NetworkView) -> Iterator[tuple[str, str]]:
    asked, have = view.asked, standing(view)
    for network in namesakes(view):
        yield network.name, "is a distributed port group; set network.kind to distributed to adopt it"
    agreed = len({p.vlan_id for p in have.values()}) == 1
    for host, there in have.items():
        if there.switch != asked.switch:
            yield host, f"is on {there.switch}, not on {asked.switch}"
        elif agreed and there.vlan_id != asked.vlan_id:
            yield host, f"has VLAN {there.vlan_id}, not {asked.vlan_id}"


def _distributed_conflicts(view: NetworkView) -> Iterator[tuple[str, str]]:
    dvs = dvs_of(view)
    for host in standing(view):
        yield host, "is a standard port group; set network.kind to standard to adopt it"
    for network in namesakes(view):
        if dvs is None or network.dvs_id != dvs.id:
            yield network.dvs_id or "another switch", f"is not on {view.asked.dvs or 'the chosen switch'}"
        elif network.vlan_id is not None and network.vlan_id != view.asked.vlan_id:
            yield dvs.name, f"has VLAN {network.vlan_id}, not {view.asked.vlan_id}"


def vlan_is_the_same_everywhere(view: NetworkView) -> Iterator[Finding]:
    """NW07: standard port groups are set up host by host, and drift."""
    have = standing(view) if view.asked.kind == "standard" else {}
    vlans = {p.vlan_id for p in have.values()}
    name = view.asked.port_group
    if len(vlans) > 1:
        rows = join_names(f"{p.vlan_id} on {host}" for host, p in have.items())
        yield finding("NW07", "failure", f"{name} has VLAN {rows}", subject=name)
    elif len(have) > 1:
        yield finding("NW07", "ok", f"VLAN {vlans.pop()} on {len(have)} hosts", subject=name)


def switch_is_everywhere(view: NetworkView) -> Iterator[Finding]:
    """NW09: the switch that is to carry the port group is there, on every host where it is a standard one."""
    if not view.asked.port_group:
        return
    yield _distributed_switch(view) if view.asked.kind == "distributed" else _standard_switch(view)


def _standard_switch(view: NetworkView) -> Finding:
    wanted = view.asked.switch
    hosts = [h for h in view.facts.hosts if h.state == "connected"]
    lacking = {h.name: [s.name for s in h.switches] for h in hosts if wanted not in [s.name for s in h.switches]}
    if not lacking:
        return finding("NW09", "ok", f"{wanted} is on {count(len(hosts), 'host')}", subject=wanted)
    rows = join_names(f"{host} (it has {join_names(have)})" for host, have in lacking.items())
    return finding("NW09", "failure", f"there is no {wanted} on {rows}", subject=wanted)


def _distributed_switch(view: NetworkView) -> Finding:
    dvs, wanted = dvs_of(view), view.asked.dvs
    if dvs:
        return finding("NW09", "ok", f"{dvs.name} ({dvs.id})", subject=dvs.name)
    there = [d.name for d in view.facts.inventory.switches]
    near = get_close_matches(wanted, there, 1)
    hint = f"did you mean {near[0]}?" if near else f"{view.facts.cluster.datacenter} has {join_names(there)}"
    what = f"{wanted} is no distributed switch of {view.facts.cluster.datacenter}" if wanted else "no switch is named"
    return finding("NW09", "failure", f"{what}; {hint}", subject=wanted, remedy="set network.dvs to one of them")


def binding_is_ephemeral(view: NetworkView) -> Iterator[Finding]:
    """NW05: nova connects guests while they are off, which only ephemeral binding survives."""
    network = distributed(view) if view.asked.kind == "distributed" else None
    if network:
        level: Level = "ok" if network.binding == "ephemeral" else "failure"
        yield finding("NW05", level, f"{network.name} has {network.binding or 'unknown'} binding", subject=network.name)


def hosts_are_on_the_switch(view: NetworkView) -> Iterator[Finding]:
    """NW06: a host off the switch cannot run a guest that is attached to it."""
    dvs = dvs_of(view) if view.asked.kind == "distributed" and view.asked.port_group else None
    if dvs is None:
        return
    off = [h.name for h in view.facts.hosts if h.id not in dvs.host_ids]
    if off:
        yield finding("NW06", "failure", f"{join_names(off)} {be(len(off))} not on {dvs.name}", subject=dvs.name)
    else:
        yield finding("NW06", "ok", f"{count(len(view.facts.hosts), 'host')}, all on {dvs.name}", subject=dvs.name)


def switch_has_an_uplink(view: NetworkView) -> Iterator[Finding]:
    """NW15: a standard switch without a linked NIC joins nothing but its own host's guests."""
    if view.asked.kind != "standard" or not view.asked.port_group:
        return
    dark: dict[str, str] = {}
    for host in view.facts.hosts:
        links = {nic.name: nic.link_mbit for nic in host.nics}
        for switch in host.switches:
            if switch.name == view.asked.switch and not any(links.get(p, 1) for p in switch.pnics):
                dark[host.name] = "all links are down" if switch.pnics else "no network adapter"
    if dark:
        rows = join_names(f"{host} ({why})" for host, why in dark.items())
        detail = f"{view.asked.switch} has no working uplink on {rows}"
        yield finding("NW15", "warning", detail, subject=view.asked.switch)
    else:
        yield finding(
            "NW15", "ok", f"{view.asked.switch} has a linked adapter on every host", subject=view.asked.switch
        )


def mtu_is_the_same_everywhere(view: NetworkView) -> Iterator[Finding]:
    """NW12: told where the hosts' switches differ."""
    wanted = view.asked.switch if view.asked.kind == "standard" else ""
    mtus = {h.name: s.mtu for h in view.facts.hosts for s in h.switches if s.name == wanted}
    if len(set(mtus.values())) > 1:
        rows = join_names(f"{mtu} on {host}" for host, mtu in mtus.items())
        yield finding("NW12", "warning", f"the MTU of {wanted} is {rows}", subject=wanted)


def privileges_are_held(view: NetworkView) -> Iterator[Finding]:
    """VC12 on the hosts or the switch where the port group is to be made."""
    who = view.answers.of("vcenter", VcenterAnswers).username
    for where, (object_id, wanted) in wanted_privileges(view).items():
        yield privilege_finding("VC12", where, who, view.facts.missing_privileges.get(object_id, ()), wanted)


def wanted_privileges(view: NetworkView) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """What attaching to the port group, and making what is missing, need: where -> object id and privileges."""
    asked, cluster = view.asked, view.facts.cluster
    there = [n for n in view.facts.inventory.networks_of(cluster) if n.name == asked.port_group]
    wanted = {f"the network {n.name}": (n.id, privileges.NETWORK) for n in there}
    if not asked.manage or not asked.port_group:
        return wanted
    if asked.kind == "standard":
        return wanted | {f"the host {h.name}": (h.id, privileges.ADD_PORT_GROUP) for h in without(view)}
    dvs = dvs_of(view)
    return wanted | ({f"the switch {dvs.name}": (dvs.id, privileges.ADD_DVPORTGROUP)} if dvs and not there else {})


CHECKS = (
    name_is_a_bridge_name,
    no_longer_name_holds_it,
    standing_one_is_the_wanted_one,
    vlan_is_the_same_everywhere,
    switch_is_everywhere,
    binding_is_ephemeral,
    hosts_are_on_the_switch,
    switch_has_an_uplink,
    mtu_is_the_same_everywhere,
    privileges_are_held,
)


def port_group_is_on_every_host(view: NetworkView) -> Iterator[Finding]:
    """NW03, a goal: the matrix of hosts and port group has no hole."""
    name = view.asked.port_group
    if not name:
        yield finding("NW03", "skipped", "no port group is named: the back end creates its own")
    elif view.asked.kind == "standard":
        yield from _standard_matrix(view)
    elif network := distributed(view):
        yield finding("NW03", "ok", f"{name} ({network.id}) is a distributed port group", subject=name)
    else:
        dvs = dvs_of(view)
        where = dvs.name if dvs else "any distributed switch"
        yield finding("NW03", "failure", f"{name} is not on {where}", subject=name, remedy=_whose(view, where))


def _standard_matrix(view: NetworkView) -> Iterator[Finding]:
    name, hosts = view.asked.port_group, view.facts.hosts
    lacking = [h.name for h in without(view)]
    unseen = [h.name for h in hosts if h.state != "connected" and h.name not in standing(view)]
    if lacking:
        detail = f"{name} is missing on {join_names(lacking)}; {len(standing(view))} of {len(hosts)} hosts have it"
        yield finding("NW03", "failure", detail, subject=name, remedy=_whose(view, join_names(lacking)))
    elif not unseen:
        yield finding("NW03", "ok", f"{name} is on all {len(hosts)} hosts", subject=name)
    if unseen:
        yield finding(
            "NW03",
            "unknown",
            f"{join_names(unseen)} {be(len(unseen))} not connected, so the port groups there are not known",
            subject=name,
        )


def _whose(view: NetworkView, where: str) -> str | None:
    if view.asked.manage:
        return None
    return f"have the network team add {view.asked.port_group} on {where}, or set network.manage to true"
