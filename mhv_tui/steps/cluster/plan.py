"""The fix of the page `cluster`, which enables DRS, and its choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Choice, PageView
from mhv_tui.core.text import count
from mhv_tui.steps.checks import health_of
from mhv_tui.steps.cluster.checks import PICKER_CHECKS
from mhv_tui.steps.cluster.facts import ClusterFacts, ClusterView, set_drs


def fixes(view: ClusterView) -> Sequence[Change]:
    """Returns the change that makes DRS fully automated, if DRS is not."""
    cluster = view.facts.cluster
    if cluster is None or len(cluster.host_ids) < 2:
        return ()
    if cluster.drs_enabled and cluster.drs_behavior == "fullyAutomated":
        return ()
    return (set_drs(view, cluster),)


def choices(view: ClusterView) -> Mapping[str, Sequence[Choice]]:
    """Returns every cluster as a choice, by path and with its worst finding."""
    clusters = sorted(view.facts.inventory.clusters, key=lambda c: c.path)
    return {"path": [Choice(c.path, _label(view.facts.inventory, c), health(view, c)) for c in clusters]}


def _label(inventory: vsphere.Inventory, cluster: vsphere.Cluster) -> str:
    drs = cluster.drs_behavior if cluster.drs_enabled else "off"
    return f"{cluster.path}  {count(len(inventory.hosts_of(cluster)), 'host')}, DRS {drs}"


def health(view: ClusterView, cluster: vsphere.Cluster) -> Finding | None:
    """Returns the worst finding about a cluster that the inventory alone shows; None if there is no problem."""
    same_name = tuple(c for c in view.facts.inventory.clusters if c.name == cluster.name)
    facts = ClusterFacts(inventory=view.facts.inventory, cluster=cluster, same_name=same_name)
    return health_of(PICKER_CHECKS, PageView(view.answers, facts, view.all_answers, view.earlier))
