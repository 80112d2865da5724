"""What must hold on the node before anything is done there: the machine, its packages, and what it runs already."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding
from mhv_tui.domain import nova, packages, releases
from mhv_tui.domain.catalogue import found
from mhv_tui.steps.checks import short
from mhv_tui.steps.node_facts import NOVA_CONF, last
from mhv_tui.steps.node_plan import NodeLook, missing_packages, runs_nova_network, surroundings

GIB = 1 << 30
ROOM = 3 * GIB
"""Free in /var before packages are installed; nova's take 1.5 GB on Debian 12, their archives another 0.5."""

SKEW_GOOD = 5.0
SKEW_LIMIT = 300.0
"""Seconds; Keystone's tokens and nova's own service reports go wrong beyond."""


def root_is_reached(look: NodeLook) -> Iterator[Finding]:
    """CN02."""
    survey, host = look.facts.survey, look.asked.host
    how = {"root": "the login is root", "sudo": "sudo asks nothing", "password": "sudo takes the password given"}
    if survey.root in how:
        yield found("CN02", "ok", f"{survey.username}: {how[survey.root]}", subject=host)
    else:
        yield found("CN02", "failure", f"{survey.username or 'the user'} may not use sudo", subject=host)


def init_is_systemd(look: NodeLook) -> Iterator[Finding]:
    """CN27: units are what is enabled and started here; a masked one cannot be."""
    survey = look.facts.survey
    masked = [name for name, unit in survey.units.items() if unit.load == "masked" and name in packages.units()]
    if survey.init != "systemd":
        remedy = "Use a node that runs systemd."
        yield found("CN27", "failure", f"it runs {survey.init}", subject=look.asked.host, remedy=remedy)
    if masked:
        remedy = f"systemctl unmask {' '.join(masked)} on the node, once you know why it was masked."
        yield found("CN27", "failure", f"masked: {short(masked)}", subject=look.asked.host, remedy=remedy)


def lock_is_free(look: NodeLook) -> Iterator[Finding]:
    """CN03: a holder is waited for, so it stops nothing."""
    holder = look.facts.survey.lock_holder
    detail = f"held by {holder}" if holder else ""
    if look.facts.installing:
        yield found("CN03", "ok", "our own installation is under way", subject=look.asked.host)
    else:
        yield found("CN03", "warning" if holder else "ok", detail, subject=look.asked.host)


def packages_are_whole(look: NodeLook) -> Iterator[Finding]:
    """CN04; what our own installation has not finished yet, it finishes."""
    broken = look.facts.survey.broken_packages
    if broken and look.facts.installing:
        yield found("CN04", "ok", "our own installation is under way", subject=look.asked.host)
    elif broken:
        fix = f"configure:{look.asked.host}"
        yield found("CN04", "failure", f"half-configured: {short(broken)}", subject=look.asked.host, fix=fix)
    else:
        yield found("CN04", "ok", "", subject=look.asked.host)


def packages_are_offered(look: NodeLook) -> Iterator[Finding]:
    """CN05: there is a road, and each of its packages is installed or can be."""
    facts, host, around = look.facts, look.asked.host, surroundings(look)
    road = packages.road_of(facts.offers)
    if around is None:
        return
    if road is None:
        names = [name for known in packages.roads() for name in known.offers]
        detail = f"{facts.survey.system} {facts.survey.version} offers none of {short(names)}"
        yield found("CN05", "failure", detail, subject=host, fix=source_fix(look))
        return
    wanted = packages.wanted(road, around.release, facts.offers)
    lacking = [name for name in wanted if not packages.is_to_be_had(facts.offers, name)]
    if not packages.library_package(around.release, facts.offers):
        lacking.append(packages.library(around.release).packages[0])
    if runs_nova_network(around) and packages.network_road(around.release, facts.offers) is None:
        lacking.append("nova-network")
    if lacking:
        yield found("CN05", "failure", f"not offered: {short(lacking)}", subject=host, fix=source_fix(look))
    else:
        yield found("CN05", "ok", f"{road.title}: {short(wanted)}", subject=host)


def source_fix(look: NodeLook) -> str:
    """The id of the change that may bring the packages: the cloud archive where there is one, else fresh lists."""
    around, survey = surroundings(look), look.facts.survey
    known = around and survey.system == "ubuntu" and packages.archive(survey.codename, around.release)
    return f"{'archive' if known else 'refresh'}:{look.asked.host}"


