"""The checks of the port group itself: its name, its switch, its VLAN, and every host that has to have it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from mhv_tui.core.findings import Finding, Level
from mhv_tui.domain import networks, privileges
from mhv_tui.domain.catalogue import found
from mhv_tui.steps.checks import count, lacks, short
from mhv_tui.steps.cloud import release_of
from mhv_tui.steps.network_facts import NetworkLook, distributed, dvs_of, namesakes, standing, without
from mhv_tui.steps.vcenter import VcenterAnswers


def name_is_a_bridge_name(look: NetworkLook) -> Iterator[Finding]:
    """NW08: under nova-network the port group's name is a Linux bridge's as well."""
    name = look.asked.port_group
    if look.facts.networking != "nova-network":
        return
    trouble = networks.bridge_name_trouble(name)
    if not trouble:
        yield found("NW08", "ok", f"{name} is also flat_network_bridge", subject=name)
        return
    remedy = f"set network.port_group to a name such as {networks.suggest_bridge(name)}"
    yield found("NW08", "failure", trouble if name else "no port group is named", subject=name, remedy=remedy)


def no_longer_name_holds_it(look: NetworkLook) -> Iterator[Finding]:
    """NW04: from Juno on nova takes the first distributed port group whose name contains the wanted one."""
    name, release = look.asked.port_group, release_of(look.earlier)
    if not name:
        return
    seen = look.facts.inventory.networks_of(look.facts.cluster)
    traps = networks.port_groups_taken_for(name, [n.name for n in seen if n.kind == "distributed"], release)
    if traps:
        yield found("NW04", "failure", f"{name} is part of {short(traps)}: nova may take that instead", subject=name)
    else:
        yield found("NW04", "ok", f"none of {count(len(seen), 'network')} would be taken for {name}", subject=name)


def standing_one_is_the_wanted_one(look: NetworkLook) -> Iterator[Finding]:
    """NW17: what is there already has the answered switch and VLAN, and is of the answered kind."""
    name = look.asked.port_group
    if not name:
        return
    wrong = _standard_conflicts(look) if look.asked.kind == "standard" else _distributed_conflicts(look)
    rows = list(wrong)
    for where, why in rows:
        yield found("NW17", "failure", f"{name} on {where} {why}", subject=where)
    have = standing(look) if look.asked.kind == "standard" else namesakes(look)
    if have and not rows:
        yield found("NW17", "ok", f"{name} is there as it is wanted", subject=name)


def _standard_conflicts(look: NetworkLook) -> Iterator[tuple[str, str]]:
    asked, have = look.asked, standing(look)
    for network in namesakes(look):
        yield network.name, "is a distributed port group; set network.kind to distributed to adopt it"
    agreed = len({p.vlan_id for p in have.values()}) == 1
    for host, there in have.items():
        if there.switch != asked.switch:
            yield host, f"is on {there.switch}, not on {asked.switch}"
        elif agreed and there.vlan_id != asked.vlan_id:
            yield host, f"has VLAN {there.vlan_id}, not {asked.vlan_id}"


def _distributed_conflicts(look: NetworkLook) -> Iterator[tuple[str, str]]:
    dvs = dvs_of(look)
    for host in standing(look):
        yield host, "is a standard port group; set network.kind to standard to adopt it"
    for network in namesakes(look):
        if dvs is None or network.dvs_id != dvs.id:
            yield network.dvs_id or "another switch", f"is not on {look.asked.dvs or 'the switch that is wanted'}"
        elif network.vlan_id is not None and network.vlan_id != look.asked.vlan_id:
            yield dvs.name, f"has VLAN {network.vlan_id}, not {look.asked.vlan_id}"


def vlan_is_the_same_everywhere(look: NetworkLook) -> Iterator[Finding]:
    """NW07: standard port groups are set up host by host, and drift."""
    have = standing(look) if look.asked.kind == "standard" else {}
    vlans = {p.vlan_id for p in have.values()}
    name = look.asked.port_group
    if len(vlans) > 1:
        rows = short(f"{p.vlan_id} on {host}" for host, p in have.items())
        yield found("NW07", "failure", f"{name} has VLAN {rows}", subject=name)
    elif len(have) > 1:
        yield found("NW07", "ok", f"VLAN {vlans.pop()} on {len(have)} hosts", subject=name)


def switch_is_everywhere(look: NetworkLook) -> Iterator[Finding]:
    """NW09: the switch that is to carry the port group is there, on every host where it is a standard one."""
    if not look.asked.port_group:
        return
    yield _distributed_switch(look) if look.asked.kind == "distributed" else _standard_switch(look)


def _standard_switch(look: NetworkLook) -> Finding:
    wanted = look.asked.switch
    hosts = [h for h in look.facts.hosts if h.state == "connected"]
    lacking = {h.name: [s.name for s in h.switches] for h in hosts if wanted not in [s.name for s in h.switches]}
    if not lacking:
        return found("NW09", "ok", f"{wanted} is on {count(len(hosts), 'host')}", subject=wanted)
    rows = short(f"{host} (it has {short(have)})" for host, have in lacking.items())
    return found("NW09", "failure", f"there is no {wanted} on {rows}", subject=wanted)


def _distributed_switch(look: NetworkLook) -> Finding:
    dvs, wanted = dvs_of(look), look.asked.dvs
    if dvs:
        return found("NW09", "ok", f"{dvs.name} ({dvs.id})", subject=dvs.name)
    there = [d.name for d in look.facts.inventory.switches]
    near = get_close_matches(wanted, there, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {short(there)}"
    what = f"{wanted} is no distributed switch of {look.facts.cluster.datacenter}" if wanted else "no switch is named"
    return found("NW09", "failure", f"{what}; {hint}", subject=wanted, remedy="set network.dvs to one of them")


def binding_is_ephemeral(look: NetworkLook) -> Iterator[Finding]:
    """NW05: nova connects guests while they are off, which only ephemeral binding survives."""
    network = distributed(look) if look.asked.kind == "distributed" else None
    if network:
        level: Level = "ok" if network.binding == "ephemeral" else "failure"
        yield found("NW05", level, f"{network.name} has {network.binding or 'unknown'} binding", subject=network.name)


def hosts_are_on_the_switch(look: NetworkLook) -> Iterator[Finding]:
    """NW06: a host off the switch cannot run a guest that is attached to it."""
    dvs = dvs_of(look) if look.asked.kind == "distributed" and look.asked.port_group else None
    if dvs is None:
        return
    off = [h.name for h in look.facts.hosts if h.id not in dvs.host_ids]
    if off:
        yield found("NW06", "failure", f"not on {dvs.name}: {short(off)}", subject=dvs.name)
    else:
        yield found("NW06", "ok", f"{count(len(look.facts.hosts), 'host')}, all on {dvs.name}", subject=dvs.name)


def switch_has_an_uplink(look: NetworkLook) -> Iterator[Finding]:
    """NW15: a standard switch without a linked NIC joins nothing but its own host's guests."""
    if look.asked.kind != "standard" or not look.asked.port_group:
        return
    dark: dict[str, str] = {}
    for host in look.facts.hosts:
        links = {nic.name: nic.link_mbit for nic in host.nics}
        for switch in host.switches:
            if switch.name == look.asked.switch and not any(links.get(p, 1) for p in switch.pnics):
                dark[host.name] = "all links are down" if switch.pnics else "it has no network adapter"
    if dark:
        rows = short(f"{host}: {why}" for host, why in dark.items())
        yield found("NW15", "warning", f"{look.asked.switch} on {rows}", subject=look.asked.switch)
    else:
        yield found("NW15", "ok", f"{look.asked.switch} has a linked adapter on every host", subject=look.asked.switch)


