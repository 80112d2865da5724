"""The page `register`: the new host is mapped to its cell, stands in its availability zone, and images are tagged."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from mhv_tui.changes import records
from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.machine import SshHost
from mhv_tui.core.steps import Choice, Step
from mhv_tui.core.text import be
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import all_checks, join_names, seen
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.node import pinned
from mhv_tui.steps.node_asks import NodeAnswers
from mhv_tui.steps.node_facts import last
from mhv_tui.steps.register_facts import (
    RegisterAnswers,
    RegisterFacts,
    RegisterView,
    choices,
    delete_service,
    disabled_by_driver,
    enable_service,
    fixes,
    in_zone,
    mapped,
    namesake,
    other_zone,
    plan,
    probe,
    release_of,
    stale,
    untagged,
)

__all__ = ["STEP", "RegisterAnswers", "RegisterFacts"]

FILTER = "ImagePropertiesFilter"
FILTER_OPTIONS = (("filter_scheduler", "enabled_filters"), ("DEFAULT", "scheduler_default_filters"))


def mapping_can_be_made(view: RegisterView) -> Iterator[Finding]:
    """RG01 where no controller is named: the operator has to run the command, once the service is up."""
    release, service = release_of(view), view.facts.service
    by_hand = mapped(view) is False and not isinstance(view.asked.controller, SshHost)
    if release is None or not release.cells_v2 or not by_hand:
        return
    remedy = _by_hand(view)
    if not release.hides_unmapped:
        detail = "no controller is named: run the command by hand once the service is up"
        yield finding("RG01", "warning", detail, subject=view.facts.service_host, remedy=remedy)
    elif service is not None and service.state == "up":
        detail = f"{view.facts.service_host} is up but not mapped, and no controller is named"
        yield finding("RG01", "failure", detail, subject=view.facts.service_host, remedy=remedy)
    else:
        detail = "no controller is named: the run will stop once the service is up, and you run the command by hand"
        yield finding("RG01", "warning", detail, subject=view.facts.service_host, remedy=remedy)


def _by_hand(view: RegisterView) -> str:
    command = shlex.join([*shlex.split(view.asked.nova_manage), "cell_v2", "discover_hosts", "--verbose"])
    return f"On a controller run: {command}"


def scheduler_checks_images(view: RegisterView) -> Iterator[Finding]:
    """RG02: the filter is in every release's default list, but a list of the operator's own may lack it."""
    text = view.facts.controller
    if text is None:
        remedy = f"Look into the scheduler's nova.conf for {FILTER}; the proof shows it as well."
        yield finding("RG02", "unknown", "no controller's nova.conf was read", subject="scheduler", remedy=remedy)
        return
    for section, option in FILTER_OPTIONS:
        given = last(text, section, option)
        if given:
            rows = [name.strip().rpartition(".")[2] for name in given.split(",")]
            level: Level = "ok" if FILTER in rows else "failure"
            detail = f"the scheduler's [{section}] {option} {'has' if level == 'ok' else 'lacks'} {FILTER}: {given}"
            yield finding("RG02", level, detail, subject="scheduler")
            return
    yield finding("RG02", "ok", "nova's own list of filters, which has it", subject="scheduler")


def zone_is_free_to_join(view: RegisterView) -> Iterator[Finding]:
    """RG04: a host is in one zone only, and an aggregate's name is given once; without a zone users cannot aim."""
    zone, other = view.asked.availability_zone, other_zone(view)
    if zone and other:
        detail = f"{view.facts.service_host} is in zone {other} already"
        remedy = f'Take it out of the aggregate of {other}, or set register.availability_zone = "{other}".'
        yield finding("RG04", "failure", detail, subject=zone, remedy=remedy)
    elif zone and (taken := namesake(view)):
        makes = f"makes zone {taken.availability_zone}" if taken.availability_zone else "makes no zone"
        detail = f"an aggregate {zone} exists already, and it {makes}, so none can be made for zone {zone}"
        remedy = (
            f"Choose another register.availability_zone, or have the aggregate {zone} renamed, or its"
            f" availability_zone set to {zone}, which moves every host in it there."
        )
        yield finding("RG04", "failure", detail, subject=zone, remedy=remedy)
    elif not zone and not other:
        yield finding(
            "RG04", "warning", "no availability zone is set for the new hypervisor", subject=view.facts.service_host
        )


def memory_is_not_held_back(view: RegisterView) -> Iterator[Finding]:
    """RG05."""
    held = view.answers.of("node", NodeAnswers).reserved_host_memory_mb
    level: Level = "warning" if held else "ok"
    detail = f"reserved_host_memory_mb is {held}"
    yield finding("RG05", level, detail, subject=view.facts.service_host)


