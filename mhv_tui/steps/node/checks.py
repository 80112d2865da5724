"""Preconditions of the page `node` about the machine: login, packages, clock, free space, other hypervisors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.changes.packages import ConfigurePackages
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.core.text import GIB, be, count, join_names, size
from mhv_tui.domain import node_commands, nova, packages, releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, check_with, passed, skipped
from mhv_tui.steps.node.answers import NodeAnswers, ssh_host
from mhv_tui.steps.node.facts import NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NO_INPUTS, NodeInputs
from mhv_tui.steps.node.plan import add_source

CHECKS: list[Check[NodeAnswers, NodeFacts]] = []

ROOM = 3 * GIB
"""Bytes that must be free in /var before packages are installed. On Debian 12 nova and its archives take 2 GB."""

SKEW_GOOD = 5.0
SKEW_LIMIT = 300.0
"""Seconds of clock difference above which Keystone's tokens and nova's service reports fail."""


@check(CHECKS, "CN02")
def root_is_reached(view: NodeView) -> Iterator[Finding]:
    survey, host = view.facts.survey, view.answers.host
    how = {"root": "is root", "sudo": "needs no password for sudo", "password": "has a password that sudo accepts"}
    if survey.root in how:
        yield finding("CN02", "ok", f"{survey.username} {how[survey.root]}", subject=host)
    else:
        yield finding("CN02", "failure", f"{survey.username or 'the user'} cannot use sudo", subject=host)


@check(CHECKS, "CN34")
def commands_are_there(view: NodeView) -> Iterator[Finding]:
    """CN34: the node has every command that the scripts of mhv-tui run on it, with the options that they use."""
    survey, host = view.facts.survey, view.answers.host
    family = node_commands.family_of(survey.system, survey.commands)
    missing = node_commands.missing(survey.system, survey.commands)
    if not survey.commands:
        yield finding("CN34", "unknown", "the commands of the node were not tried", subject=host)
    elif not missing:
        python = [] if "python" in survey.tools or not survey.tools else ["no Python"]
        tools = join_names([*survey.tools.values(), *python] or ["every command that mhv-tui runs on it"], most=9)
        yield finding("CN34", "ok", f"the node has {tools}", subject=host)
    else:
        rows = [f"{row.name} (package {row.packages[family]}), which {row.use}" for row in missing]
        level: Level = "warning" if all(row.optional for row in missing) else "failure"
        remedy = f"Install on {host}: {' '.join(dict.fromkeys(row.packages[family] for row in missing))}."
        yield finding("CN34", level, f"the node lacks {'; '.join(rows)}", subject=host, remedy=remedy)


@check(CHECKS, "CN27")
def init_is_systemd(view: NodeView) -> Iterator[Finding]:
    """CN27: the node runs systemd, and no unit of nova is masked; a masked unit cannot start, so apply would fail."""
    host, survey = view.answers.host, view.facts.survey
    masked = [name for name, unit in survey.units.items() if unit.load == "masked" and name in packages.units()]
    if survey.init != "systemd":
        detail, remedy = f"the node runs {survey.init}, not systemd", "Use a node that runs systemd."
        yield replace(finding("CN27", "failure", detail, subject=host, remedy=remedy), acceptable=False)
    elif not masked:
        yield passed("CN27", "systemd can start nova's services", "systemd runs, and no unit of nova is masked", host)
    if masked:
        remedy = f"Find out the reason, then run on the node: systemctl unmask {' '.join(masked)}"
        detail = f"{join_names(masked)} {be(len(masked))} masked on the node"
        yield replace(finding("CN27", "failure", detail, subject=host, remedy=remedy), acceptable=False)


@check(CHECKS, "CN03")
def lock_is_free(view: NodeView) -> Iterator[Finding]:
    """CN03: no process holds the package manager's lock; only a warning, as the installation waits for it."""
    holder = view.facts.survey.lock_holder
    detail = f"{holder} holds the package manager's lock" if holder else ""
    if view.facts.installing:
        yield finding("CN03", "ok", "mhv-tui's own installation is not complete yet", subject=view.answers.host)
    else:
        yield finding("CN03", "warning" if holder else "ok", detail, subject=view.answers.host)


