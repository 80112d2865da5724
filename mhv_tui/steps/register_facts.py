"""The page `register`: the new host is mapped to its cell, stands in its availability zone, and images are tagged.

Refuses to tag an image that more than one hypervisor of this cloud could boot: the operator says which is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mhv_tui.changes.cloud import DiscoverHosts, JoinZone, Property, TagImage, aggregate_of, discover_id
from mhv_tui.changes.files import decoded
from mhv_tui.changes.records import DeleteService, EnableService
from mhv_tui.core import openstack
from mhv_tui.core.answers import answer_field
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.machine import SshHost, SurveyRequest
from mhv_tui.core.steps import Choice, PageView
from mhv_tui.domain import hypervisors, images
from mhv_tui.domain.releases import Release
from mhv_tui.steps import cloud
from mhv_tui.steps.checks import seen
from mhv_tui.steps.node_facts import NOVA_CONF, NodeFacts

DRIVER_REASON = "set by vmwareapi host_state"
"""What nova's driver writes when it disables its own service because vCenter does not answer."""


@dataclass(frozen=True)
class RegisterAnswers:
    """The table [register] of the answer file."""

    controller: SshHost | str = answer_field(
        'Where nova-manage runs: an SSH host, or a table with the keys of [node]; "none": you run the command shown.',
        "none",
        kind="host",
        choices=("none",),
        example="controller1",
    )
    nova_manage: str = answer_field(
        "The command there, with what leads into its container.",
        "nova-manage",
        example="docker exec nova_api nova-manage",
        advanced=True,
    )
    availability_zone: str = answer_field(
        "The availability zone that users name to reach vCenter, made by an aggregate of that name; empty: none.",
        "vmware",
        example="vmware",
    )
    tag_images: bool = answer_field(
        "Write hypervisor_type on existing images that carry none, after showing which; else they land anywhere.",
        True,
        kind="bool",
    )


@dataclass(frozen=True)
class RegisterFacts:
    """What the cloud has on record now, and the controller's nova.conf where it could be read."""

    service_host: str
    hypervisors: tuple[openstack.Hypervisor, ...] = ()
    services: tuple[openstack.Service, ...] = ()
    images: tuple[openstack.Image, ...] = ()
    flavors: tuple[openstack.Flavor, ...] = ()
    aggregates: tuple[openstack.Aggregate, ...] = ()
    controller: str | None = None
    """nova.conf of the controller; None where there is none to be read."""
    now: datetime | None = None
    discovered: bool = False
    """Whether this session has mapped the node's host, which still stands."""

    @property
    def listed(self) -> bool:
        """Whether the new node's hypervisor is in the list."""
        return any(h.service_host == self.service_host for h in self.hypervisors)

    @property
    def service(self) -> openstack.Service | None:
        """The new node's nova-compute."""
        return next((s for s in self.services if (s.binary, s.host) == ("nova-compute", self.service_host)), None)


RegisterView = PageView[RegisterAnswers, RegisterFacts]


def probe(ctx: Context, asked: RegisterAnswers) -> RegisterFacts:
    """The cloud's rows afresh, and one survey of the controller where one is named."""
    node = seen(ctx.earlier, "node", NodeFacts)
    login = cloud.login_of(ctx.answers.of("cloud", cloud.CloudAnswers))
    there = ctx.backend.cloud(login)
    text = None
    if isinstance(asked.controller, SshHost):
        held = ctx.backend.node(asked.controller).survey(SurveyRequest(files=(NOVA_CONF,))).files.get(NOVA_CONF)
        text = decoded(held.content) if held else None
    return RegisterFacts(
        node.service_host if node else "",
        there.hypervisors(),
        there.services(),
        there.images(),
        there.flavors(),
        there.aggregates(),
        text,
        ctx.backend.now(),
        node is not None and discover_id(login, node.service_host) in ctx.completed_ids,
    )


def release_of(view: RegisterView) -> Release | None:
    """The cloud's release, where it is settled."""
    facts = seen(view.earlier, "cloud", cloud.CloudFacts)
    return facts.release if facts else None


def login_of(view: RegisterView) -> openstack.CloudLogin:
    """Which cloud."""
    return cloud.login_of(view.answers.of("cloud", cloud.CloudAnswers))


def mapped(view: RegisterView) -> bool | None:
    """Whether the new node is mapped to its cell; None where the list has it, this release lists unmapped ones too,
    and it was not this session that mapped it.
    """
    release = release_of(view)
    if view.facts.listed and release and release.cells_v2 and not release.hides_unmapped:
        return True if view.facts.discovered else None
    return view.facts.listed


def plan(view: RegisterView) -> tuple[Change, ...]:
    """Mapping, zone, tags: only what is missing."""
    return (*_mapping(view), *_zone(view), *(_tag(view, image, tag) for image, tag in untagged(view) if tag))


