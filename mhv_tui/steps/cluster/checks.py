"""The checks of the page `cluster`: its name, hosts, DRS and HA, and other users of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core import openstack, vsphere
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.core.text import be, count, join_names, nearest
from mhv_tui.domain import nova, privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, privilege_finding, skipped
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.cluster.facts import CLUSTER_PRIVILEGES, ClusterFacts, ClusterView, hypervisor_names, set_drs
from mhv_tui.steps.node.answers import NodeAnswers, short_name
from mhv_tui.steps.vcenter.answers import VcenterAnswers

CHECKS: list[Check[ClusterAnswers, ClusterFacts]] = []

NO_CLUSTER = "no cluster is chosen yet"
ONE_HOST = "the cluster has fewer than two hosts"

AGENTS = ("vCLS",)
"""Name prefixes of the virtual machines that vSphere Cluster Services (7.0 U1 and newer) run in each cluster."""


@check(CHECKS, "CL01")
def name_is_found(view: ClusterView) -> Iterator[Finding]:
    """CL01: the inventory has a cluster with exactly the answered path or name."""
    facts, path = view.facts, view.answers.path
    if facts.same_name:
        cluster = facts.cluster or facts.same_name[0]
        yield finding("CL01", "ok", f"vCenter has the cluster {cluster.path} ({cluster.id})", subject=cluster.name)
        return
    paths = [c.path for c in facts.inventory.clusters]
    names = () if "/" in path else (c.name for c in facts.inventory.clusters)
    near = nearest(path, (*paths, *names))
    hint = f"; did you mean {near}?" if near else f"; its clusters are {join_names(paths)}"
    yield finding("CL01", "failure", f"this vCenter has no cluster {path}{hint}", subject=path)


@check(CHECKS, "CL02")
def name_is_unique(view: ClusterView) -> Iterator[Finding]:
    """CL02: the cluster's name is unique in vCenter, because nova.conf has the name only, without a path."""
    same = view.facts.same_name
    if len(same) == 1:
        yield finding("CL02", "ok", f"the cluster name {same[0].name} exists once", subject=same[0].name)
    elif same:
        paths = join_names(c.path for c in same)
        detail = f"the cluster name {same[0].name} exists {len(same)} times: {paths}; nova uses the first that it finds"
        yield finding("CL02", "failure", detail, subject=same[0].name)
    else:
        yield skipped("CL02", NO_CLUSTER)


@check(CHECKS, "CL12")
def name_needs_no_escaping(view: ClusterView) -> Iterator[Finding]:
    """CL12: the cluster's name needs no escaping in nova.conf: no $, and no space or quote at either end."""
    if not view.facts.same_name:
        yield skipped("CL12", NO_CLUSTER)
        return
    name = view.facts.same_name[0].name
    written = nova.verbatim(name)
    if written == name:
        yield finding("CL12", "ok", f"nova.conf gets the name as it is: {name}", subject=name)
    else:
        action = f"No action needed: mhv-tui writes cluster_name = {written}."
        remedy = f"{action} Keep this spelling if you edit nova.conf by hand."
        yield finding("CL12", "warning", f"the name {name!r} needs escaping in nova.conf", subject=name, remedy=remedy)


@check(CHECKS, "CL03")
def cluster_has_hosts(view: ClusterView) -> Iterator[Finding]:
    if cluster := view.facts.cluster:
        hosts = view.facts.inventory.hosts_of(cluster)
        names = join_names(host.name for host in hosts)
        detail = f"the cluster has {count(len(hosts), 'host')}: {names}" if hosts else f"{cluster.path} has no host"
        yield finding("CL03", "ok" if hosts else "failure", detail, subject=cluster.name)
    else:
        yield skipped("CL03", NO_CLUSTER)


