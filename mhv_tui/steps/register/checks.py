"""The checks of the page `register`: cell mapping, scheduler, zone, flavors, old records, and image tags."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mhv_tui.changes import records
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.machine import SshHost
from mhv_tui.core.steps import Check
from mhv_tui.core.text import be, count, join_names, size
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.flavors import MEMORY_STEP, Size, fit_trouble, memory_trouble
from mhv_tui.domain.releases import Release
from mhv_tui.steps.checks import check, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.register.facts import (
    RegisterFacts,
    RegisterView,
    aggregate_with_that_name,
    delete_service,
    disabled_by_driver,
    enable_service,
    in_zone,
    is_mapped,
    other_zone,
    stale_services,
    untagged_images,
)

CHECKS: list[Check[RegisterAnswers, RegisterFacts]] = []
POSTCONDITIONS: list[Check[RegisterAnswers, RegisterFacts]] = []

NO_RELEASE = "the cloud's release is not known yet"

FILTER = "ImagePropertiesFilter"
FILTER_OPTIONS = (("filter_scheduler", "enabled_filters"), ("DEFAULT", "scheduler_default_filters"))


@check(CHECKS, "RG01")
def mapping_is_possible(view: RegisterView) -> Iterator[Finding]:
    """RG01: mhv-tui can map the node to its cell; without a controller the operator must run the command."""
    release, service = release_of(view.earlier), view.facts.service
    if release is None:
        yield finding("RG01", "unknown", NO_RELEASE, subject=view.facts.service_host)
    elif reason := _needs_no_command(view, release):
        yield skipped("RG01", reason, view.facts.service_host)
    elif not release.hides_unmapped:
        detail = "register.controller is none: run the command by hand when nova-compute is up"
        yield finding("RG01", "warning", detail, subject=view.facts.service_host, remedy=_by_hand(view))
    elif service is not None and service.state == "up":
        detail = f"{view.facts.service_host} is up but not mapped to its cell, and register.controller is none"
        yield finding("RG01", "failure", detail, subject=view.facts.service_host, remedy=_by_hand(view))
    else:
        detail = "register.controller is none: apply will stop when nova-compute is up, and you run the command by hand"
        yield finding("RG01", "warning", detail, subject=view.facts.service_host, remedy=_by_hand(view))


def _needs_no_command(view: RegisterView, release: Release) -> str:
    """Returns why the operator need not map the node by hand; "" if the operator must."""
    if not release.cells_v2:
        return f"{release.title} has no cells to map"
    if isinstance(view.answers.controller, SshHost):
        return f"mhv-tui can map the node to its cell on {view.answers.controller}"
    return "the node is mapped to its cell" if is_mapped(view) is not False else ""


def _by_hand(view: RegisterView) -> str:
    command = shlex.join([*shlex.split(view.answers.nova_manage), "cell_v2", "discover_hosts", "--verbose"])
    return f"On a controller run: {command}"


@check(CHECKS, "RG02")
def scheduler_checks_images(view: RegisterView) -> Iterator[Finding]:
    """RG02: the scheduler uses ImagePropertiesFilter, as it does by default; an operator's list may lack it."""
    conf = view.facts.controller
    if conf is None:
        remedy = f"Check that the scheduler's nova.conf enables {FILTER}; the test servers show it too."
        yield finding("RG02", "unknown", "no controller's nova.conf was read", subject="scheduler", remedy=remedy)
        return
    for section, option in FILTER_OPTIONS:
        if value := conf.last(section, option):
            filters = [name.strip().rpartition(".")[2] for name in value.split(",")]
            level: Level = "ok" if FILTER in filters else "failure"
            verb = "has" if level == "ok" else "lacks"
            detail = (
                f"the scheduler's [{section}] {option} {verb} {FILTER}: {', '.join(value.replace(',', ' ').split())}"
            )
            yield finding("RG02", level, detail, subject="scheduler")
            return
    yield finding(
        "RG02", "ok", f"the scheduler uses nova's default filters, which include {FILTER}", subject="scheduler"
    )


@check(CHECKS, "RG04")
def zone_is_free_to_join(view: RegisterView) -> Iterator[Finding]:
    """RG04: the node can join the answered zone: it is in no other zone, and the aggregate's name is free."""
    zone, other = view.answers.availability_zone, other_zone(view)
    if zone and other:
        detail = f"{view.facts.service_host} is in zone {other} already"
        remedy = f"Remove the host from the aggregate of zone {other}, or set register.availability_zone to {other}."
        yield finding("RG04", "failure", detail, subject=zone, remedy=remedy)
    elif zone and (taken := aggregate_with_that_name(view)):
        current = taken.availability_zone or "not set"
        detail = (
            f"the aggregate {zone} exists, but its availability_zone is {current}, "
            f"so this aggregate does not create zone {zone}"
        )
        remedy = (
            f"Set register.availability_zone to another zone, rename the aggregate {zone}, or set its availability_zone"
            f" to {zone}; this moves all its hosts to the zone."
        )
        yield finding("RG04", "failure", detail, subject=zone, remedy=remedy)
    elif zone:
        yield skipped("RG04", f"{view.facts.service_host} can join zone {zone}", zone)
    elif other:
        yield finding("RG04", "ok", f"{view.facts.service_host} is in zone {other}", subject=other)
    else:
        yield finding(
            "RG04", "warning", "no availability zone is set for the new hypervisor", subject=view.facts.service_host
        )


@check(CHECKS, "RG05")
def memory_is_not_reserved(view: RegisterView) -> Iterator[Finding]:
    reserved = view.answers_of(NodeAnswers).reserved_host_memory_mb
    level: Level = "warning" if reserved else "ok"
    yield finding("RG05", level, f"reserved_host_memory_mb is {reserved}", subject=view.facts.service_host)