def _mapping(view: RegisterView) -> Sequence[Change]:
    release, controller = release_of(view), view.asked.controller
    if release is None or not release.cells_v2 or not isinstance(controller, SshHost):
        return ()
    # Where the list does not tell, the zone does: it is joined right after the mapping, which does no harm twice.
    if mapped(view) or (mapped(view) is None and view.asked.availability_zone and in_zone(view)):
        return ()
    return (
        DiscoverHosts(
            controller=controller,
            command=view.asked.nova_manage,
            service_host=view.facts.service_host,
            cloud=login_of(view),
        ),
    )


def _zone(view: RegisterView) -> Sequence[Change]:
    if not view.asked.availability_zone or in_zone(view):
        return ()
    return (JoinZone(cloud=login_of(view), zone=view.asked.availability_zone, service_host=view.facts.service_host),)


def in_zone(view: RegisterView) -> bool:
    """Whether the new node is in the zone that is wanted."""
    there = aggregate_of(view.facts.aggregates, view.asked.availability_zone)
    return there is not None and view.facts.service_host in there.hosts


def namesake(view: RegisterView) -> openstack.Aggregate | None:
    """The aggregate that has the name of the one to be made, where none makes the zone; a name is given once."""
    if aggregate_of(view.facts.aggregates, view.asked.availability_zone):
        return None
    return next((a for a in view.facts.aggregates if a.name == view.asked.availability_zone), None)


def other_zone(view: RegisterView) -> str:
    """Another zone that the node is in; a host can be in one only."""
    zones = [a.availability_zone for a in view.facts.aggregates if view.facts.service_host in a.hosts]
    return next((zone for zone in zones if zone and zone != view.asked.availability_zone), "")


def untagged(view: RegisterView) -> list[tuple[openstack.Image, str]]:
    """Each active image that no tag holds on one hypervisor, with the tag that is right; "" where several could be."""
    release = release_of(view)
    if release is None or not view.asked.tag_images:
        return []
    free = [
        image
        for image in view.facts.images
        if image.status == "active" and not images.effective(image.properties, "hypervisor_type", release)
    ]
    return [(image, _tag_of(view, release, image)) for image in free]


def _tag_of(view: RegisterView, release: Release, image: openstack.Image) -> str:
    if any(name.startswith(("vmware_", "vmware-")) for name in image.properties):
        return images.VMWARE
    types = {h.type for h in view.facts.hypervisors if h.service_host != view.facts.service_host}
    known = [hypervisors.recognise(kind, release) for kind in sorted(types)]
    return hypervisors.tag_for(image.disk_format, {h.id: h for h in known if h and h.id != "vmware"}.values())


def _tag(view: RegisterView, image: openstack.Image, tag: str) -> TagImage:
    return TagImage(
        cloud=login_of(view), image_id=image.id, image=image.name, properties=(Property("hypervisor_type", tag),)
    )


def stale(view: RegisterView) -> list[openstack.Service]:
    """Compute services that have been down for a week; the new node's own is none of them."""
    now = view.facts.now
    rows = [s for s in view.facts.services if s.binary == "nova-compute" and s.state != "up"]
    return [
        s
        for s in rows
        if s.host != view.facts.service_host and now and s.updated_at and (now - s.updated_at).days >= STALE_DAYS
    ]


STALE_DAYS = 7


def disabled_by_driver(view: RegisterView) -> openstack.Service | None:
    """The new node's service where nova's driver disabled it, though it is up."""
    service = view.facts.service
    wrong = service and service.status == "disabled" and service.disabled_reason.endswith(DRIVER_REASON)
    return service if wrong else None


def fixes(view: RegisterView) -> Sequence[Change]:
    """A service enabled again, stale records deleted."""
    service = disabled_by_driver(view)
    changes: list[Change] = [enable_service(view, service)] if service else []
    return (*changes, *(delete_service(view, s) for s in stale(view) if s.id))


def enable_service(view: RegisterView, service: openstack.Service) -> EnableService:
    """The fix of VC15."""
    return EnableService(cloud=login_of(view), service_id=service.id, service_host=service.host)


def delete_service(view: RegisterView, service: openstack.Service) -> DeleteService:
    """The fix of RG09."""
    return DeleteService(cloud=login_of(view), service_id=service.id, service_host=service.host)


def choices(view: RegisterView) -> Mapping[str, Sequence[Choice]]:
    """The availability zones that there are, beside the one of our own making."""
    zones = sorted({a.availability_zone for a in view.facts.aggregates if a.availability_zone} | {"vmware"})
    return {"availability_zone": [Choice(zone, zone) for zone in zones]}
