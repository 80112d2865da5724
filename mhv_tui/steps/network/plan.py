"""The plan of the page `network`, which creates the port group, and its choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.changes.vsphere import AddDistributedPortGroup, AddPortGroup
from mhv_tui.core import vsphere
from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Check, Choice
from mhv_tui.core.text import count
from mhv_tui.steps.checks import health_of
from mhv_tui.steps.network import checks, name_checks
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.facts import (
    NetworkFacts,
    NetworkView,
    chosen_dvs,
    distributed_port_group,
    hosts_without,
)
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login

GROUP_CHECKS = (
    name_checks.name_is_a_bridge_name,
    name_checks.nova_finds_it_alone,
    checks.vlan_is_the_same_everywhere,
    checks.binding_is_ephemeral,
    checks.hosts_are_on_the_switch,
    checks.port_group_is_on_every_host,
)


NetworkCheck = Check[NetworkAnswers, NetworkFacts]


def plan(view: NetworkView) -> Sequence[Change]:
    """Returns the changes that create the port group: on each connected host, or once on the distributed switch."""
    answers = view.answers
    if not answers.manage or not answers.port_group:
        return ()
    login = vcenter_login(view.answers_of(VcenterAnswers))
    if answers.kind == "standard":
        return [
            AddPortGroup(
                login=login,
                host_id=host.id,
                host=host.name,
                name=answers.port_group,
                switch=answers.switch,
                vlan_id=answers.vlan_id,
            )
            for host in hosts_without(view)
        ]
    dvs = chosen_dvs(view)
    if dvs is None or distributed_port_group(view):
        return ()
    change = AddDistributedPortGroup(
        login=login, dvs_id=dvs.id, dvs=dvs.name, name=answers.port_group, vlan_id=answers.vlan_id
    )
    return (change,)


def choices(view: NetworkView) -> Mapping[str, Sequence[Choice]]:
    """Returns the networks, distributed switches and standard switches as choices, each with its worst finding."""
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
        vlan = "trunk" if network.trunk else f"VLAN {'?' if network.vlan_id is None else network.vlan_id}"
        return f"{network.name}  {network.kind}, {network.binding or 'no'} binding, {vlan}"
    vlan_ids = [p.vlan_id for h in view.facts.hosts for p in h.port_groups if p.name == network.name]
    vlans = "/".join(str(vlan_id) for vlan_id in sorted(set(vlan_ids)))
    hosts = f"{len(vlan_ids)} of {count(len(view.facts.hosts), 'host')}"
    return f"{network.name}  standard, on {hosts}, VLAN {vlans or '?'}"


def _dvs_label(view: NetworkView, dvs: vsphere.Dvs) -> str:
    members = sum(h.id in dvs.host_ids for h in view.facts.hosts)
    return f"{dvs.name}  {members} of {count(len(view.facts.hosts), 'host')}"


def _switch_label(view: NetworkView, switch: str) -> str:
    members = sum(any(s.name == switch for s in h.switches) for h in view.facts.hosts)
    return f"{switch}  on {members} of {count(len(view.facts.hosts), 'host')}"


def _group_health(view: NetworkView, network: vsphere.Network) -> Finding | None:
    kind = network.kind if network.kind == "distributed" else "standard"
    dvs = next((d.name for d in view.facts.inventory.switches if d.id == network.dvs_id), view.answers.dvs)
    # What the plan creates on the other hosts is no problem of a choice.
    group = [check for check in GROUP_CHECKS if check not in checks.POSTCONDITIONS or not view.answers.manage]
    return _health(view, replace(view.answers, port_group=network.name, kind=kind, dvs=dvs), group)


def _dvs_health(view: NetworkView, dvs: vsphere.Dvs) -> Finding | None:
    name = view.answers.port_group or "any"
    answers = replace(view.answers, kind="distributed", dvs=dvs.name, port_group=name)
    return _health(view, answers, (checks.hosts_are_on_the_switch,))


def _switch_health(view: NetworkView, switch: str) -> Finding | None:
    answers = replace(view.answers, kind="standard", switch=switch, port_group=view.answers.port_group or "any")
    return _health(view, answers, (checks.switch_is_everywhere, checks.switch_has_an_uplink))


def _health(view: NetworkView, answers: NetworkAnswers, group: Sequence[NetworkCheck]) -> Finding | None:
    return health_of(group, replace(view, answers=answers))