@check(CHECKS, "CN04")
def packages_are_whole(view: NodeView) -> Iterator[Finding]:
    """CN04: no package is half-configured; the plan completes an interrupted installation by mhv-tui."""
    broken = view.facts.survey.broken_packages
    if broken and view.facts.installing:
        yield finding("CN04", "ok", "mhv-tui's own installation is not complete yet", subject=view.answers.host)
    elif broken:
        fix = ConfigurePackages(host=ssh_host(view.answers)).id
        detail = f"{join_names(broken)} {be(len(broken))} half-configured on {view.answers.host}"
        yield finding("CN04", "failure", detail, subject=view.answers.host, fix=fix)
    else:
        yield finding("CN04", "ok", "", subject=view.answers.host)


@check_with(NodeInputs, CHECKS, "CN05", otherwise=NO_INPUTS)
def packages_are_offered(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN05: each needed package is installed or offered by the node's package sources."""
    facts, host = view.facts, view.answers.host
    if inputs.packaging is None:
        names = [name for packaging in packages.roads() for name in packaging.offers]
        detail = f"{facts.survey.system} {facts.survey.version} offers none of the packages {join_names(names)}"
        detail += reason_of_sources(facts)
        yield finding("CN05", "failure", detail, subject=host, fix=source_fix(view, inputs))
        return
    needed = packages.wanted(inputs.packaging, inputs.release, facts.offers)
    lacking = [name for name in needed if not packages.is_to_be_had(facts.offers, name)]
    if not packages.library_package(inputs.release, facts.offers):
        lacking.append(" or ".join(packages.library(inputs.release, facts.offers).packages))
    if inputs.runs_nova_network and inputs.nova_network is None:
        lacking.append("nova-network")
    if lacking:
        detail = f"the node's package sources do not offer {join_names(lacking)}{reason_of_sources(facts)}"
        yield finding("CN05", "failure", detail, subject=host, fix=source_fix(view, inputs))
    else:
        yield finding("CN05", "ok", f"offered by {inputs.packaging.title}: {join_names(needed)}", subject=host)


def reason_of_sources(facts: NodeFacts) -> str:
    """Returns why the package sources were not read, as the end of a sentence; "" if they were."""
    return f"; they were not read: {facts.survey.sources_error}" if facts.survey.sources_error else ""


def source_fix(view: NodeView, inputs: NodeInputs) -> str:
    """Returns the id of the change that may make missing packages available."""
    return add_source(view, inputs).id


@check_with(NodeInputs, CHECKS, "CN13", otherwise=NO_INPUTS)
def release_is_the_clouds(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN13: the installed nova, or else the offered one, has the cloud's release."""
    host, offers = view.answers.host, view.facts.offers
    if inputs.packaging is None or inputs.packaging.version_of not in offers:
        yield skipped("CN13", "the node's package sources do not offer nova", host)
        return
    package = offers[inputs.packaging.version_of]
    version = package.installed or package.candidate
    origin = f"{inputs.packaging.version_of} {version} is {'installed' if package.installed else 'offered'}"
    try:
        release = releases.from_nova_version(version)
    except ValueError as error:
        yield finding("CN13", "unknown", f"{origin}, but {error}", subject=host)
        return
    if release == inputs.release:
        yield finding("CN13", "ok", f"{origin} ({release.title})", subject=host)
    else:
        detail = f"{origin}, which is {release.title}; the cloud's release is {inputs.release.title}"
        fix = None if package.installed else source_fix(view, inputs)
        yield finding("CN13", "failure", detail, subject=host, fix=fix)


@check(CHECKS, "CN08")
def clock_is_right(view: NodeView) -> Iterator[Finding]:
    """CN08: the node's clock agrees with this machine's clock and is synchronised."""
    skew, synchronised = abs(view.facts.skew), view.facts.survey.synchronised
    direction = "ahead of" if view.facts.skew > 0 else "behind"
    detail = f"the node's clock is {skew:.1f} s {direction} this machine's"
    if skew > SKEW_LIMIT:
        yield finding("CN08", "failure", detail, subject=view.answers.host)
    elif synchronised is False or skew > SKEW_GOOD:
        detail += ", and it is not synchronised" if synchronised is False else ""
        yield finding("CN08", "warning", detail, subject=view.answers.host)
    elif synchronised is None:
        detail += "; it is not known whether NTP synchronises it"
        yield finding("CN08", "unknown", detail, subject=view.answers.host)
    else:
        yield finding("CN08", "ok", detail, subject=view.answers.host)


@check(CHECKS, "CN09")
def name_is_stable(view: NodeView) -> Iterator[Finding]:
    """CN09: nova-compute registers under the node's own host name, which is not localhost."""
    survey, name = view.facts.survey, view.facts.service_host
    if not name or name.partition(".")[0] == "localhost":
        yield finding("CN09", "failure", f"the node's host name is {name or 'empty'}", subject=view.answers.host)
    elif not survey.fqdn or survey.fqdn.partition(".")[0] not in (name, name.partition(".")[0]):
        detail = f"nova-compute registers as {name}, but the node's full name is {survey.fqdn or 'not known'}"
        yield finding("CN09", "warning", detail, subject=view.answers.host)
    else:
        yield finding("CN09", "ok", f"nova-compute registers as {name}", subject=view.answers.host)


@check_with(NodeInputs, CHECKS, "CN17", otherwise=NO_INPUTS)
def room_is_enough(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN17: /var has enough free space; a node with all packages needs less."""
    free, needed = view.facts.survey.free, ROOM if inputs.missing_packages else GIB
    detail = f"/var has {size(free)} free; {size(needed)} are needed"
    yield finding("CN17", "failure" if free < needed else "ok", detail, subject=view.answers.host)


@check(CHECKS, "CN15")
def no_other_hypervisor(view: NodeView) -> Iterator[Finding]:
    """CN15: no libvirt guest runs on the node, and the cloud has no other hypervisor on it."""
    facts, host = view.facts, view.answers.host
    other = next((h for h in facts.own_hypervisors if "vmware" not in h.type.lower()), None)
    if facts.survey.guests:
        guests = facts.survey.guests
        detail = f"{count(guests, 'libvirt guest')} {be(guests)} running on the node"
        yield finding("CN15", "failure", detail, subject=host)
    elif other is not None:
        detail = f"the node serves the cloud's {other.type} hypervisor {other.hostname}"
        yield finding("CN15", "failure", detail, subject=host)
    else:
        yield finding("CN15", "ok", "", subject=host)


@check_with(NodeInputs, CHECKS, "CN15", otherwise=NO_INPUTS)
def no_other_cluster(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN15: a warning if nova.conf names another cluster and the release serves only one."""
    current = view.facts.nova_conf.last("vmware", "cluster_name")
    if not current or nova.unescape(current) == inputs.cluster:
        yield skipped("CN15", "nova.conf names no other cluster", view.answers.host)
    elif nova.OPTIONS["vmware/cluster_name"].repeats_in(inputs.release):
        yield skipped("CN15", f"nova {inputs.release.title} can serve several clusters", view.answers.host)
    else:
        remedy = "Use a separate node for each cluster, unless the new cluster replaces the earlier one."
        detail = f"nova.conf names the cluster {current}; apply will replace it by {inputs.cluster}"
        yield finding("CN15", "warning", detail, subject=view.answers.host, remedy=remedy)