@check(CHECKS, "CL04")
def hosts_are_in_service(view: ClusterView) -> Iterator[Finding]:
    """CL04: every host is connected and not in maintenance mode; nova counts no other hosts."""
    if view.facts.cluster is None:
        yield skipped("CL04", NO_CLUSTER)
        return
    hosts = view.facts.inventory.hosts_of(view.facts.cluster)
    away = {h.name: "in maintenance mode" if h.state == "connected" else h.state for h in hosts if not in_service(h)}
    number = len(hosts) - len(away)
    serving = f"{number} of {count(len(hosts), 'host')} {be(number)} in service"
    name = view.facts.cluster.name
    if away:
        level: Level = "warning" if len(away) < len(hosts) else "failure"
        rows = join_names(f"{host} is {state}" for host, state in away.items())
        yield finding("CL04", level, f"{rows}; {serving}", subject=name)
    elif hosts:
        yield finding("CL04", "ok", serving, subject=name)
    else:
        yield skipped("CL04", f"{name} has no host", name)


def in_service(host: vsphere.Host) -> bool:
    """Returns whether nova counts the host: it is connected and not in maintenance mode."""
    return host.state == "connected" and not host.maintenance


@check(CHECKS, "CL05")
def drs_is_enabled(view: ClusterView) -> Iterator[Finding]:
    """CL05: DRS is on, because it places nova's servers on hosts; a cluster with one host needs no DRS."""
    cluster = view.facts.cluster
    if cluster is None:
        yield skipped("CL05", NO_CLUSTER)
    elif not cluster.host_ids:
        yield skipped("CL05", f"{cluster.name} has no host", cluster.name)
    elif len(cluster.host_ids) < 2:
        yield finding("CL05", "ok", f"{cluster.name} has one host, so it needs no DRS", subject=cluster.name)
    elif cluster.drs_enabled:
        yield finding("CL05", "ok", f"DRS of {cluster.name} is on", subject=cluster.name)
    else:
        detail = f"DRS of {cluster.name} is off, but the cluster has {count(len(cluster.host_ids), 'host')}"
        yield finding("CL05", "failure", detail, subject=cluster.name, fix=set_drs(view, cluster).id)


@check(CHECKS, "CL06")
def drs_is_fully_automated(view: ClusterView) -> Iterator[Finding]:
    """CL06: DRS is fully automated; otherwise a server waits until a person approves a recommendation of DRS."""
    cluster = view.facts.cluster
    if cluster is None or not cluster.drs_enabled or len(cluster.host_ids) < 2:
        reason = NO_CLUSTER if cluster is None else ONE_HOST if len(cluster.host_ids) < 2 else "DRS is off"
        yield skipped("CL06", reason)
        return
    level: Level = "ok" if cluster.drs_behavior == "fullyAutomated" else "failure"
    fix = set_drs(view, cluster).id if level == "failure" else None
    suffix = "" if level == "ok" else ": an administrator must approve what it recommends"
    yield finding(
        "CL06", level, f"DRS of {cluster.name} is {cluster.drs_behavior}{suffix}", subject=cluster.name, fix=fix
    )


@check(CHECKS, "CL15")
def ha_is_on(view: ClusterView) -> Iterator[Finding]:
    """CL15: vSphere HA is on; a warning if it is off, because then a failed host's servers are not restarted."""
    cluster = view.facts.cluster
    if cluster is None or len(cluster.host_ids) < 2:
        yield skipped("CL15", NO_CLUSTER if cluster is None else ONE_HOST)
        return
    if cluster.ha_enabled is None:
        detail = f"vCenter does not report whether HA of {cluster.name} is on"
        yield finding("CL15", "unknown", detail, subject=cluster.name)
        return
    state = "on" if cluster.ha_enabled else "off: servers of a failed host are not restarted"
    level: Level = "ok" if cluster.ha_enabled else "warning"
    yield finding("CL15", level, f"HA of {cluster.name} is {state}", subject=cluster.name)