def mtu_is_the_same_everywhere(look: NetworkLook) -> Iterator[Finding]:
    """NW12: told where the hosts' switches differ."""
    wanted = look.asked.switch if look.asked.kind == "standard" else ""
    mtus = {h.name: s.mtu for h in look.facts.hosts for s in h.switches if s.name == wanted}
    if len(set(mtus.values())) > 1:
        rows = short(f"{mtu} on {host}" for host, mtu in mtus.items())
        yield found("NW12", "warning", f"the MTU of {wanted} is {rows}", subject=wanted)


def privileges_are_held(look: NetworkLook) -> Iterator[Finding]:
    """VC12 on the hosts or the switch where the port group is to be made."""
    who = look.answers.of("vcenter", VcenterAnswers).username
    for where, (object_id, wanted) in wanted_privileges(look).items():
        yield lacks("VC12", where, who, look.facts.missing_privileges.get(object_id, ()), wanted)


def wanted_privileges(look: NetworkLook) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """What attaching to the port group, and making what is missing, need: where -> object id and privileges."""
    asked, cluster = look.asked, look.facts.cluster
    there = [n for n in look.facts.inventory.networks_of(cluster) if n.name == asked.port_group]
    wanted = {f"the network {n.name}": (n.id, privileges.NETWORK) for n in there}
    if not asked.manage or not asked.port_group:
        return wanted
    if asked.kind == "standard":
        return wanted | {f"the host {h.name}": (h.id, privileges.ADD_PORT_GROUP) for h in without(look)}
    dvs = dvs_of(look)
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


def port_group_is_on_every_host(look: NetworkLook) -> Iterator[Finding]:
    """NW03, a goal: the matrix of hosts and port group has no hole."""
    name = look.asked.port_group
    if not name:
        yield found("NW03", "skipped", "no port group is named: the back end makes its own")
    elif look.asked.kind == "standard":
        yield from _standard_matrix(look)
    elif network := distributed(look):
        yield found("NW03", "ok", f"{name} ({network.id}) is a distributed port group", subject=name)
    else:
        dvs = dvs_of(look)
        where = dvs.name if dvs else "any distributed switch"
        yield found("NW03", "failure", f"{name} is not on {where}", subject=name, remedy=_whose(look, where))


def _standard_matrix(look: NetworkLook) -> Iterator[Finding]:
    name, hosts = look.asked.port_group, look.facts.hosts
    lacking = [h.name for h in without(look)]
    unseen = [h.name for h in hosts if h.state != "connected" and h.name not in standing(look)]
    if lacking:
        detail = f"{name} is missing on {short(lacking)}; {len(standing(look))} of {len(hosts)} hosts have it"
        yield found("NW03", "failure", detail, subject=name, remedy=_whose(look, short(lacking)))
    elif not unseen:
        yield found("NW03", "ok", f"{name} is on all {len(hosts)} hosts", subject=name)
    if unseen:
        yield found("NW03", "unknown", f"{short(unseen)} cannot be seen: not connected", subject=name)


def _whose(look: NetworkLook, where: str) -> str | None:
    if look.asked.manage:
        return None
    return f"have the network team add {look.asked.port_group} on {where}, or set network.manage to true"
