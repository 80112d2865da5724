"""What must hold on the node before anything is done there: the machine, its packages, and what it runs already."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.changes.packages import AddCloudArchive, ConfigurePackages, RefreshPackages
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import be, count
from mhv_tui.domain import nova, packages, releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import join_names
from mhv_tui.steps.node_asks import host_of
from mhv_tui.steps.node_facts import NOVA_CONF, last
from mhv_tui.steps.node_plan import NodeView, missing_packages, runs_nova_network, surroundings

GIB = 1 << 30
ROOM = 3 * GIB
"""Free in /var before packages are installed; nova's take 1.5 GB on Debian 12, their archives another 0.5."""

SKEW_GOOD = 5.0
SKEW_LIMIT = 300.0
"""Seconds; Keystone's tokens and nova's own service reports go wrong beyond."""


def root_is_reached(view: NodeView) -> Iterator[Finding]:
    """CN02."""
    survey, host = view.facts.survey, view.asked.host
    how = {"root": "the login is root", "sudo": "sudo asks nothing", "password": "sudo takes the password given"}
    if survey.root in how:
        yield finding("CN02", "ok", f"{survey.username}: {how[survey.root]}", subject=host)
    else:
        yield finding("CN02", "failure", f"{survey.username or 'the user'} cannot use sudo", subject=host)


def init_is_systemd(view: NodeView) -> Iterator[Finding]:
    """CN27: units are what is enabled and started here; a masked one cannot be."""
    survey = view.facts.survey
    masked = [name for name, unit in survey.units.items() if unit.load == "masked" and name in packages.units()]
    if survey.init != "systemd":
        remedy = "Use a node that runs systemd."
        yield finding(
            "CN27", "failure", f"the node runs {survey.init}, not systemd", subject=view.asked.host, remedy=remedy
        )
    if masked:
        remedy = f"systemctl unmask {' '.join(masked)} on the node, once you know why it was masked."
        yield finding(
            "CN27",
            "failure",
            f"{join_names(masked)} {be(len(masked))} masked on the node",
            subject=view.asked.host,
            remedy=remedy,
        )


def lock_is_free(view: NodeView) -> Iterator[Finding]:
    """CN03: a holder is waited for, so it stops nothing."""
    holder = view.facts.survey.lock_holder
    detail = f"{holder} holds the package manager's lock" if holder else ""
    if view.facts.installing:
        yield finding("CN03", "ok", "mhv-tui's own installation is still running", subject=view.asked.host)
    else:
        yield finding("CN03", "warning" if holder else "ok", detail, subject=view.asked.host)


def packages_are_whole(view: NodeView) -> Iterator[Finding]:
    """CN04; what our own installation has not finished yet, it finishes."""
    broken = view.facts.survey.broken_packages
    if broken and view.facts.installing:
        yield finding("CN04", "ok", "mhv-tui's own installation is still running", subject=view.asked.host)
    elif broken:
        fix = ConfigurePackages(host=host_of(view.asked)).id
        yield finding(
            "CN04",
            "failure",
            f"{join_names(broken)} {be(len(broken))} half-configured",
            subject=view.asked.host,
            fix=fix,
        )
    else:
        yield finding("CN04", "ok", "", subject=view.asked.host)


def packages_are_offered(view: NodeView) -> Iterator[Finding]:
    """CN05: there is a road, and each of its packages is installed or can be."""
    facts, host, inputs = view.facts, view.asked.host, surroundings(view)
    packaging = packages.packaging_of(facts.offers)
    if inputs is None:
        return
    if packaging is None:
        names = [name for known in packages.roads() for name in known.offers]
        detail = f"{facts.survey.system} {facts.survey.version} offers none of {join_names(names)}"
        yield finding("CN05", "failure", detail, subject=host, fix=source_fix(view))
        return
    wanted = packages.wanted(packaging, inputs.release, facts.offers)
    lacking = [name for name in wanted if not packages.is_to_be_had(facts.offers, name)]
    if not packages.library_package(inputs.release, facts.offers):
        lacking.append(packages.library(inputs.release).packages[0])
    if runs_nova_network(inputs) and packages.nova_network_packages(inputs.release, facts.offers) is None:
        lacking.append("nova-network")
    if lacking:
        yield finding(
            "CN05",
            "failure",
            f"the node's package sources do not offer {join_names(lacking)}",
            subject=host,
            fix=source_fix(view),
        )
    else:
        yield finding("CN05", "ok", f"{packaging.title}: {join_names(wanted)}", subject=host)


def source_fix(view: NodeView) -> str:
    """The id of the change that may bring the packages."""
    return add_source(view).id


def add_source(view: NodeView) -> AddCloudArchive | RefreshPackages:
    """The cloud archive if this system has one, else fresh package lists."""
    host, inputs, survey = host_of(view.asked), surroundings(view), view.facts.survey
    archive = packages.archive(survey.codename, inputs.release) if inputs and survey.system == "ubuntu" else ""
    return AddCloudArchive(host=host, release=archive) if archive else RefreshPackages(host=host)


