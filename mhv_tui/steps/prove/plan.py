"""The smoke tests of the page `prove`, a test server on each hypervisor, and its choices. It plans no changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.changes.records import SMOKE_TEST_PREFIX
from mhv_tui.changes.servers import BootServer
from mhv_tui.core import openstack
from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Choice
from mhv_tui.domain.image_meta import VMWARE
from mhv_tui.steps.checks import health_of
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.prove.checks import memory_fits, root_disk_fits
from mhv_tui.steps.prove.facts import (
    ProveView,
    first_image,
    first_kinds,
    first_type,
    first_zone,
    flavor_of,
    name_of_type,
    network_named,
    uses_ports,
    vmware_image,
)
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers


def smoke_tests(view: ProveView) -> Sequence[Change]:
    """Returns a test server for each hypervisor for which an image exists."""
    flavor, image, other = flavor_of(view), vmware_image(view), first_image(view)
    if flavor is None:
        return ()
    zone = view.answers_of(RegisterAnswers).availability_zone
    tests = [_boot(view, flavor, VMWARE, image, view.answers.network, zone)] if image else []
    if other and first_kinds(view):
        network = view.answers.first_network or view.answers.network
        tests.append(_boot(view, flavor, "first", other, network, first_zone(view)))
    return tests


def _boot(
    view: ProveView, flavor: openstack.Flavor, side: str, image: openstack.Image, network_name: str, zone: str
) -> BootServer:
    hypervisor = "" if side == VMWARE else first_type(view, image)
    kind = VMWARE if side == VMWARE else f"{name_of_type(hypervisor)}-for"
    network = network_named(view, network_name) if uses_ports(view) else None
    clusters = view.facts_of(ClusterFacts)
    cluster = clusters.cluster if clusters else None
    return BootServer(
        cloud=cloud_login(view.answers_of(CloudAnswers)),
        side=side,
        hypervisor=hypervisor,
        name=f"{SMOKE_TEST_PREFIX}{kind}-{view.facts.service_host}",
        image_id=image.id,
        image=image.name,
        flavor_id=flavor.id,
        flavor=flavor.name,
        network_id=network.id if network else "",
        network=network.name if network else "",
        zone=zone if zone in view.facts.zones else "",
        vmware_host=view.facts.service_host,
        account=view.answers_of(VcenterAnswers).username,
        cluster_id=cluster.id if cluster else "",
        cluster=cluster.name if cluster else "",
    )


def choices(view: ProveView) -> Mapping[str, Sequence[Choice]]:
    """Returns the choices: flavors with their worst findings, networks, and images for the existing hypervisor."""
    flavors = [
        Choice(f.name, f"{f.name}  {f.ram} MiB, {f.vcpus} vCPU, {f.disk} GiB", health(view, f))
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
    """Returns the first failure about a flavor, else the first warning; None if the flavor is suitable."""
    other = replace(view, answers=replace(view.answers, flavor=flavor.id))
    return health_of((memory_fits, root_disk_fits), other)
