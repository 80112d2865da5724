"""The checks of the cluster: its name, its hosts, DRS, and who else uses it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from mhv_tui.changes.vsphere import SetDrs
from mhv_tui.core import openstack, vsphere
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import PageView
from mhv_tui.core.text import be
from mhv_tui.domain import nova, privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import count, join_names, node_name, privilege_finding, seen
from mhv_tui.steps.cloud import CloudFacts
from mhv_tui.steps.cluster_facts import ClusterAnswers, ClusterFacts
from mhv_tui.steps.vcenter import VcenterAnswers, login_of

ClusterView = PageView[ClusterAnswers, ClusterFacts]


def set_drs(view: ClusterView, cluster: vsphere.Cluster) -> SetDrs:
    """The fix of CL05 and CL06."""
    login = login_of(view.answers.of("vcenter", VcenterAnswers))
    return SetDrs(login=login, cluster_id=cluster.id, cluster=cluster.name)


def name_is_found(view: ClusterView) -> Iterator[Finding]:
    """CL01: exactly this path or name is in the inventory."""
    facts, wanted = view.facts, view.asked.path
    if facts.same_name:
        shown = facts.cluster or facts.same_name[0]
        yield finding("CL01", "ok", f"{shown.path} ({shown.id})", subject=shown.name)
        return
    known = [c.path for c in facts.inventory.clusters] + [c.name for c in facts.inventory.clusters]
    folded = {text.casefold(): text for text in known}
    near = [folded[text] for text in get_close_matches(wanted.casefold(), folded, 1, 0.6)]
    hint = f"; did you mean {near[0]}?" if near else f"; it has {join_names(c.path for c in facts.inventory.clusters)}"
    yield finding("CL01", "failure", f"{wanted} is no cluster of this vCenter{hint}", subject=wanted)


def name_is_unique(view: ClusterView) -> Iterator[Finding]:
    """CL02: nova.conf holds the name alone, and nova takes the first cluster of that name, wherever it is."""
    same = view.facts.same_name
    if len(same) == 1:
        yield finding("CL02", "ok", f"{same[0].name} exists once", subject=same[0].name)
    elif same:
        paths = join_names(c.path for c in same)
        detail = f"{same[0].name} exists {len(same)} times: {paths}; nova takes the first one it finds"
        yield finding("CL02", "failure", detail, subject=same[0].name)


def name_needs_no_escaping(view: ClusterView) -> Iterator[Finding]:
    """CL12: nova.conf can hold the name as it is: no $, no blanks or quotes at its ends."""
    if not view.facts.same_name:
        return
    name = view.facts.same_name[0].name
    written = nova.verbatim(name)
    if written == name:
        yield finding("CL12", "ok", name, subject=name)
    else:
        action = f"No action needed: mhv-tui writes cluster_name = {written}."
        remedy = f"{action} Keep this spelling if you edit nova.conf by hand."
        yield finding("CL12", "warning", f"the name {name!r} needs escaping in nova.conf", subject=name, remedy=remedy)


def cluster_has_hosts(view: ClusterView) -> Iterator[Finding]:
    """CL03."""
    if cluster := view.facts.cluster:
        hosts = view.facts.inventory.hosts_of(cluster)
        level: Level = "ok" if hosts else "failure"
        detail = (
            f"{count(len(hosts), 'host')}: {join_names(h.name for h in hosts)}"
            if hosts
            else f"{cluster.path} has no host"
        )
        yield finding("CL03", level, detail, subject=cluster.name)


def hosts_are_in_service(view: ClusterView) -> Iterator[Finding]:
    """CL04: nova counts connected hosts out of maintenance mode only."""
    if view.facts.cluster is None:
        return
    hosts = view.facts.inventory.hosts_of(view.facts.cluster)
    away = {h.name: "in maintenance mode" if h.state == "connected" else h.state for h in hosts if not in_service(h)}
    name = view.facts.cluster.name
    if away:
        level: Level = "warning" if len(away) < len(hosts) else "failure"
        rows = join_names(f"{host} is {state}" for host, state in away.items())
        yield finding(
            "CL04", level, f"{rows}; {len(hosts) - len(away)} of {len(hosts)} hosts are in service", subject=name
        )
    elif hosts:
        yield finding("CL04", "ok", f"{len(hosts)} of {len(hosts)} hosts are in service", subject=name)


def in_service(host: vsphere.Host) -> bool:
    """True where nova counts the host."""
    return host.state == "connected" and not host.maintenance


def drs_is_enabled(view: ClusterView) -> Iterator[Finding]:
    """CL05: nova leaves the placement on a host to DRS; a single host needs none."""
    cluster = view.facts.cluster
    if cluster is None:
        return
    if len(cluster.host_ids) < 2:
        yield finding("CL05", "ok", f"{cluster.name} has one host: there is nothing to place", subject=cluster.name)
    elif cluster.drs_enabled:
        yield finding("CL05", "ok", f"DRS of {cluster.name} is on", subject=cluster.name)
    else:
        detail = f"DRS of {cluster.name} is off, with {count(len(cluster.host_ids), 'host')}"
        yield finding("CL05", "failure", detail, subject=cluster.name, fix=set_drs(view, cluster).id)


def drs_is_fully_automated(view: ClusterView) -> Iterator[Finding]:
    """CL06: otherwise a server waits for somebody to approve a recommendation."""
    cluster = view.facts.cluster
    if cluster is None or not cluster.drs_enabled or len(cluster.host_ids) < 2:
        return
    level: Level = "ok" if cluster.drs_behavior == "fullyAutomated" else "failure"
    fix = set_drs(view, cluster).id if level == "failure" else None
    yield finding("CL06", level, f"DRS of {cluster.name} is {cluster.drs_behavior}", subject=cluster.name, fix=fix)


def ha_is_on(view: ClusterView) -> Iterator[Finding]:
    """CL15: told where it is off, as guests then stay down with their host."""
    cluster = view.facts.cluster
    if cluster is None or cluster.ha_enabled is None or len(cluster.host_ids) < 2:
        return
    state = "on" if cluster.ha_enabled else "off: servers stay down with their host"
    level: Level = "ok" if cluster.ha_enabled else "warning"
    yield finding("CL15", level, f"HA of {cluster.name} is {state}", subject=cluster.name)


def node_names(inventory: vsphere.Inventory, cluster: vsphere.Cluster) -> tuple[str, ...]:
    """The hypervisor_hostname under which nova knows a cluster: from Liberty on, and before (nova-vmware 2.5)."""
    return f"{cluster.id}.{inventory.about.instance_uuid}", f"{cluster.id}({cluster.name})"


def nobody_else_serves_it(view: ClusterView) -> Iterator[Finding]:
    """CL08: no hypervisor of the cloud is this cluster, unless our own node serves it."""
    cloud, cluster = seen(view.earlier, "cloud", CloudFacts), view.facts.cluster
    if cluster is None:
        return
    if cloud is None:
        yield finding("CL08", "unknown", "the cloud's hypervisors are not known yet", subject=cluster.name)
        return
    ours = node_name(view.answers)
    wanted = node_names(view.facts.inventory, cluster)
    rows = [h for h in cloud.hypervisors if h.hostname in wanted]
    for row in rows:
        yield _served(row, cluster, ours)
    if not rows:
        yield finding(
            "CL08", "ok", f"none of {count(len(cloud.hypervisors), 'hypervisor')} is {wanted[0]}", subject=cluster.name
        )


def _served(row: openstack.Hypervisor, cluster: vsphere.Cluster, ours: str) -> Finding:
    detail = f"{row.hostname} is served by nova-compute on {row.service_host or 'an unnamed host'}"
    if ours and row.service_host.partition(".")[0] == ours:
        return finding("CL08", "ok", f"{detail}, our own node", subject=cluster.name)
    if not ours or not row.service_host:
        return finding("CL08", "unknown", f"{detail}; it is not known whether that is our node", subject=cluster.name)
    return finding("CL08", "failure", detail, subject=cluster.name)


AGENTS = ("vCLS",)
"""Name prefixes of the vSphere Cluster Services' own machines (7.0 U1 and newer): they belong to the cluster."""


