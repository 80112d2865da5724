"""The page `prove`: one server boots on the new hypervisor and one on the first, and both are gone afterwards.

Refuses to prove what cannot be: a flavor that is too small or too large is told before anything boots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mhv_tui.changes.servers import BootServer
from mhv_tui.core import openstack
from mhv_tui.core.answers import answer_field
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Choice, PageView, Step
from mhv_tui.domain import hypervisors, images
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import version_key
from mhv_tui.steps import cloud
from mhv_tui.steps.checks import all_checks, join_names, seen
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.image_facts import ImageAnswers
from mhv_tui.steps.node_facts import NodeFacts
from mhv_tui.steps.register_facts import RegisterAnswers, RegisterFacts, untagged

NO_VNC_FROM = (7,)
"""ESXi's major version from which its own VNC server is gone."""


@dataclass(frozen=True)
class ProveAnswers:
    """The table [prove] of the answer file."""

    flavor: str = answer_field("The flavor of the two servers.", required=True, example="m1.small")
    network: str = answer_field(
        "The network they stand in; empty: the only one there is, or nova-network's own choice.", example="vmware-net"
    )
    first_image: str = answer_field(
        "The image for the first hypervisor; empty: an active one that is tagged for it.",
        example="cirros",
        advanced=True,
    )
    first_network: str = answer_field(
        "The network of the server on the first hypervisor; empty: the same as above.", example="private", advanced=True
    )


@dataclass(frozen=True)
class ProveFacts:
    """What there is to boot with, as the cloud says now."""

    service_host: str
    images: tuple[openstack.Image, ...] = ()
    flavors: tuple[openstack.Flavor, ...] = ()
    networks: tuple[openstack.CloudNetwork, ...] = ()
    hypervisors: tuple[openstack.Hypervisor, ...] = ()
    services: tuple[openstack.Service, ...] = ()
    zones: tuple[str, ...] = ()


ProveView = PageView[ProveAnswers, ProveFacts]


def probe(ctx: Context, asked: ProveAnswers) -> ProveFacts:
    """Reads the cloud again, as the pages before may have changed it."""
    node = seen(ctx.earlier, "node", NodeFacts)
    there = ctx.backend.cloud(cloud.login_of(ctx.answers.of("cloud", cloud.CloudAnswers)))
    return ProveFacts(
        node.service_host if node else "",
        there.images(),
        there.flavors(),
        there.networks(),
        there.hypervisors(),
        there.services(),
        there.zones(),
    )


def flavor_of(view: ProveView) -> openstack.Flavor | None:
    return next((f for f in view.facts.flavors if view.asked.flavor in (f.name, f.id)), None)


def network_named(view: ProveView, name: str) -> openstack.CloudNetwork | None:
    """The network of that name or id; without a name the only one there is."""
    if not name:
        return view.facts.networks[0] if len(view.facts.networks) == 1 else None
    return next((n for n in view.facts.networks if name in (n.name, n.id)), None)


def with_ports(view: ProveView) -> bool:
    """Whether servers get a port of Neutron's, rather than nova-network's own choice."""
    facts = seen(view.earlier, "cloud", cloud.CloudFacts)
    return facts is None or facts.networking == "neutron"


def vmware_image(view: ProveView) -> openstack.Image | None:
    """The image of the page `image`, where nova takes it for one of VMware's."""
    name = view.answers.of("image", ImageAnswers).name
    rows = [i for i in view.facts.images if i.name == name and i.status == "active"]
    return next((i for i in rows if _tag(view, i) == images.VMWARE), None)


def _tag(view: ProveView, image: openstack.Image) -> str:
    facts = seen(view.earlier, "cloud", cloud.CloudFacts)
    if facts is None or facts.release is None:
        return image.properties.get("hypervisor_type", "")
    return images.effective(image.properties, "hypervisor_type", facts.release).lower()


def first_image(view: ProveView) -> openstack.Image | None:
    """The image that is answered, else the smallest one that is tagged for the first hypervisor and fits the flavor."""
    active = [i for i in view.facts.images if i.status == "active"]
    if view.asked.first_image:
        return next((i for i in active if view.asked.first_image in (i.name, i.id)), None)
    flavor, tags = flavor_of(view), first_tags(view)
    if flavor is None:
        return None
    tagged = [i for i in active if _tag(view, i) in tags]
    fitting = [i for i in tagged if i.disk_format != "iso" and (not flavor.disk or i.min_disk <= flavor.disk)]
    return min(fitting, key=lambda image: (image.size, image.name), default=None)


