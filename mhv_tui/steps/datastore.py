"""The page of the datastores: which ones nova's expression matches, and whether it can use them.

Refuses nothing that nova itself would take without harm; says which datastore nova will really pick.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mhv_tui.changes.images import inspected
from mhv_tui.core import vsphere
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.findings import Finding
from mhv_tui.core.paths import expanded
from mhv_tui.core.ports import Local
from mhv_tui.core.steps import Choice, PageView, Step
from mhv_tui.domain import nova, privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import all_checks, seen, worst_finding
from mhv_tui.steps.cloud import CloudFacts
from mhv_tui.steps.cluster import ClusterFacts
from mhv_tui.steps.datastore_checks import CHECKS, PICKED, DatastoreView, size
from mhv_tui.steps.datastore_facts import DatastoreAnswers, DatastoreFacts
from mhv_tui.steps.vcenter import VcenterAnswers, inventory_of, login_of

__all__ = ["STEP", "DatastoreAnswers", "DatastoreFacts"]


def probe(ctx: Context, asked: DatastoreAnswers) -> DatastoreFacts:
    """A fresh inventory, the datastores that the expression matches in it, and what the login may do on them."""
    inventory, cluster = inventory_of(ctx), chosen_cluster(ctx)
    regex = asked.datastore_regex or (nova.datastore_regex(asked.names) if asked.names else "")
    chosen = matched(regex, inventory.datastores_of(cluster))
    vcenter = ctx.backend.vcenter(login_of(ctx.answers.of("vcenter", VcenterAnswers)))
    return DatastoreFacts(
        inventory,
        cluster,
        chosen,
        regex,
        image_bytes(ctx),
        vcenter.missing_privileges({d.id: privileges.DATASTORE for d in chosen}),
    )


def chosen_cluster(ctx: Context) -> vsphere.Cluster:
    """The cluster of the page before. Raises Trouble where none was found."""
    facts = seen(ctx.earlier, "cluster", ClusterFacts)
    if facts is None or facts.cluster is None:
        raise FindingError(finding("CL01", "skipped", "no cluster is chosen yet"))
    return facts.cluster


def matched(regex: str, datastores: Sequence[vsphere.Datastore]) -> tuple[vsphere.Datastore, ...]:
    """What nova's re.match takes, usable or not; nothing where the expression is broken."""
    try:
        return tuple(d for d in datastores if re.match(regex, d.name))
    except re.error:
        return ()


def image_bytes(ctx: Context) -> int:
    """Size of the largest image meant for this vCenter: the one to be uploaded, and those in the cloud."""
    source = str(getattr(ctx.answers.tables.get("image"), "source", "") or "")
    cloud = seen(ctx.earlier, "cloud", CloudFacts)
    images = [i for i in cloud.images if i.properties.get("hypervisor_type") == "vmware"] if cloud else []
    return max([_source_bytes(ctx.backend.local, source), *(max(i.size, i.min_disk << 30) for i in images)])


def _source_bytes(local: Local, source: str) -> int:
    """The disk inside the file to be uploaded, or the file itself if that is not known; 0 without a file."""
    try:
        disk, _ = (inspected(local, expanded(source)) if source else None) or (None, "")
    except FindingError:  # the page image reports it
        return 0
    return max(disk.virtual_size, disk.size) if disk else 0


def choices(view: DatastoreView) -> Mapping[str, Sequence[Choice]]:
    """The cluster's datastores, each with what would stand in its way."""
    rows = view.facts.inventory.datastores_of(view.facts.cluster)
    return {"names": [Choice(d.name, _label(d), health(view, d)) for d in rows]}


def _label(datastore: vsphere.Datastore) -> str:
    return f"{datastore.name}  {datastore.type}, {size(datastore.free)} of {size(datastore.capacity)} free"


def health(view: DatastoreView, datastore: vsphere.Datastore) -> Finding | None:
    """The first thing that the inventory alone says against a datastore; None where it says nothing."""
    facts = DatastoreFacts(
        view.facts.inventory, view.facts.cluster, (datastore,), nova.datastore_regex((datastore.name,))
    )
    there = PageView(view.asked, facts, view.answers, view.earlier)
    return worst_finding(all_checks(*PICKED)(there))


STEP: Step[DatastoreAnswers, DatastoreFacts] = Step(
    id="datastore",
    title="Datastores",
    intro="Where the servers' disks will lie. nova picks by an expression; here is what it will really pick.",
    answers=DatastoreAnswers,
    probe=probe,
    preconditions=all_checks(*CHECKS),
    choices=choices,
    requires=("vcenter", "cluster"),
    uses=("cloud",),
)