@check(CHECKS, "CL08")
def nobody_else_serves_it(view: ClusterView) -> Iterator[Finding]:
    """CL08: no hypervisor of the cloud uses this cluster, except the one of the node that mhv-tui sets up."""
    cloud, cluster = view.facts_of(CloudFacts), view.facts.cluster
    if cluster is None:
        yield skipped("CL08", NO_CLUSTER)
        return
    if cloud is None:
        yield finding("CL08", "unknown", "the cloud's hypervisors are not known yet", subject=cluster.name)
        return
    our_node = short_name(view.answers_of(NodeAnswers))
    names = hypervisor_names(view.facts.inventory, cluster)
    hypervisors = [h for h in cloud.hypervisors if h.hostname in names]
    for hypervisor in hypervisors:
        yield _service_finding(hypervisor, cluster, our_node)
    if not hypervisors:
        detail = f"none of the cloud's {count(len(cloud.hypervisors), 'hypervisor')} is this cluster ({names[0]})"
        yield finding("CL08", "ok", detail, subject=cluster.name)


def _service_finding(hypervisor: openstack.Hypervisor, cluster: vsphere.Cluster, our_node: str) -> Finding:
    service_host = hypervisor.service_host
    served = f"served by nova-compute on {service_host or 'an unnamed host'}"
    detail = f"the cluster {cluster.name} ({hypervisor.hostname}) is {served}"
    if our_node and service_host.partition(".")[0] == our_node:
        return finding("CL08", "ok", f"{detail}, which is node.host", subject=cluster.name)
    if not service_host:
        detail = f"{detail}; it is not known whether this host is node.host"
        return finding("CL08", "unknown", detail, subject=cluster.name)
    if not our_node:
        return skipped("CL08", f"{detail}; the page node reads its own name and compares it", cluster.name)
    return finding("CL08", "failure", detail, subject=cluster.name)


@check(CHECKS, "CL09")
def only_openstack_uses_it(view: ClusterView) -> Iterator[Finding]:
    """CL09: every virtual machine is an OpenStack server; others distort the capacity that nova reports."""
    if view.facts.cluster is None:
        yield skipped("CL09", NO_CLUSTER)
        return
    guests = [vm for vm in view.facts.vms if not vm.name.startswith(AGENTS)]
    foreign = [vm.name for vm in foreign_guests(view)]
    name = view.facts.cluster.name
    if foreign:
        some = f"{len(foreign)} of {count(len(guests), 'virtual machine')}"
        detail = f"{some} {be(len(foreign))} not OpenStack's: {join_names(foreign)}"
        yield finding("CL09", "warning", detail, subject=name)
    else:
        total = count(len(guests), "virtual machine")
        detail = f"the cluster has {total}, all of OpenStack" if guests else "the cluster has no virtual machine"
        yield finding("CL09", "ok", detail, subject=name)


def foreign_guests(view: ClusterView) -> list[vsphere.VirtualMachine]:
    """Returns the virtual machines that are neither OpenStack's nor agents of vSphere, by name."""
    guests = [vm for vm in view.facts.vms if not (vm.openstack or vm.name.startswith(AGENTS))]
    return sorted(guests, key=lambda vm: vm.name)


@check(CHECKS, "VC12", "VC13")
def privileges_are_granted(view: ClusterView) -> Iterator[Finding]:
    """VC12: the login has its privileges on the cluster and on one host. VC13: the host inherits the cluster's."""
    facts = view.facts
    if facts.cluster is None:
        yield skipped("VC12", NO_CLUSTER)
        return
    who = view.answers_of(VcenterAnswers).username
    missing = facts.missing_privileges.get(facts.cluster.id, ())
    yield privilege_finding("VC12", f"the cluster {facts.cluster.name}", who, missing, CLUSTER_PRIVILEGES)
    for host in facts.inventory.hosts_of(facts.cluster)[:1]:
        missing_here = facts.missing_privileges.get(host.id, ())
        where = f"the host {host.name}"
        yield privilege_finding("VC12", where, who, [p for p in missing_here if p in privileges.HOST], privileges.HOST)
        granted_above = tuple(p for p in CLUSTER_PRIVILEGES if p not in missing)
        yield privilege_finding("VC13", where, who, [p for p in missing_here if p in granted_above], granted_above)


PICKER_CHECKS = (
    name_is_unique,
    cluster_has_hosts,
    hosts_are_in_service,
    drs_is_enabled,
    drs_is_fully_automated,
    nobody_else_serves_it,
)
"""The checks that a picker runs on each cluster in its list; they need the inventory only."""
