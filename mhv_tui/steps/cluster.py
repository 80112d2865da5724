"""The page of the cluster: which one nova will drive, and whether its DRS, hosts and guests fit that.

Refuses a name that nova could take for another cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Choice, PageView, Step
from mhv_tui.steps.checks import all_checks, count, worst_finding
from mhv_tui.steps.cluster_checks import (
    CHECKS,
    CLUSTER_PRIVILEGES,
    HOST_PRIVILEGES,
    PICKED,
    ClusterView,
    node_names,
    set_drs,
)
from mhv_tui.steps.cluster_facts import ClusterAnswers, ClusterFacts
from mhv_tui.steps.vcenter import VcenterAnswers, inventory_of, login_of

__all__ = ["STEP", "ClusterAnswers", "ClusterFacts", "node_names"]


def probe(ctx: Context, asked: ClusterAnswers) -> ClusterFacts:
    """The inventory, the guests of the cluster, and what the login may do on it and on one of its hosts."""
    inventory = inventory_of(ctx)
    cluster, same_name = named(inventory, asked.path)
    if cluster is None:
        return ClusterFacts(inventory, None, same_name)
    vcenter = ctx.backend.vcenter(login_of(ctx.answers.of("vcenter", VcenterAnswers)))
    hosts = inventory.hosts_of(cluster)[:1]
    wanted = {cluster.id: CLUSTER_PRIVILEGES} | {host.id: HOST_PRIVILEGES for host in hosts}
    return ClusterFacts(
        inventory,
        cluster,
        same_name,
        vcenter.virtual_machines(cluster.id),
        vcenter.missing_privileges(wanted),
    )


def named(inventory: vsphere.Inventory, wanted: str) -> tuple[vsphere.Cluster | None, tuple[vsphere.Cluster, ...]]:
    """The cluster of this path or unique name, and every cluster that nova would take it for."""
    chosen = next((c for c in inventory.clusters if c.path == wanted), None)
    name = chosen.name if chosen else wanted
    same = tuple(sorted((c for c in inventory.clusters if c.name == name), key=lambda c: c.path))
    return chosen or (same[0] if len(same) == 1 else None), same


def fixes(view: ClusterView) -> Sequence[Change]:
    """DRS on and fully automated, where it is not."""
    cluster = view.facts.cluster
    if cluster is None or len(cluster.host_ids) < 2:
        return ()
    if cluster.drs_enabled and cluster.drs_behavior == "fullyAutomated":
        return ()
    return (set_drs(view, cluster),)


def choices(view: ClusterView) -> Mapping[str, Sequence[Choice]]:
    """Every cluster by path, each with what would stand in its way."""
    clusters = sorted(view.facts.inventory.clusters, key=lambda c: c.path)
    return {"path": [Choice(c.path, _label(view.facts.inventory, c), health(view, c)) for c in clusters]}


def _label(inventory: vsphere.Inventory, cluster: vsphere.Cluster) -> str:
    drs = cluster.drs_behavior if cluster.drs_enabled else "off"
    return f"{cluster.path}  {count(len(inventory.hosts_of(cluster)), 'host')}, DRS {drs}"


def health(view: ClusterView, cluster: vsphere.Cluster) -> Finding | None:
    """The worst that the inventory alone says against a cluster; None where it says nothing."""
    same = tuple(c for c in view.facts.inventory.clusters if c.name == cluster.name)
    there = PageView(view.asked, ClusterFacts(view.facts.inventory, cluster, same), view.answers, view.earlier)
    return worst_finding(all_checks(*PICKED)(there))


STEP: Step[ClusterAnswers, ClusterFacts] = Step(
    id="cluster",
    title="Cluster",
    intro="The cluster that nova will drive as one hypervisor. It should hold nothing but OpenStack's servers.",
    answers=ClusterAnswers,
    probe=probe,
    preconditions=all_checks(*CHECKS),
    fixes=fixes,
    choices=choices,
    requires=("vcenter",),
    uses=("cloud",),
    probe_without_answers=True,
)
