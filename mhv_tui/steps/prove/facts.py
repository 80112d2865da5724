"""The facts of the page `prove`: the cloud's records for the test servers, and functions that read them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mhv_tui.core import openstack
from mhv_tui.core.context import Context
from mhv_tui.core.steps import PageView
from mhv_tui.domain import hypervisors
from mhv_tui.domain.image_meta import VMWARE, nova_image
from mhv_tui.domain.releases import newest
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import CloudFacts, release_of
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.node.facts import NodeFacts
from mhv_tui.steps.prove.answers import ProveAnswers


@dataclass(frozen=True, kw_only=True)
class ProveFacts:
    """The cloud's records that decide about the test servers, as they are now."""

    service_host: str
    images: tuple[openstack.Image, ...] = ()
    flavors: tuple[openstack.Flavor, ...] = ()
    networks: tuple[openstack.CloudNetwork, ...] = ()
    hypervisors: tuple[openstack.Hypervisor, ...] = ()
    services: tuple[openstack.Service, ...] = ()
    zones: tuple[str, ...] = ()


ProveView = PageView[ProveAnswers, ProveFacts]


def probe(ctx: Context, answers: ProveAnswers) -> ProveFacts:
    """Reads the cloud's records again."""
    node = ctx.facts_of(NodeFacts)
    cloud = ctx.backend.cloud(cloud_login(ctx.answers_of(CloudAnswers)))
    return ProveFacts(
        service_host=node.service_host if node else "",
        images=cloud.images(),
        flavors=cloud.flavors(),
        networks=cloud.networks(),
        hypervisors=cloud.hypervisors(),
        services=cloud.services(),
        zones=cloud.zones(),
    )


def flavor_of(view: ProveView) -> openstack.Flavor | None:
    """Returns the answered flavor; None if the cloud does not have it."""
    return next((f for f in view.facts.flavors if view.answers.flavor in (f.name, f.id)), None)


def network_named(view: ProveView, name: str) -> openstack.CloudNetwork | None:
    """Returns the network with this name or id, without a name the cloud's only network; else None."""
    if not name:
        return view.facts.networks[0] if len(view.facts.networks) == 1 else None
    return next((n for n in view.facts.networks if name in (n.name, n.id)), None)


def uses_ports(view: ProveView) -> bool:
    """Returns whether servers need a network from Neutron; nova-network chooses the network itself."""
    cloud = view.facts_of(CloudFacts)
    return cloud is None or cloud.networking == "neutron"


def vmware_image(view: ProveView) -> openstack.Image | None:
    """Returns the active image of the page `image`, if its hypervisor_type is vmware; else None."""
    name = view.answers_of(ImageAnswers).name
    candidates = [i for i in view.facts.images if i.name == name and i.status == "active"]
    return next((i for i in candidates if _tag(view, i) == VMWARE), None)


def _tag(view: ProveView, image: openstack.Image) -> str:
    return nova_image(image.properties, release_of(view.earlier) or newest()).hypervisor


def first_image(view: ProveView) -> openstack.Image | None:
    """Returns the answered image, else the smallest one tagged for an existing hypervisor that fits the flavor."""
    active = [i for i in view.facts.images if i.status == "active"]
    if view.answers.first_image:
        return next((i for i in active if view.answers.first_image in (i.name, i.id)), None)
    flavor, tags = flavor_of(view), first_tags(view)
    if flavor is None:
        return None
    tagged = [i for i in active if _tag(view, i) in tags]
    fitting = [i for i in tagged if i.disk_format != "iso" and (not flavor.disk or i.min_disk <= flavor.disk)]
    return min(fitting, key=lambda image: (image.size, image.name), default=None)


def _first_hypervisors(view: ProveView) -> list[openstack.Hypervisor]:
    """The cloud's hypervisors that are no vCenter."""
    kinds = ((h, hypervisors.recognise(h.type)) for h in view.facts.hypervisors)
    return [
        h for h, kind in kinds if h.service_host != view.facts.service_host and (kind is None or kind.id != "vmware")
    ]


def first_kinds(view: ProveView) -> dict[str, hypervisors.HypervisorKind | None]:
    """Returns type of each other hypervisor -> what mhv-tui knows about the type; vCenter is not included."""
    return {name: hypervisors.recognise(name) for name in sorted({h.type for h in _first_hypervisors(view)})}


def first_tags(view: ProveView) -> frozenset[str]:
    """The values of hypervisor_type that the cloud's other hypervisors accept."""
    return frozenset(tag for kind in first_kinds(view).values() if kind for tag in kind.matches)


def first_type(view: ProveView, image: openstack.Image) -> str:
    """The type of the existing hypervisor that boots this image, such as QEMU; "" if it is not known."""
    kinds = first_kinds(view)
    matching = [name for name, kind in kinds.items() if kind and _tag(view, image) in kind.matches]
    return next(iter(matching or kinds), "")


def name_of_type(type: str) -> str:
    """A hypervisor type as a part of a name: `qemu`, `vmware-esxi`; "other" without a type."""
    return re.sub(r"[^a-z0-9]+", "-", type.lower()).strip("-") or "other"


def first_zone(view: ProveView) -> str:
    """The availability zone of a compute service that is up and has no vCenter; "" if there is none."""
    hosts = {h.service_host for h in _first_hypervisors(view)}
    services = [s for s in view.facts.services if s.binary == "nova-compute" and s.host in hosts]
    return next((s.zone for s in services if s.state == "up" and s.status == "enabled"), "")
