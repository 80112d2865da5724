"""The checks of the page `prove`: flavor, networks and images of the test servers, and what cannot be tested."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import PageView
from mhv_tui.core.text import join_names
from mhv_tui.domain import flavors
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import version_key
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.prove.facts import (
    ProveView,
    first_image,
    first_kinds,
    first_tags,
    flavor_of,
    network_named,
    uses_ports,
    vmware_image,
)
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.register.facts import RegisterFacts, untagged_images

NO_VNC_FROM = (7,)
"""The major version of ESXi that removed its own VNC server."""

NAME_FIRST = "Name an image in prove.first_image, or set hypervisor_type on one; the flavor has to be large enough."


def flavor_fits(view: ProveView) -> Iterator[Finding]:
    """PR01 (it exists), RG07 (memory), IM06 (root disk)."""
    flavor, image = flavor_of(view), vmware_image(view)
    if flavor is None:
        remedy = f"Set prove.flavor to one of {join_names(f.name for f in view.facts.flavors)}."
        yield finding("PR01", "failure", f"there is no flavor {view.answers.flavor}", subject="flavor", remedy=remedy)
        return
    problem = flavors.memory_trouble(flavor.ram)
    level: Level = "failure" if problem else "ok"
    yield finding("RG07", level, f"{flavor.name}: {problem or f'{flavor.ram} MB'}", subject=flavor.name)
    if image is None:
        return
    if problem := flavors.disk_trouble(flavor.disk, image.min_disk << 30):
        yield finding("IM06", "failure", f"{image.name} on {flavor.name}: {problem}", subject=flavor.name)
    else:
        yield finding("IM06", "ok", f"{image.name} needs {image.min_disk} GiB", subject=flavor.name)


def networks_exist(view: ProveView) -> Iterator[Finding]:
    """PR01: the answered networks exist; without an answer there is exactly one."""
    if not uses_ports(view):
        return
    for name in dict.fromkeys((view.answers.network, view.answers.first_network or view.answers.network)):
        if network_named(view, name) is None:
            networks = view.facts.networks
            detail = f"there is no network {name}" if name else f"no network is named, and there are {len(networks)}"
            remedy = f"Set prove.network to one of {join_names(n.name for n in networks)}."
            yield finding("PR01", "failure", detail, subject="network", remedy=remedy)


def first_side_can_boot(view: ProveView) -> Iterator[Finding]:
    """PR01: there is an image for the first hypervisor; unknown if the page `register` has yet to tag one."""
    if view.answers.first_image and first_image(view) is None:
        detail = f"there is no active image {view.answers.first_image}"
        yield finding("PR01", "failure", detail, subject="first_image", remedy="Correct prove.first_image.")
    elif not first_kinds(view):
        remedy = "No action needed if vCenter is meant to be the cloud's only hypervisor."
        detail = "the cloud has no other hypervisor: only the new one is proven"
        yield finding("PR01", "warning", detail, subject="first hypervisor", remedy=remedy)
    elif flavor_of(view) and first_image(view) is None:
        if names := _images_to_be_tagged(view):
            detail = (
                f"the page register tags {join_names(names)} first; only then it is known which of them can boot there"
            )
            yield finding("PR01", "unknown", detail, subject="first hypervisor", remedy=NAME_FIRST)
        else:
            yield _no_first_image(view)


def _no_first_image(view: ProveView) -> Finding:
    tags = " or ".join(sorted(first_tags(view)))
    reason = f"no active image is tagged for it ({tags}) and fits the flavor {view.answers.flavor}"
    if not tags:
        reason = f"its images are not known, as its type is {join_names(first_kinds(view))}"
    detail = f"there is no image to boot on the first hypervisor: {reason}"
    return finding("PR01", "warning", detail, subject="first hypervisor", remedy=NAME_FIRST)


def _images_to_be_tagged(view: ProveView) -> list[str]:
    facts = view.facts_of(RegisterFacts)
    if facts is None:
        return []
    register = PageView(view.answers_of(RegisterAnswers), facts, view.all_answers, view.earlier)
    return [image.name for image, tag in untagged_images(register) if tag in first_tags(view)]


def untested(view: ProveView) -> Iterator[Finding]:
    """PR01: a failure if nothing can boot through vCenter, a warning if nothing can boot on the first hypervisor."""
    if flavor_of(view) is None:
        yield from flavor_fits(view)
    elif vmware_image(view) is None:
        name = view.answers_of(ImageAnswers).name
        remedy = "Upload the page's image (mhv-tui apply, with all its steps or --step image), then prove again."
        detail = f"there is no image to boot through vCenter: {name} is not active, or not tagged vmware"
        yield finding("PR01", "failure", detail, subject="image", remedy=remedy)
    if flavor_of(view) and first_kinds(view) and first_image(view) is None:
        yield _no_first_image(view)


def console_is_known(view: ProveView) -> Iterator[Finding]:
    """CO02 and CO01: whether the hosts' version supports nova's VNC console; their firewall is not read."""
    cluster = view.facts_of(ClusterFacts)
    hosts = cluster.inventory.hosts_of(cluster.cluster) if cluster and cluster.cluster else ()
    new = [h.name for h in hosts if h.version and version_key(h.version.partition("-")[0])[:1] >= NO_VNC_FROM]
    if new:
        detail = f"the VNC console does not work with ESXi 7 or newer, which runs on {join_names(new)}"
        yield finding("CO02", "warning", detail, subject="console")
    elif hosts:
        yield finding("CO01", "unknown", "the ESXi hosts' firewalls are not checked", subject="console")


CHECKS = (flavor_fits, networks_exist, first_side_can_boot, console_is_known)