@check(CHECKS, "RG07")
def flavors_fit(view: RegisterView) -> Iterator[Finding]:
    """RG07: vSphere accepts the memory of every flavor."""
    odd = [f.name for f in view.facts.flavors if memory_trouble(f.ram)]
    if odd:
        detail = f"the memory of {join_names(odd)} is not a multiple of {MEMORY_STEP} MiB"
        yield finding("RG07", "warning", detail, subject="flavors")
    else:
        detail = f"{count(len(view.facts.flavors), 'flavor')} checked"
        yield finding("RG07", "ok", detail, subject="flavors")


@check(CHECKS, "RG06")
def flavors_fit_on_a_host(view: RegisterView) -> Iterator[Finding]:
    """RG06: no flavor is larger than the largest host."""
    cluster = view.facts_of(ClusterFacts)
    hosts = cluster.inventory.hosts_of(cluster.cluster) if cluster and cluster.cluster else ()
    memory, threads = max((h.memory for h in hosts), default=0), max((h.cpu_threads for h in hosts), default=0)
    room = Size(threads, memory >> 20, 0)
    large = [f.name for f in view.facts.flavors if fit_trouble(Size(f.vcpus, f.ram, 0), room)]
    biggest = f"the biggest host has {size(memory)} of memory and {threads} threads"
    if large:
        detail = f"{join_names(large)} {be(len(large))} too large: {biggest}"
        yield finding("RG06", "warning", detail, subject="flavors")
    elif memory:
        yield finding("RG06", "ok", biggest, subject="flavors")
    else:
        yield skipped("RG06", "no host of the cluster reports its memory", "flavors")


@check(CHECKS, "RG09")
def records_are_alive(view: RegisterView) -> Iterator[Finding]:
    stale = stale_services(view)
    for service in stale:
        since = f"since {service.updated_at:%Y-%m-%d}" if service.updated_at else "for a long time"
        detail = f"nova-compute on {service.host} has been down {since}"
        if service.id:
            yield finding("RG09", "warning", detail, subject=service.host, fix=delete_service(view, service).id)
        else:
            yield finding("RG09", "warning", detail, subject=service.host, remedy=records.by_hand(service))
    if not stale:
        yield finding("RG09", "ok", "", subject="services")


@check(CHECKS, "VC15")
def service_is_enabled(view: RegisterView) -> Iterator[Finding]:
    """VC15: nova-compute is enabled; nova's driver disables it while vCenter does not answer."""
    service = disabled_by_driver(view)
    if service is not None:
        detail = f"nova-compute on {service.host} is disabled: {service.disabled_reason}"
        yield finding("VC15", "failure", detail, subject=service.host, fix=enable_service(view, service).id)
    elif view.facts.service is None:
        yield skipped("VC15", "the compute service is not registered yet", view.facts.service_host)
    else:
        yield finding(
            "VC15", "ok", f"nova-compute on {view.facts.service_host} is enabled", subject=view.facts.service_host
        )


@check(POSTCONDITIONS, "RG01")
def host_is_mapped(view: RegisterView) -> Iterator[Finding]:
    """RG01: after apply the node is mapped; `mapping_is_possible` reports it if no controller is named."""
    release, state = release_of(view.earlier), is_mapped(view)
    if release is None or (release.cells_v2 and not isinstance(view.answers.controller, SshHost) and state is False):
        yield skipped(
            "RG01", NO_RELEASE if release is None else "the operator maps the node by hand", view.facts.service_host
        )
        return
    if state is None:
        detail = f"{release.title} also lists unmapped hypervisors, so it is not known whether the node is mapped"
        remedy = f"{_by_hand(view)}; mapped hosts stay mapped. A server that boots on the node shows the mapping too."
        yield finding("RG01", "unknown", detail, subject=view.facts.service_host, remedy=remedy)
        return
    detail = f"nova {'lists' if state else 'does not list'} the hypervisor of {view.facts.service_host}"
    yield finding("RG01", "ok" if state else "failure", detail, subject=view.facts.service_host)


@check(POSTCONDITIONS, "RG04")
def host_is_in_its_zone(view: RegisterView) -> Iterator[Finding]:
    """RG04: after apply the node is in the answered availability zone."""
    zone = view.answers.availability_zone
    if zone and not other_zone(view):
        level: Level = "ok" if in_zone(view) else "failure"
        relation = "is in" if in_zone(view) else "is not in"
        detail = f"{view.facts.service_host} {relation} availability zone {zone}"
        yield finding("RG04", level, detail, subject=zone)
    else:
        yield skipped("RG04", "the node cannot join this zone" if zone else "no zone is named", zone)


@check(POSTCONDITIONS, "RG03")
def images_are_tagged(view: RegisterView) -> Iterator[Finding]:
    """RG03: every image that the plan can tag has hypervisor_type; the page image reports the other ones (IM23)."""
    if not view.answers.tag_images:
        yield finding("RG03", "skipped", "tag_images is false", subject="images")
        return
    rows = untagged_images(view)
    clear = [image.name for image, tag in rows if tag]
    ambiguous = [image.name for image, tag in rows if not tag]
    if clear:
        yield finding("RG03", "failure", f"no hypervisor_type is set on {join_names(clear)}", subject="images")
    elif ambiguous:
        reason = f"several hypervisors could boot {join_names(ambiguous)}: the page image reports them (IM23)"
        yield skipped("RG03", reason, "images")
    else:
        yield finding("RG03", "ok", f"{count(len(view.facts.images), 'image')} checked", subject="images")