def flavors_fit(view: RegisterView) -> Iterator[Finding]:
    """RG06 and RG07: what can never boot there."""
    odd = [f.name for f in view.facts.flavors if f.ram % 4]
    if odd:
        yield finding(
            "RG07", "warning", f"the memory of {join_names(odd)} is not a multiple of 4 MB", subject="flavors"
        )
    else:
        yield finding("RG07", "ok", f"{len(view.facts.flavors)} flavors", subject="flavors")
    facts = seen(view.earlier, "cluster", ClusterFacts)
    hosts = facts.inventory.hosts_of(facts.cluster) if facts and facts.cluster else ()
    memory, threads = max((h.memory for h in hosts), default=0), max((h.cpu_threads for h in hosts), default=0)
    large = [f.name for f in view.facts.flavors if (memory and f.ram << 20 > memory) or (threads and f.vcpus > threads)]
    biggest = f"the biggest host has {memory >> 30} GiB and {threads} threads"
    if large:
        yield finding(
            "RG06", "warning", f"{join_names(large)} {be(len(large))} too large: {biggest}", subject="flavors"
        )
    elif memory:
        yield finding("RG06", "ok", biggest, subject="flavors")


def records_are_alive(view: RegisterView) -> Iterator[Finding]:
    """RG09."""
    rows = stale(view)
    for service in rows:
        since = f"since {service.updated_at:%Y-%m-%d}" if service.updated_at else "for a long time"
        detail = f"nova-compute on {service.host} has been down {since}"
        if service.id:
            yield finding("RG09", "warning", detail, subject=service.host, fix=delete_service(view, service).id)
        else:
            yield finding("RG09", "warning", detail, subject=service.host, remedy=records.by_hand(service))
    if not rows:
        yield finding("RG09", "ok", "", subject="services")


def service_is_enabled(view: RegisterView) -> Iterator[Finding]:
    """VC15: nova's driver disables its own service while vCenter does not answer."""
    service = disabled_by_driver(view)
    if service is not None:
        detail = f"nova-compute on {service.host} is disabled: {service.disabled_reason}"
        yield finding("VC15", "failure", detail, subject=service.host, fix=enable_service(view, service).id)


def host_is_mapped(view: RegisterView) -> Iterator[Finding]:
    """RG01 as a goal; said by mapping_can_be_made where nobody here can do it."""
    release, state = release_of(view), mapped(view)
    if release is None or (release.cells_v2 and not isinstance(view.asked.controller, SshHost) and state is False):
        return
    if state is None:
        detail = f"{release.title} also lists unmapped hypervisors, so the mapping is not known"
        remedy = f"{_by_hand(view)}; it does not change mapped hosts. A server that boots there shows the mapping too."
        yield finding("RG01", "unknown", detail, subject=view.facts.service_host, remedy=remedy)
        return
    detail = f"the hypervisor of {view.facts.service_host} is {'listed' if state else 'not listed'}"
    yield finding("RG01", "ok" if state else "failure", detail, subject=view.facts.service_host)


def host_is_in_its_zone(view: RegisterView) -> Iterator[Finding]:
    """RG04 as a goal."""
    zone = view.asked.availability_zone
    if zone and not other_zone(view):
        level: Level = "ok" if in_zone(view) else "failure"
        said = "is in" if in_zone(view) else "is not in"
        detail = f"{view.facts.service_host} {said} availability zone {zone}"
        yield finding("RG04", level, detail, subject=zone)


def images_are_tagged(view: RegisterView) -> Iterator[Finding]:
    """RG03: an untagged image lands on either hypervisor, unless users name the zone."""
    if not view.asked.tag_images:
        yield finding("RG03", "skipped", "tag_images is false", subject="images")
        return
    rows = untagged(view)
    sure = [image.name for image, tag in rows if tag]
    unsure = [image.name for image, tag in rows if not tag]
    if sure:
        yield finding("RG03", "failure", f"no hypervisor_type is set on {join_names(sure)}", subject="images")
    if unsure:
        remedy = "Set hypervisor_type on each image by hand, to the hypervisor that it is for."
        yield finding(
            "RG03", "warning", f"several hypervisors could boot {join_names(unsure)}", subject="images", remedy=remedy
        )
    if not rows:
        yield finding("RG03", "ok", f"{len(view.facts.images)} images", subject="images")


def rescue(ctx: Context, asked: RegisterAnswers) -> Mapping[str, Sequence[Choice]]:
    """The host key that the controller shows now."""
    return {"controller": pinned(ctx, asked.controller)}


STEP: Step[RegisterAnswers, RegisterFacts] = Step(
    id="register",
    title="Registration",
    intro="The cloud learns of the new hypervisor: cell, availability zone, and images that know where they belong.",
    answers=RegisterAnswers,
    probe=probe,
    preconditions=all_checks(
        mapping_can_be_made,
        scheduler_checks_images,
        zone_is_free_to_join,
        memory_is_not_held_back,
        flavors_fit,
        records_are_alive,
        service_is_enabled,
    ),
    postconditions=all_checks(host_is_mapped, host_is_in_its_zone, images_are_tagged),
    plan=plan,
    fixes=fixes,
    choices_on_error=rescue,
    choices=choices,
    requires=("cloud", "cluster", "node"),
)
