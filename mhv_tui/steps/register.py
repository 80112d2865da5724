"""The page `register`: the new host is mapped to its cell, stands in its availability zone, and images are tagged."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from mhv_tui.changes import records
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.machine import SshHost
from mhv_tui.core.steps import Choice, Context, Step
from mhv_tui.domain.catalogue import found
from mhv_tui.steps.checks import every, seen, short
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.node import pinned
from mhv_tui.steps.node_asks import NodeAnswers
from mhv_tui.steps.node_facts import last
from mhv_tui.steps.register_facts import (
    RegisterAnswers,
    RegisterFacts,
    RegisterLook,
    choices,
    disabled_by_driver,
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


def mapping_can_be_made(look: RegisterLook) -> Iterator[Finding]:
    """RG01 where no controller is named: the operator has to run the command, once the service is up."""
    release, service = release_of(look), look.facts.service
    by_hand = mapped(look) is False and not isinstance(look.asked.controller, SshHost)
    if release is None or not release.cells_v2 or not by_hand:
        return
    remedy = _by_hand(look)
    if not release.hides_unmapped:
        detail = "no controller is named: the command is to be run by hand once the service is up"
        yield found("RG01", "warning", detail, subject=look.facts.service_host, remedy=remedy)
    elif service is not None and service.state == "up":
        detail = f"{look.facts.service_host} is up and not mapped; no controller is named"
        yield found("RG01", "failure", detail, subject=look.facts.service_host, remedy=remedy)
    else:
        detail = "no controller is named: the run will stop once the service is up, for the command to be run by hand"
        yield found("RG01", "warning", detail, subject=look.facts.service_host, remedy=remedy)


def _by_hand(look: RegisterLook) -> str:
    command = shlex.join([*shlex.split(look.asked.nova_manage), "cell_v2", "discover_hosts", "--verbose"])
    return f"On a controller run: {command}"


def scheduler_checks_images(look: RegisterLook) -> Iterator[Finding]:
    """RG02: the filter is in every release's default list, but a list of the operator's own may lack it."""
    text = look.facts.controller
    if text is None:
        remedy = f"Look into the scheduler's nova.conf for {FILTER}; the proof shows it as well."
        yield found("RG02", "unknown", "no controller's nova.conf was read", subject="scheduler", remedy=remedy)
        return
    for section, option in FILTER_OPTIONS:
        given = last(text, section, option)
        if given:
            rows = [name.strip().rpartition(".")[2] for name in given.split(",")]
            level: Level = "ok" if FILTER in rows else "failure"
            yield found("RG02", level, f"[{section}] {option} = {given}", subject="scheduler")
            return
    yield found("RG02", "ok", "nova's own list of filters, which has it", subject="scheduler")


def zone_is_free_to_join(look: RegisterLook) -> Iterator[Finding]:
    """RG04: a host is in one zone only, and an aggregate's name is given once; without a zone users cannot aim."""
    zone, other = look.asked.availability_zone, other_zone(look)
    if zone and other:
        detail = f"{look.facts.service_host} is in zone {other} already"
        remedy = f'Take it out of the aggregate of {other}, or set register.availability_zone = "{other}".'
        yield found("RG04", "failure", detail, subject=zone, remedy=remedy)
    elif zone and (taken := namesake(look)):
        makes = f"makes zone {taken.availability_zone}" if taken.availability_zone else "makes no zone"
        detail = f"an aggregate {zone} is there already, and it {makes}, so none can be made for zone {zone}"
        remedy = (
            f"Choose another register.availability_zone, or have the aggregate {zone} renamed, or its"
            f" availability_zone set to {zone}, which moves every host in it there."
        )
        yield found("RG04", "failure", detail, subject=zone, remedy=remedy)
    elif not zone and not other:
        yield found("RG04", "warning", "no availability zone is wanted for it", subject=look.facts.service_host)


def memory_is_not_held_back(look: RegisterLook) -> Iterator[Finding]:
    """RG05."""
    held = look.answers.of("node", NodeAnswers).reserved_host_memory_mb
    level: Level = "warning" if held else "ok"
    detail = f"reserved_host_memory_mb = {held}"
    yield found("RG05", level, detail, subject=look.facts.service_host)