def only_openstack_uses_it(view: ClusterView) -> Iterator[Finding]:
    """CL09: machines without nova's mark distort the figures that nova reports."""
    if view.facts.cluster is None:
        return
    guests = [vm for vm in view.facts.vms if not vm.name.startswith(AGENTS)]
    foreign = sorted(vm.name for vm in guests if not vm.openstack)
    name = view.facts.cluster.name
    if foreign:
        some = f"{len(foreign)} of {count(len(guests), 'virtual machine')}"
        detail = f"{some} {be(len(foreign))} not OpenStack's: {join_names(foreign)}"
        yield finding("CL09", "warning", detail, subject=name)
    else:
        yield finding(
            "CL09",
            "ok",
            f"{count(len(guests), 'virtual machine')}, all of OpenStack" if guests else "no virtual machine",
            subject=name,
        )


CLUSTER_PRIVILEGES = tuple(dict.fromkeys((*privileges.CLUSTER, *privileges.FOLDER)))
"""Looked for on the cluster. The folder of the machines is looked at through it: one grant above both covers both."""
HOST_PRIVILEGES = tuple(dict.fromkeys((*privileges.HOST, *CLUSTER_PRIVILEGES)))
"""Looked for on a host: its own, and the cluster's as the proof that the grant is propagated."""


def privileges_are_held(view: ClusterView) -> Iterator[Finding]:
    """VC12 on the cluster and one of its hosts; VC13 where the host lacks what the cluster grants."""
    facts = view.facts
    if facts.cluster is None:
        return
    who = view.answers.of("vcenter", VcenterAnswers).username
    missing = facts.missing_privileges.get(facts.cluster.id, ())
    yield privilege_finding("VC12", f"the cluster {facts.cluster.name}", who, missing, CLUSTER_PRIVILEGES)
    for host in facts.inventory.hosts_of(facts.cluster)[:1]:
        lost = facts.missing_privileges.get(host.id, ())
        where = f"the host {host.name}"
        yield privilege_finding("VC12", where, who, [p for p in lost if p in privileges.HOST], privileges.HOST)
        kept = tuple(p for p in CLUSTER_PRIVILEGES if p not in missing)
        yield privilege_finding("VC13", where, who, [p for p in lost if p in kept], kept)


CHECKS = (
    name_is_found,
    name_is_unique,
    name_needs_no_escaping,
    cluster_has_hosts,
    hosts_are_in_service,
    drs_is_enabled,
    drs_is_fully_automated,
    ha_is_on,
    nobody_else_serves_it,
    only_openstack_uses_it,
    privileges_are_held,
)

PICKED = (
    name_is_unique,
    cluster_has_hosts,
    hosts_are_in_service,
    drs_is_enabled,
    drs_is_fully_automated,
    nobody_else_serves_it,
)
"""What the inventory alone says of a cluster that is not chosen yet: a picker's row."""