def first_kinds(view: ProveView) -> dict[str, hypervisors.HypervisorKind | None]:
    """What the cloud's other hypervisors are called, with what is known of each; vCenter is none of them."""
    names = sorted({h.type for h in view.facts.hypervisors if h.service_host != view.facts.service_host})
    kinds = {name: hypervisors.recognise(name) for name in names}
    return {name: kind for name, kind in kinds.items() if kind is None or kind.id != "vmware"}


def first_tags(view: ProveView) -> frozenset[str]:
    """The tags that the cloud's other hypervisors answer to."""
    return frozenset(tag for kind in first_kinds(view).values() if kind for tag in kind.matches)


def first_zone(view: ProveView) -> str:
    """The availability zone of a compute service that is up and is not the new one; "" where there is none."""
    others = {h.service_host for h in view.facts.hypervisors if h.service_host != view.facts.service_host}
    rows = [s for s in view.facts.services if s.binary == "nova-compute" and s.host in others]
    return next((s.zone for s in rows if s.state == "up" and s.status == "enabled"), "")


def proofs(view: ProveView) -> Sequence[Change]:
    """A server on each side, if there is an image to boot."""
    flavor, image, other = flavor_of(view), vmware_image(view), first_image(view)
    if flavor is None:
        return ()
    zone = view.answers.of("register", RegisterAnswers).availability_zone
    rows = [_boot(view, flavor, "vmware", image, view.asked.network, zone)] if image else []
    if other and first_kinds(view):
        network = view.asked.first_network or view.asked.network
        rows.append(_boot(view, flavor, "first", other, network, first_zone(view)))
    return rows


def _boot(
    view: ProveView, flavor: openstack.Flavor, side: str, image: openstack.Image, network: str, zone: str
) -> BootServer:
    there = network_named(view, network) if with_ports(view) else None
    return BootServer(
        cloud=cloud.login_of(view.answers.of("cloud", cloud.CloudAnswers)),
        side=side,
        name=f"mhv-tui-proof-{side}-{view.facts.service_host}",
        image_id=image.id,
        image=image.name,
        flavor_id=flavor.id,
        flavor=flavor.name,
        network_id=there.id if there else "",
        network=there.name if there else "",
        zone=zone if zone in view.facts.zones else "",
        vmware_host=view.facts.service_host,
    )


def flavor_fits(view: ProveView) -> Iterator[Finding]:
    """PR01 (there is one), RG07, IM06, RG06."""
    flavor, image = flavor_of(view), vmware_image(view)
    if flavor is None:
        remedy = f"Set prove.flavor to one of {join_names(f.name for f in view.facts.flavors)}."
        yield finding("PR01", "failure", f"there is no flavor {view.asked.flavor}", subject="flavor", remedy=remedy)
        return
    level: Level = "failure" if flavor.ram % 4 else "ok"
    odd = ", which is not a multiple of 4" if level == "failure" else ""
    yield finding("RG07", level, f"{flavor.name} has {flavor.ram} MB{odd}", subject=flavor.name)
    if image and flavor.disk and image.min_disk > flavor.disk:
        detail = f"{image.name} needs {image.min_disk} GiB, {flavor.name} has {flavor.disk}"
        yield finding("IM06", "failure", detail, subject=flavor.name)
    elif image:
        yield finding("IM06", "ok", f"{image.name} needs {image.min_disk} GiB", subject=flavor.name)


def network_is_there(view: ProveView) -> Iterator[Finding]:
    """PR01: the networks that are named exist; without a name there is exactly one."""
    if not with_ports(view):
        return
    for name in dict.fromkeys((view.asked.network, view.asked.first_network or view.asked.network)):
        if network_named(view, name) is None:
            several = f"no network is named, and there are {len(view.facts.networks)}"
            missing = f"there is no network {name}" if name else several
            remedy = f"Set prove.network to one of {join_names(n.name for n in view.facts.networks)}."
            yield finding("PR01", "failure", missing, subject="network", remedy=remedy)