def flavors_fit(look: RegisterLook) -> Iterator[Finding]:
    """RG06 and RG07: what can never boot there."""
    odd = [f.name for f in look.facts.flavors if f.ram % 4]
    if odd:
        yield found("RG07", "warning", f"memory is no multiple of 4 MB: {short(odd)}", subject="flavors")
    else:
        yield found("RG07", "ok", f"{len(look.facts.flavors)} flavors", subject="flavors")
    facts = seen(look.earlier, "cluster", ClusterFacts)
    hosts = facts.inventory.hosts_of(facts.cluster) if facts and facts.cluster else ()
    memory, threads = max((h.memory for h in hosts), default=0), max((h.cpu_threads for h in hosts), default=0)
    large = [f.name for f in look.facts.flavors if (memory and f.ram << 20 > memory) or (threads and f.vcpus > threads)]
    said = f"the biggest host has {memory >> 30} GiB and {threads} threads"
    if large:
        yield found("RG06", "warning", f"{said}: too large: {short(large)}", subject="flavors")
    elif memory:
        yield found("RG06", "ok", said, subject="flavors")


def records_are_alive(look: RegisterLook) -> Iterator[Finding]:
    """RG09."""
    rows = stale(look)
    for service in rows:
        since = f"{service.updated_at:%Y-%m-%d}" if service.updated_at else "long ago"
        detail = f"nova-compute on {service.host} is down since {since}"
        if service.id:
            yield found("RG09", "warning", detail, subject=service.host, fix=f"stale:{service.host}")
        else:
            yield found("RG09", "warning", detail, subject=service.host, remedy=records.by_hand(service))
    if not rows:
        yield found("RG09", "ok", "", subject="services")


def service_is_enabled(look: RegisterLook) -> Iterator[Finding]:
    """VC15: nova's driver disables its own service while vCenter does not answer."""
    service = disabled_by_driver(look)
    if service is not None:
        detail = f"disabled: {service.disabled_reason}"
        yield found("VC15", "failure", detail, subject=service.host, fix=f"enable:{service.host}")


def host_is_mapped(look: RegisterLook) -> Iterator[Finding]:
    """RG01 as a goal; said by mapping_can_be_made where nobody here can do it."""
    release, state = release_of(look), mapped(look)
    if release is None or (release.cells_v2 and not isinstance(look.asked.controller, SshHost) and state is False):
        return
    if state is None:
        detail = f"{release.title} lists a hypervisor that is not mapped as well"
        remedy = f"{_by_hand(look)}; it leaves alone what is mapped. A server that boots there shows the mapping too."
        yield found("RG01", "unknown", detail, subject=look.facts.service_host, remedy=remedy)
        return
    detail = "its hypervisor is listed" if state else "its hypervisor is not listed"
    yield found("RG01", "ok" if state else "failure", detail, subject=look.facts.service_host)


def host_is_in_its_zone(look: RegisterLook) -> Iterator[Finding]:
    """RG04 as a goal."""
    zone = look.asked.availability_zone
    if zone and not other_zone(look):
        level: Level = "ok" if in_zone(look) else "failure"
        said = "is in" if in_zone(look) else "is not in"
        detail = f"{look.facts.service_host} {said} availability zone {zone}"
        yield found("RG04", level, detail, subject=zone)


def images_are_tagged(look: RegisterLook) -> Iterator[Finding]:
    """RG03: an untagged image lands on either hypervisor, unless users name the zone."""
    if not look.asked.tag_images:
        yield found("RG03", "skipped", "tag_images is false", subject="images")
        return
    rows = untagged(look)
    sure = [image.name for image, tag in rows if tag]
    unsure = [image.name for image, tag in rows if not tag]
    if sure:
        yield found("RG03", "failure", f"not tagged: {short(sure)}", subject="images")
    if unsure:
        remedy = "Set hypervisor_type on each by hand, to the hypervisor that is meant."
        yield found("RG03", "warning", f"several could boot: {short(unsure)}", subject="images", remedy=remedy)
    if not rows:
        yield found("RG03", "ok", f"{len(look.facts.images)} images", subject="images")


def rescue(ctx: Context, asked: RegisterAnswers) -> Mapping[str, Sequence[Choice]]:
    """The host key that the controller shows now."""
    return {"controller": pinned(ctx, asked.controller)}


STEP: Step[RegisterAnswers, RegisterFacts] = Step(
    id="register",
    title="Registration",
    intro="The cloud learns of the new hypervisor: cell, availability zone, and images that know where they belong.",
    asks=RegisterAnswers,
    probe=probe,
    needs=every(
        mapping_can_be_made,
        scheduler_checks_images,
        zone_is_free_to_join,
        memory_is_not_held_back,
        flavors_fit,
        records_are_alive,
        service_is_enabled,
    ),
    goals=every(host_is_mapped, host_is_in_its_zone, images_are_tagged),
    plan=plan,
    fixes=fixes,
    rescue=rescue,
    choices=choices,
    after=("cloud", "cluster", "node"),
)