def release_is_the_clouds(view: NodeView) -> Iterator[Finding]:
    """CN13: nova on the node, or the one that would be installed, is of the cloud's release."""
    inputs, packaging = surroundings(view), packages.packaging_of(view.facts.offers)
    if inputs is None or packaging is None or packaging.version_of not in view.facts.offers:
        return
    package = view.facts.offers[packaging.version_of]
    version = package.installed or package.candidate
    what = f"{packaging.version_of} {version} is {'installed' if package.installed else 'offered'}"
    try:
        release = releases.from_nova_version(version)
    except ValueError as error:
        yield finding("CN13", "unknown", f"{what}, but {error}", subject=view.asked.host)
        return
    if release == inputs.release:
        yield finding("CN13", "ok", f"{what} ({release.title})", subject=view.asked.host)
    else:
        detail = f"{what}, which is {release.title}; the cloud is {inputs.release.title}"
        yield finding(
            "CN13", "failure", detail, subject=view.asked.host, fix=None if package.installed else source_fix(view)
        )


def clock_is_right(view: NodeView) -> Iterator[Finding]:
    """CN08: against our own clock, and whether something keeps it right."""
    skew, kept = abs(view.facts.skew), view.facts.survey.synchronised
    direction = "ahead of" if view.facts.skew > 0 else "behind"
    detail = f"the node's clock is {skew:.1f} s {direction} this machine's"
    if skew > SKEW_LIMIT:
        yield finding("CN08", "failure", detail, subject=view.asked.host)
    elif kept is False or skew > SKEW_GOOD:
        warning = f"{detail}, and it is not synchronised" if kept is False else detail
        yield finding("CN08", "warning", warning, subject=view.asked.host)
    else:
        unknown = f"{detail}; it is not known whether it is synchronised"
        if kept is None:
            yield finding("CN08", "unknown", unknown, subject=view.asked.host)
        else:
            yield finding("CN08", "ok", detail, subject=view.asked.host)


def name_is_stable(view: NodeView) -> Iterator[Finding]:
    """CN09: the name under which nova-compute registers is the machine's own, and no one else's."""
    survey, name = view.facts.survey, view.facts.service_host
    if not name or name.partition(".")[0] == "localhost":
        yield finding("CN09", "failure", f"the machine calls itself {name or 'nothing'}", subject=view.asked.host)
    elif not survey.fqdn or survey.fqdn.partition(".")[0] not in (name, name.partition(".")[0]):
        detail = f"nova-compute registers as {name}, but the node's full name is {survey.fqdn or 'not known'}"
        yield finding("CN09", "warning", detail, subject=view.asked.host)
    else:
        yield finding("CN09", "ok", f"nova-compute registers as {name}", subject=view.asked.host)


def room_is_enough(view: NodeView) -> Iterator[Finding]:
    """CN17: packages need more than a node that is finished."""
    inputs, free = surroundings(view), view.facts.survey.free
    needed = ROOM if inputs and missing_packages(view, inputs) else GIB
    detail = f"/var has {free / GIB:.1f} GiB free; {needed / GIB:.0f} GiB are needed"
    yield finding("CN17", "failure" if free < needed else "ok", detail, subject=view.asked.host)


def no_other_hypervisor(view: NodeView) -> Iterator[Finding]:
    """CN15: neither guests of libvirt nor a record of another hypervisor; another cluster's name is told."""
    facts, host = view.facts, view.asked.host
    other = next((h for h in facts.own_hypervisors if "vmware" not in h.type.lower()), None)
    if facts.survey.guests:
        yield finding(
            "CN15",
            "failure",
            f"{count(facts.survey.guests, 'libvirt guest')} {be(facts.survey.guests)} running on the node",
            subject=host,
        )
    elif other is not None:
        yield finding(
            "CN15", "failure", f"the node serves the cloud's {other.type} hypervisor {other.hostname}", subject=host
        )
    else:
        yield finding("CN15", "ok", "", subject=host)
    yield from _other_cluster(view)


def _other_cluster(view: NodeView) -> Iterator[Finding]:
    inputs = surroundings(view)
    there = last(view.facts.text(NOVA_CONF), "vmware", "cluster_name")
    if inputs is None or not there or nova.unescape(there) == inputs.cluster:
        return
    if not nova.OPTIONS["vmware/cluster_name"].repeats_in(inputs.release):
        remedy = "Use a node of its own for each cluster, unless the earlier cluster is to be given up."
        detail = f"nova.conf names the cluster {there}; it will name {inputs.cluster} instead"
        yield finding("CN15", "warning", detail, subject=view.asked.host, remedy=remedy)


CHECKS = (
    *(root_is_reached, init_is_systemd, lock_is_free, packages_are_whole, packages_are_offered, release_is_the_clouds),
    *(clock_is_right, name_is_stable, room_is_enough, no_other_hypervisor),
)
