"""The facts of the page `datastore`: the datastores that nova's expression matches, and the largest image for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.changes.sources import inspected
from mhv_tui.core import vsphere
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.local import Local
from mhv_tui.core.paths import expanded
from mhv_tui.core.steps import PageView
from mhv_tui.domain import nova, privileges
from mhv_tui.domain.image_meta import VMWARE, nova_image
from mhv_tui.domain.releases import newest
from mhv_tui.steps.cloud.facts import CloudFacts, release_of
from mhv_tui.steps.cluster.facts import chosen_cluster
from mhv_tui.steps.datastore.answers import DatastoreAnswers, regex_of
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login
from mhv_tui.steps.vcenter.facts import inventory_of


@dataclass(frozen=True, kw_only=True)
class DatastoreFacts:
    """The datastores of the cluster and those that nova's expression matches."""

    inventory: vsphere.Inventory
    cluster: vsphere.Cluster
    matching: tuple[vsphere.Datastore, ...]
    """The cluster's datastores whose names the regular expression matches, usable by nova or not."""
    regex: str
    """datastore_regex of nova.conf (before $ is doubled); empty = every usable datastore."""
    image_bytes: int = 0
    """Bytes of the largest image for this vCenter; 0 if no image is known yet."""
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Datastore id -> privilege ids that the login lacks there."""


DatastoreView = PageView[DatastoreAnswers, DatastoreFacts]


def probe(ctx: Context, answers: DatastoreAnswers) -> DatastoreFacts:
    """Reads the inventory again, finds the matching datastores, and reads the login's privileges on them."""
    inventory, cluster, regex = inventory_of(ctx), chosen_cluster(ctx), regex_of(answers)
    matching = matching_datastores(regex, inventory.datastores_of(cluster))
    vcenter = ctx.backend.vcenter(vcenter_login(ctx.answers_of(VcenterAnswers)))
    return DatastoreFacts(
        inventory=inventory,
        cluster=cluster,
        matching=matching,
        regex=regex,
        image_bytes=image_bytes(ctx),
        missing_privileges=vcenter.missing_privileges({d.id: privileges.DATASTORE for d in matching}),
    )


def matching_datastores(regex: str, datastores: Sequence[vsphere.Datastore]) -> tuple[vsphere.Datastore, ...]:
    """Returns the datastores whose names nova's re.match accepts, usable or not; none if `regex` is invalid."""
    try:
        names = set(nova.regex_matches(regex, [d.name for d in datastores]))
    except ValueError:
        return ()
    return tuple(d for d in datastores if d.name in names)


def image_bytes(ctx: Context) -> int:
    """Returns the bytes of the largest image for this vCenter, of the file to upload and the cloud's images."""
    cloud = ctx.facts_of(CloudFacts)
    release = release_of(ctx.earlier) or newest()
    images = [i for i in cloud.images if nova_image(i.properties, release).hypervisor == VMWARE] if cloud else []
    source = _source_bytes(ctx.backend.local, ctx.answers_of(ImageAnswers).source)
    return max([source, *(max(i.size, i.min_disk << 30) for i in images)])


def _source_bytes(local: Local, source: str) -> int:
    """Returns the bytes of the disk in the file, or of the file if its header has no size; 0 without a file."""
    try:
        disk, _ = (inspected(local, expanded(source)) if source else None) or (None, "")
    except FindingError:  # the page image reports it
        return 0
    return max(disk.virtual_size, disk.size) if disk else 0


def identities(view: DatastoreView) -> Iterator[ObjectIdentity]:
    """The matching datastores by their moIds."""
    place = vcenter_login(view.answers_of(VcenterAnswers)).system
    yield from (ObjectIdentity("datastore", d.name, place, d.id) for d in view.facts.matching)