def release_is_the_clouds(look: NodeLook) -> Iterator[Finding]:
    """CN13: nova on the node, or the one that would be installed, is of the cloud's release."""
    around, road = surroundings(look), packages.road_of(look.facts.offers)
    if around is None or road is None or road.version_of not in look.facts.offers:
        return
    package = look.facts.offers[road.version_of]
    version = package.installed or package.candidate
    what = f"{'installed' if package.installed else 'offered'}: {road.version_of} {version}"
    try:
        release = releases.from_nova_version(version)
    except ValueError as error:
        yield found("CN13", "unknown", f"{what}: {error}", subject=look.asked.host)
        return
    if release == around.release:
        yield found("CN13", "ok", f"{what} ({release.title})", subject=look.asked.host)
    else:
        detail = f"{what} is {release.title}, the cloud {around.release.title}"
        yield found(
            "CN13", "failure", detail, subject=look.asked.host, fix=None if package.installed else source_fix(look)
        )


def clock_is_right(look: NodeLook) -> Iterator[Finding]:
    """CN08: against our own clock, and whether something keeps it right."""
    skew, kept = abs(look.facts.skew), look.facts.survey.synchronised
    detail = f"{look.facts.skew:+.1f} s against this machine"
    if skew > SKEW_LIMIT:
        yield found("CN08", "failure", detail, subject=look.asked.host)
    elif kept is False or skew > SKEW_GOOD:
        said = f"{detail}, not synchronised" if kept is False else detail
        yield found("CN08", "warning", said, subject=look.asked.host)
    else:
        yield found("CN08", "unknown" if kept is None else "ok", detail, subject=look.asked.host)


def name_is_stable(look: NodeLook) -> Iterator[Finding]:
    """CN09: the name under which nova-compute registers is the machine's own, and no one else's."""
    survey, name = look.facts.survey, look.facts.service_host
    if not name or name.partition(".")[0] == "localhost":
        yield found("CN09", "failure", f"the machine calls itself {name or 'nothing'}", subject=look.asked.host)
    elif not survey.fqdn or survey.fqdn.partition(".")[0] not in (name, name.partition(".")[0]):
        detail = f"registers as {name}; its full name is {survey.fqdn or 'not known'}"
        yield found("CN09", "warning", detail, subject=look.asked.host)
    else:
        yield found("CN09", "ok", f"registers as {name}", subject=look.asked.host)


def room_is_enough(look: NodeLook) -> Iterator[Finding]:
    """CN17: packages need more than a node that is finished."""
    around, free = surroundings(look), look.facts.survey.free
    needed = ROOM if around and missing_packages(look, around) else GIB
    detail = f"{free / GIB:.1f} GiB free in /var, {needed / GIB:.0f} needed"
    yield found("CN17", "failure" if free < needed else "ok", detail, subject=look.asked.host)


def no_other_hypervisor(look: NodeLook) -> Iterator[Finding]:
    """CN15: neither guests of libvirt nor a record of another hypervisor; another cluster's name is told."""
    facts, host = look.facts, look.asked.host
    other = next((h for h in facts.own_hypervisors if "vmware" not in h.type.lower()), None)
    if facts.survey.guests:
        yield found("CN15", "failure", f"{facts.survey.guests} libvirt guests run here", subject=host)
    elif other is not None:
        yield found("CN15", "failure", f"it is the cloud's {other.type} node {other.hostname}", subject=host)
    else:
        yield found("CN15", "ok", "", subject=host)
    yield from _other_cluster(look)


def _other_cluster(look: NodeLook) -> Iterator[Finding]:
    around = surroundings(look)
    there = last(look.facts.text(NOVA_CONF), "vmware", "cluster_name")
    if around is None or not there or nova.unescape(there) == around.cluster:
        return
    if not nova.OPTIONS["vmware/cluster_name"].repeats_in(around.release):
        remedy = "Use a node of its own for each cluster, unless the earlier cluster is to be given up."
        detail = f"nova.conf names the cluster {there}; it will name {around.cluster} instead"
        yield found("CN15", "warning", detail, subject=look.asked.host, remedy=remedy)


CHECKS = (
    *(root_is_reached, init_is_systemd, lock_is_free, packages_are_whole, packages_are_offered, release_is_the_clouds),
    *(clock_is_right, name_is_stable, room_is_enough, no_other_hypervisor),
)
