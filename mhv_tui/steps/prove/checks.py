"""The checks of the page `prove`: flavor, networks and images of the test servers, and what cannot be tested."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import SMOKE_TEST_CODE, Finding, Level
from mhv_tui.core.steps import Check, PageView
from mhv_tui.core.text import join_names
from mhv_tui.domain import flavors
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import version_key
from mhv_tui.steps.checks import check, skipped
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.prove.answers import ProveAnswers
from mhv_tui.steps.prove.facts import (
    ProveFacts,
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

CHECKS: list[Check[ProveAnswers, ProveFacts]] = []

NOT_TESTED = "apply boots a server on each hypervisor after its changes; flavor, networks and images for that {exist}"

NO_FLAVOR = "the flavor does not exist"

NO_VNC_FROM = (7,)
"""The major version of ESXi that removed its own VNC server."""

NAME_FIRST = "Set prove.first_image to an image that fits the flavor, or set hypervisor_type on such an image."


@check(CHECKS, SMOKE_TEST_CODE)
def servers_can_boot(view: ProveView) -> Iterator[Finding]:
    """Flavor, networks and an image for the existing hypervisor exist; the code is ok only after a smoke test."""
    rows = [*_missing_flavor(view), *_missing_networks(view), *_first_side(view)]
    yield from rows
    if not rows:
        exist = "exist" if vmware_image(view) else "exist or are planned"
        yield skipped(SMOKE_TEST_CODE, NOT_TESTED.format(exist=exist))


def _missing_flavor(view: ProveView) -> Iterator[Finding]:
    if flavor_of(view) is None:
        remedy = f"Set prove.flavor to one of {join_names(f.name for f in view.facts.flavors)}."
        yield finding(
            SMOKE_TEST_CODE,
            "failure",
            f"the cloud has no flavor {view.answers.flavor}",
            subject="flavor",
            remedy=remedy,
        )


def _missing_networks(view: ProveView) -> Iterator[Finding]:
    """Reports each answered network that does not exist, or that none is answered and the cloud has not exactly one."""
    names = (view.answers.network, view.answers.first_network or view.answers.network)
    for name in dict.fromkeys(names) if uses_ports(view) else ():
        if network_named(view, name) is None:
            networks = view.facts.networks
            unanswered = f"prove.network is empty, but the cloud has {len(networks)} networks"
            detail = f"the cloud has no network {name}" if name else unanswered
            remedy = f"Set prove.network to one of {join_names(n.name for n in networks)}."
            yield finding(SMOKE_TEST_CODE, "failure", detail, subject="network", remedy=remedy)


def _first_side(view: ProveView) -> Iterator[Finding]:
    """Reports that the existing hypervisor has no image; unknown if the page `register` will first tag some."""
    if view.answers.first_image and first_image(view) is None:
        detail = f"the cloud has no active image {view.answers.first_image}"
        yield finding(SMOKE_TEST_CODE, "failure", detail, subject="first_image", remedy="Correct prove.first_image.")
    elif not first_kinds(view):
        remedy = "No action needed if vCenter is meant to be the cloud's only hypervisor."
        detail = "the cloud has no other hypervisor, so only the new one is tested"
        yield finding(SMOKE_TEST_CODE, "warning", detail, subject="existing hypervisor", remedy=remedy)
    elif flavor_of(view) and first_image(view) is None:
        if names := _images_to_be_tagged(view):
            tagged = f"is not known until the page register tags {join_names(names)}"
            detail = f"the image for the existing hypervisor {tagged}"
            yield finding(SMOKE_TEST_CODE, "unknown", detail, subject="existing hypervisor", remedy=NAME_FIRST)
        else:
            yield _no_first_image(view)


def _no_first_image(view: ProveView) -> Finding:
    tags = " or ".join(sorted(first_tags(view)))
    reason = f"no active image has the tag {tags} and fits the flavor {view.answers.flavor}"
    if not tags:
        reason = f"mhv-tui knows no tag for the hypervisor type {join_names(first_kinds(view))}"
    detail = f"no image can boot on the existing hypervisor: {reason}"
    return finding(SMOKE_TEST_CODE, "warning", detail, subject="existing hypervisor", remedy=NAME_FIRST)


def _images_to_be_tagged(view: ProveView) -> list[str]:
    facts = view.facts_of(RegisterFacts)
    if facts is None:
        return []
    register = PageView(view.answers_of(RegisterAnswers), facts, view.all_answers, view.earlier)
    return [image.name for image, tag in untagged_images(register) if tag in first_tags(view)]


def untested(view: ProveView) -> Iterator[Finding]:
    """A failure if nothing can boot through vCenter, a warning if nothing can boot on the existing hypervisor."""
    if flavor_of(view) is None:
        yield from _missing_flavor(view)
    elif vmware_image(view) is None:
        name = view.answers_of(ImageAnswers).name
        remedy = "Upload the image with mhv-tui apply, with all steps or --step image, then test again."
        detail = f"no image can boot through vCenter: {name} is not active, or not tagged vmware"
        yield finding(SMOKE_TEST_CODE, "failure", detail, subject="image", remedy=remedy)
    if flavor_of(view) and first_kinds(view) and first_image(view) is None:
        yield _no_first_image(view)


@check(CHECKS, "RG07")
def memory_fits(view: ProveView) -> Iterator[Finding]:
    """RG07: vSphere accepts the flavor's memory."""
    flavor = flavor_of(view)
    if flavor is None:
        yield skipped("RG07", NO_FLAVOR, view.answers.flavor)
        return
    problem = flavors.memory_trouble(flavor.ram)
    level: Level = "failure" if problem else "ok"
    yield finding(
        "RG07",
        level,
        f"{flavor.name}: {problem}" if problem else f"{flavor.name} has {flavor.ram} MiB of memory",
        subject=flavor.name,
    )


@check(CHECKS, "IM06")
def root_disk_fits(view: ProveView) -> Iterator[Finding]:
    """IM06: the flavor's root disk suits the image for VMware."""
    flavor, image = flavor_of(view), vmware_image(view)
    if flavor is None or image is None:
        yield skipped("IM06", "no image for VMware is active yet" if flavor else NO_FLAVOR, view.answers.flavor)
    elif problem := flavors.disk_trouble(flavor.disk, image.min_disk << 30):
        yield finding("IM06", "failure", f"{image.name} on {flavor.name}: {problem}", subject=flavor.name)
    else:
        yield finding("IM06", "ok", f"{image.name} needs {image.min_disk} GiB", subject=flavor.name)


@check(CHECKS, "CO02", "CO01")
def console_is_known(view: ProveView) -> Iterator[Finding]:
    """CO02, CO01: the ESXi version supports nova's VNC console; the ESXi hosts' firewalls are not checked."""
    cluster = view.facts_of(ClusterFacts)
    hosts = cluster.inventory.hosts_of(cluster.cluster) if cluster and cluster.cluster else ()
    new = [h.name for h in hosts if h.version and version_key(h.version.partition("-")[0])[:1] >= NO_VNC_FROM]
    if new:
        detail = f"the VNC console does not work with ESXi 7 or newer, which runs on {join_names(new)}"
        yield finding("CO02", "warning", detail, subject="console")
    elif hosts:
        yield finding(
            "CO01",
            "unknown",
            "mhv-tui does not check whether the ESXi hosts' firewalls allow VNC consoles",
            subject="console",
        )
    else:
        yield skipped("CO02", "no host of the cluster is known", "console")