def first_side_can_boot(view: ProveView) -> Iterator[Finding]:
    """PR01: what there is to boot on the first hypervisor; unknown where the page `register` is still to tag it."""
    if view.asked.first_image and first_image(view) is None:
        said = f"there is no active image {view.asked.first_image}"
        yield finding("PR01", "failure", said, subject="first_image", remedy="Correct prove.first_image.")
    elif not first_kinds(view):
        remedy = "Nothing to do, if vCenter is meant to be the cloud's only hypervisor."
        said = "the cloud has no other hypervisor: only the new one is proven"
        yield finding("PR01", "warning", said, subject="first hypervisor", remedy=remedy)
    elif flavor_of(view) and first_image(view) is None:
        coming = _to_be_tagged(view)
        if coming:
            said = (
                f"the page register tags {join_names(coming)} first; only then it is known which of them can boot there"
            )
            yield finding("PR01", "unknown", said, subject="first hypervisor", remedy=NAME_FIRST)
        else:
            yield _first_gap(view)


NAME_FIRST = "Name an image in prove.first_image, or set hypervisor_type on one; the flavor has to be large enough."


def _first_gap(view: ProveView) -> Finding:
    tags = " or ".join(sorted(first_tags(view)))
    said = f"no active image is tagged for it ({tags}) and fits the flavor {view.asked.flavor}"
    if not tags:
        said = f"its images are not known, as its type is {join_names(first_kinds(view))}"
    said = f"there is no image to boot on the first hypervisor: {said}"
    return finding("PR01", "warning", said, subject="first hypervisor", remedy=NAME_FIRST)


def _to_be_tagged(view: ProveView) -> list[str]:
    facts = seen(view.earlier, "register", RegisterFacts)
    if facts is None:
        return []
    there = PageView(view.answers.of("register", RegisterAnswers), facts, view.answers, view.earlier)
    return [image.name for image, tag in untagged(there) if tag in first_tags(view)]


def unproven(view: ProveView) -> Iterator[Finding]:
    """PR01: a failure where nothing can be booted through vCenter, a warning where nothing can on the first one."""
    if flavor_of(view) is None:
        yield from flavor_fits(view)
    elif vmware_image(view) is None:
        name = view.answers.of("image", ImageAnswers).name
        remedy = "Have the page image made (mhv-tui apply, with all its steps or --step image), then prove again."
        said = f"there is no image to boot through vCenter: {name} is not active, or not tagged vmware"
        yield finding("PR01", "failure", said, subject="image", remedy=remedy)
    if flavor_of(view) and first_kinds(view) and first_image(view) is None:
        yield _first_gap(view)


def console_is_known(view: ProveView) -> Iterator[Finding]:
    """CO02 and CO01: what the hosts' version makes of nova's VNC console; their firewall is not read."""
    facts = seen(view.earlier, "cluster", ClusterFacts)
    hosts = facts.inventory.hosts_of(facts.cluster) if facts and facts.cluster else ()
    new = [h.name for h in hosts if h.version and version_key(h.version.partition("-")[0])[:1] >= NO_VNC_FROM]
    if new:
        detail = f"the VNC console does not work with ESXi 7 or newer, which runs on {join_names(new)}"
        yield finding("CO02", "warning", detail, subject="console")
    elif hosts:
        yield finding("CO01", "unknown", "the ESXi hosts' firewalls are not checked", subject="console")


def choices(view: ProveView) -> Mapping[str, Sequence[Choice]]:
    """The flavors, each with what stands in its way; the networks; the images of the first hypervisor."""
    flavors = [
        Choice(f.name, f"{f.name}  {f.ram} MB, {f.vcpus} vCPU, {f.disk} GiB", health(view, f))
        for f in sorted(view.facts.flavors, key=lambda f: (f.ram, f.vcpus, f.disk))
    ]
    networks = [Choice(n.name, f"{n.name}  {n.provider_type or 'network'}") for n in view.facts.networks]
    others = [i for i in view.facts.images if i.status == "active" and i != vmware_image(view)]
    return {
        "flavor": flavors,
        "network": networks,
        "first_network": networks,
        "first_image": [Choice(i.name, f"{i.name}  {i.disk_format}") for i in others],
    }


def health(view: ProveView, flavor: openstack.Flavor) -> Finding | None:
    """The first thing that speaks against a flavor; None where nothing does."""
    other = replace(view, asked=replace(view.asked, flavor=flavor.id))
    return next((f for f in flavor_fits(other) if f.level == "failure"), None)


STEP: Step[ProveAnswers, ProveFacts] = Step(
    id="prove",
    title="Proof",
    intro="One server boots through vCenter and one on the first hypervisor; both are deleted again.",
    answers=ProveAnswers,
    probe=probe,
    preconditions=all_checks(flavor_fits, network_is_there, first_side_can_boot, console_is_known),
    smoke_tests=proofs,
    untested=unproven,
    choices=choices,
    requires=("cloud", "cluster", "node"),
    probe_without_answers=True,
)
