"""The facts of the page `cluster`: the inventory, the cluster in it, its guests, and the login's privileges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.changes.vsphere import SetDrs
from mhv_tui.core import vsphere
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.steps import PageView
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login
from mhv_tui.steps.vcenter.facts import inventory_of

CLUSTER_PRIVILEGES = tuple(dict.fromkeys((*privileges.CLUSTER, *privileges.FOLDER)))
"""Privileges to check on the cluster, those for the folder of virtual machines included: one permission covers both."""
HOST_PRIVILEGES = tuple(dict.fromkeys((*privileges.HOST, *CLUSTER_PRIVILEGES)))
"""Privileges to check on a host: its own, and the cluster's, which show whether the permission is propagated."""


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """The vCenter's inventory and the cluster in it that the answer names."""

    inventory: vsphere.Inventory
    cluster: vsphere.Cluster | None
    """The cluster that the answer names; None if it names none or several."""
    same_name: tuple[vsphere.Cluster, ...] = ()
    """Every cluster with this name in the whole vCenter, including the chosen one."""
    vms: tuple[vsphere.VirtualMachine, ...] = ()
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id (the cluster, one of its hosts) -> privilege ids that the login lacks there."""


ClusterView = PageView[ClusterAnswers, ClusterFacts]


def probe(ctx: Context, answers: ClusterAnswers) -> ClusterFacts:
    """Reads the inventory, the cluster's guests, and the login's privileges on the cluster and on one host."""
    inventory = inventory_of(ctx)
    cluster, same_name = find_cluster(inventory, answers.path)
    if cluster is None:
        return ClusterFacts(inventory=inventory, cluster=None, same_name=same_name)
    vcenter = ctx.backend.vcenter(vcenter_login(ctx.answers_of(VcenterAnswers)))
    hosts = inventory.hosts_of(cluster)[:1]
    needed = {cluster.id: CLUSTER_PRIVILEGES} | {host.id: HOST_PRIVILEGES for host in hosts}
    return ClusterFacts(
        inventory=inventory,
        cluster=cluster,
        same_name=same_name,
        vms=vcenter.virtual_machines(cluster.id),
        missing_privileges=vcenter.missing_privileges(needed),
    )


def find_cluster(
    inventory: vsphere.Inventory, path_or_name: str
) -> tuple[vsphere.Cluster | None, tuple[vsphere.Cluster, ...]]:
    """Returns the cluster with this path or unique name (or None), and every cluster with the same name."""
    by_path = next((c for c in inventory.clusters if c.path == path_or_name), None)
    name = by_path.name if by_path else path_or_name
    same_name = tuple(sorted((c for c in inventory.clusters if c.name == name), key=lambda c: c.path))
    return by_path or (same_name[0] if len(same_name) == 1 else None), same_name


def chosen_cluster(ctx: Context) -> vsphere.Cluster:
    """Returns the chosen cluster to a later page. Raises FindingError if no cluster is chosen."""
    facts = ctx.facts_of(ClusterFacts)
    if facts is None or facts.cluster is None:
        raise FindingError(finding("CL01", "skipped", "no cluster is chosen yet"))
    return facts.cluster


def hypervisor_names(inventory: vsphere.Inventory, cluster: vsphere.Cluster) -> tuple[str, str]:
    """nova's hypervisor_hostname of a cluster: `domain-c7.UUID` from Liberty on, `domain-c7(NAME)` before."""
    return f"{cluster.id}.{inventory.about.instance_uuid}", f"{cluster.id}({cluster.name})"


def set_drs(view: ClusterView, cluster: vsphere.Cluster) -> SetDrs:
    """Returns the change that fixes CL05 and CL06: it makes DRS fully automated."""
    login = vcenter_login(view.answers_of(VcenterAnswers))
    return SetDrs(login=login, cluster_id=cluster.id, cluster=cluster.name)


def identities(view: ClusterView) -> Iterator[ObjectIdentity]:
    """The chosen cluster by its moId."""
    if cluster := view.facts.cluster:
        place = vcenter_login(view.answers_of(VcenterAnswers)).system
        yield ObjectIdentity("cluster", cluster.path, place, cluster.id)
