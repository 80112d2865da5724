"""The page `prove`: one server boots on the new hypervisor and one on the first, and both are gone afterwards.

Refuses to prove what cannot be: a flavor that is too small or too large is told before anything boots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mhv_tui.changes.servers import BootServer
from mhv_tui.core import openstack
from mhv_tui.core.answers import ask
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Change, Choice, Context, Look, Step
from mhv_tui.domain import hypervisors, images
from mhv_tui.domain.catalogue import found
from mhv_tui.domain.releases import version_key
from mhv_tui.steps import cloud
from mhv_tui.steps.checks import every, seen, short
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.image_facts import ImageAnswers
from mhv_tui.steps.node_facts import NodeFacts
from mhv_tui.steps.register_facts import RegisterAnswers, RegisterFacts, untagged

NO_VNC_FROM = (7,)
"""ESXi's major version from which its own VNC server is gone."""


@dataclass(frozen=True)
class ProveAnswers:
    """The table [prove] of the answer file."""

    flavor: str = ask("The flavor of the two servers.", required=True, example="m1.small")
    network: str = ask(
        "The network they stand in; empty: the only one there is, or nova-network's own choice.", example="vmware-net"
    )
    first_image: str = ask(
        "The image for the first hypervisor; empty: an active one that is tagged for it.",
        example="cirros",
        advanced=True,
    )
    first_network: str = ask(
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


ProveLook = Look[ProveAnswers, ProveFacts]


def probe(ctx: Context, asked: ProveAnswers) -> ProveFacts:
    """The cloud's rows afresh."""
    node = seen(ctx.earlier, "node", NodeFacts)
    there = ctx.world.cloud(cloud.login_of(ctx.answers.of("cloud", cloud.CloudAnswers)))
    return ProveFacts(
        node.service_host if node else "",
        there.images(),
        there.flavors(),
        there.networks(),
        there.hypervisors(),
        there.services(),
        there.zones(),
    )


def flavor_of(look: ProveLook) -> openstack.Flavor | None:
    """The flavor that is answered."""
    return next((f for f in look.facts.flavors if look.asked.flavor in (f.name, f.id)), None)


def network_named(look: ProveLook, name: str) -> openstack.CloudNetwork | None:
    """The network of that name or id; without a name the only one there is."""
    if not name:
        return look.facts.networks[0] if len(look.facts.networks) == 1 else None
    return next((n for n in look.facts.networks if name in (n.name, n.id)), None)


def with_ports(look: ProveLook) -> bool:
    """Whether servers get a port of Neutron's, rather than nova-network's own choice."""
    facts = seen(look.earlier, "cloud", cloud.CloudFacts)
    return facts is None or facts.networking == "neutron"


def vmware_image(look: ProveLook) -> openstack.Image | None:
    """The image of the page `image`, where nova takes it for one of VMware's."""
    name = look.answers.of("image", ImageAnswers).name
    rows = [i for i in look.facts.images if i.name == name and i.status == "active"]
    return next((i for i in rows if _tag(look, i) == images.VMWARE), None)


def _tag(look: ProveLook, image: openstack.Image) -> str:
    facts = seen(look.earlier, "cloud", cloud.CloudFacts)
    if facts is None or facts.release is None:
        return image.properties.get("hypervisor_type", "")
    return images.effective(image.properties, "hypervisor_type", facts.release).lower()


def first_image(look: ProveLook) -> openstack.Image | None:
    """The image that is answered, else the smallest one that is tagged for the first hypervisor and fits the flavor."""
    active = [i for i in look.facts.images if i.status == "active"]
    if look.asked.first_image:
        return next((i for i in active if look.asked.first_image in (i.name, i.id)), None)
    flavor, tags = flavor_of(look), first_tags(look)
    if flavor is None:
        return None
    tagged = [i for i in active if _tag(look, i) in tags]
    fitting = [i for i in tagged if i.disk_format != "iso" and (not flavor.disk or i.min_disk <= flavor.disk)]
    return min(fitting, key=lambda image: (image.size, image.name), default=None)


def first_kinds(look: ProveLook) -> dict[str, hypervisors.Hypervisor | None]:
    """What the cloud's other hypervisors are called, with what is known of each; vCenter is none of them."""
    names = sorted({h.type for h in look.facts.hypervisors if h.service_host != look.facts.service_host})
    kinds = {name: hypervisors.recognise(name) for name in names}
    return {name: kind for name, kind in kinds.items() if kind is None or kind.id != "vmware"}


def first_tags(look: ProveLook) -> frozenset[str]:
    """The tags that the cloud's other hypervisors answer to."""
    return frozenset(tag for kind in first_kinds(look).values() if kind for tag in kind.matches)


def first_zone(look: ProveLook) -> str:
    """The availability zone of a compute service that is up and is not the new one; "" where there is none."""
    others = {h.service_host for h in look.facts.hypervisors if h.service_host != look.facts.service_host}
    rows = [s for s in look.facts.services if s.binary == "nova-compute" and s.host in others]
    return next((s.zone for s in rows if s.state == "up" and s.status == "enabled"), "")


def proofs(look: ProveLook) -> Sequence[Change]:
    """A server on each side, as far as there is something to boot."""
    flavor, image, other = flavor_of(look), vmware_image(look), first_image(look)
    if flavor is None:
        return ()
    zone = look.answers.of("register", RegisterAnswers).availability_zone
    rows = [_boot(look, flavor, "vmware", image, look.asked.network, zone)] if image else []
    if other and first_kinds(look):
        network = look.asked.first_network or look.asked.network
        rows.append(_boot(look, flavor, "first", other, network, first_zone(look)))
    return rows


def _boot(
    look: ProveLook, flavor: openstack.Flavor, side: str, image: openstack.Image, network: str, zone: str
) -> BootServer:
    there = network_named(look, network) if with_ports(look) else None
    return BootServer(
        cloud.login_of(look.answers.of("cloud", cloud.CloudAnswers)),
        side,
        f"mhv-tui-proof-{side}-{look.facts.service_host}",
        image.id,
        image.name,
        flavor.id,
        flavor.name,
        there.id if there else "",
        there.name if there else "",
        zone if zone in look.facts.zones else "",
        look.facts.service_host,
    )


def flavor_fits(look: ProveLook) -> Iterator[Finding]:
    """PR01 (there is one), RG07, IM06, RG06."""
    flavor, image = flavor_of(look), vmware_image(look)
    if flavor is None:
        remedy = f"Set prove.flavor to one of {short(f.name for f in look.facts.flavors)}."
        yield found("PR01", "failure", f"there is no flavor {look.asked.flavor}", subject="flavor", remedy=remedy)
        return
    level: Level = "failure" if flavor.ram % 4 else "ok"
    yield found("RG07", level, f"{flavor.name} has {flavor.ram} MB", subject=flavor.name)
    if image and flavor.disk and image.min_disk > flavor.disk:
        detail = f"{image.name} needs {image.min_disk} GiB, {flavor.name} has {flavor.disk}"
        yield found("IM06", "failure", detail, subject=flavor.name)
    elif image:
        yield found("IM06", "ok", f"{image.name} needs {image.min_disk} GiB", subject=flavor.name)


def network_is_there(look: ProveLook) -> Iterator[Finding]:
    """PR01: the networks that are named exist; without a name there is exactly one."""
    if not with_ports(look):
        return
    for name in dict.fromkeys((look.asked.network, look.asked.first_network or look.asked.network)):
        if network_named(look, name) is None:
            said = f"there is no network {name}" if name else f"there are {len(look.facts.networks)} networks"
            remedy = f"Set prove.network to one of {short(n.name for n in look.facts.networks)}."
            yield found("PR01", "failure", said, subject="network", remedy=remedy)


def first_side_can_boot(look: ProveLook) -> Iterator[Finding]:
    """PR01: what there is to boot on the first hypervisor; unknown where the page `register` is still to tag it."""
    if look.asked.first_image and first_image(look) is None:
        said = f"there is no active image {look.asked.first_image}"
        yield found("PR01", "failure", said, subject="first_image", remedy="Correct prove.first_image.")
    elif not first_kinds(look):
        remedy = "Nothing to do, if vCenter is meant to be the cloud's only hypervisor."
        said = "the cloud has no other hypervisor: only the new one is proven"
        yield found("PR01", "warning", said, subject="first hypervisor", remedy=remedy)
    elif flavor_of(look) and first_image(look) is None:
        coming = _to_be_tagged(look)
        if coming:
            said = f"the page register tags {short(coming)} first; which of them can boot there is seen afterwards"
            yield found("PR01", "unknown", said, subject="first hypervisor", remedy=NAME_FIRST)
        else:
            yield _first_gap(look)


NAME_FIRST = "Name an image in prove.first_image, or set hypervisor_type on one; the flavor has to be large enough."


def _first_gap(look: ProveLook) -> Finding:
    tags = " or ".join(sorted(first_tags(look)))
    said = f"no active image is tagged for it ({tags}) and fits the flavor {look.asked.flavor}"
    if not tags:
        said = f"which images are its own is not known, for it calls itself {short(first_kinds(look))}"
    said = f"nothing is there to boot on the first hypervisor: {said}"
    return found("PR01", "warning", said, subject="first hypervisor", remedy=NAME_FIRST)


def _to_be_tagged(look: ProveLook) -> list[str]:
    facts = seen(look.earlier, "register", RegisterFacts)
    if facts is None:
        return []
    there = Look(look.answers.of("register", RegisterAnswers), facts, look.answers, look.earlier)
    return [image.name for image, tag in untagged(there) if tag in first_tags(look)]


def unproven(look: ProveLook) -> Iterator[Finding]:
    """PR01: a failure where nothing can be booted through vCenter, a warning where nothing can on the first one."""
    if flavor_of(look) is None:
        yield from flavor_fits(look)
    elif vmware_image(look) is None:
        name = look.answers.of("image", ImageAnswers).name
        remedy = "Have the page image made (mhv-tui apply, with all its steps or --step image), then prove again."
        said = f"nothing is there to boot through vCenter: there is no active image {name} that is tagged vmware"
        yield found("PR01", "failure", said, subject="image", remedy=remedy)
    if flavor_of(look) and first_kinds(look) and first_image(look) is None:
        yield _first_gap(look)


def console_is_known(look: ProveLook) -> Iterator[Finding]:
    """CO02 and CO01: what the hosts' version makes of nova's VNC console; their firewall is not read."""
    facts = seen(look.earlier, "cluster", ClusterFacts)
    hosts = facts.inventory.hosts_of(facts.cluster) if facts and facts.cluster else ()
    new = [h.name for h in hosts if h.version and version_key(h.version.partition("-")[0])[:1] >= NO_VNC_FROM]
    if new:
        yield found("CO02", "warning", f"ESXi 7 or newer: {short(new)}", subject="console")
    elif hosts:
        yield found("CO01", "unknown", "the hosts' firewall is not read", subject="console")


def choices(look: ProveLook) -> Mapping[str, Sequence[Choice]]:
    """The flavors, each with what stands in its way; the networks; the images of the first hypervisor."""
    flavors = [
        Choice(f.name, f"{f.name}  {f.ram} MB, {f.vcpus} vCPU, {f.disk} GiB", health(look, f))
        for f in sorted(look.facts.flavors, key=lambda f: (f.ram, f.vcpus, f.disk))
    ]
    networks = [Choice(n.name, f"{n.name}  {n.provider_type or 'network'}") for n in look.facts.networks]
    others = [i for i in look.facts.images if i.status == "active" and i != vmware_image(look)]
    return {
        "flavor": flavors,
        "network": networks,
        "first_network": networks,
        "first_image": [Choice(i.name, f"{i.name}  {i.disk_format}") for i in others],
    }


def health(look: ProveLook, flavor: openstack.Flavor) -> Finding | None:
    """The first thing that speaks against a flavor; None where nothing does."""
    other = replace(look, asked=replace(look.asked, flavor=flavor.id))
    return next((f for f in flavor_fits(other) if f.level == "failure"), None)


STEP: Step[ProveAnswers, ProveFacts] = Step(
    id="prove",
    title="Proof",
    intro="One server boots through vCenter and one on the first hypervisor; both are deleted again.",
    asks=ProveAnswers,
    probe=probe,
    needs=every(flavor_fits, network_is_there, first_side_can_boot, console_is_known),
    proofs=proofs,
    unproven=unproven,
    choices=choices,
    after=("cloud", "cluster", "node"),
    offers=True,
)
