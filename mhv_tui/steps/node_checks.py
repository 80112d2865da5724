"""What must hold on the node before anything is done there: the machine, its packages, and what it runs already."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mhv_tui.changes.files import decoded
from mhv_tui.core.findings import Finding
from mhv_tui.domain import nova, nova_copy, packages, releases
from mhv_tui.domain.catalogue import found
from mhv_tui.steps.checks import seen, short
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.node_asks import driver_options
from mhv_tui.steps.node_facts import COMPUTE_CONF, COMPUTE_ID, GLANCE_CLIENT, NOVA_CONF, last, options_in, values
from mhv_tui.steps.node_plan import NodeLook, after_edit, missing_packages, runs_nova_network, surroundings

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
    facts, host, hypervisor = look.facts, look.asked.host, look.facts.hypervisor
    if facts.survey.guests:
        yield found("CN15", "failure", f"{facts.survey.guests} libvirt guests run here", subject=host)
    elif hypervisor is not None and "vmware" not in hypervisor.type.lower():
        yield found("CN15", "failure", f"it is the cloud's {hypervisor.type} node {hypervisor.hostname}", subject=host)
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


def identity_is_kept(look: NodeLook) -> Iterator[Finding]:
    """CN14, CL10, CL11: from Antelope on a node that lost or changed its identity does not start."""
    around, facts = surroundings(look), look.facts
    if around is None:
        return
    service, hypervisor = facts.service(), facts.hypervisor
    if around.release.compute_id and service and facts.survey.files.get(COMPUTE_ID) is None:
        yield found("CN14", "failure", f"{COMPUTE_ID} is gone, the service is registered", subject=look.asked.host)
    expected = node_name(look)
    if hypervisor and expected and "vmware" in hypervisor.type.lower() and hypervisor.hostname not in expected:
        detail = f"registered as {hypervisor.hostname}, the cluster makes it {expected[0]}"
        level = "failure" if around.release.compute_id else "warning"
        yield found("CL10", level, detail, subject=look.asked.host)  # type: ignore[arg-type]
    yield from _left_overs(look)


def node_name(look: NodeLook) -> tuple[str, ...]:
    """The hypervisor names that the cluster may have: `domain-c7.UUID` from Liberty on, `domain-c7(NAME)` before."""
    facts = seen(look.earlier, "cluster", ClusterFacts)
    if facts is None or facts.cluster is None:
        return ()
    cluster, about = facts.cluster, facts.inventory.about
    return (f"{cluster.id}.{about.instance_uuid}", f"{cluster.id}({cluster.name})")


def _left_overs(look: NodeLook) -> Iterator[Finding]:
    around, cluster = surroundings(look), seen(look.earlier, "cluster", ClusterFacts)
    if around is None or cluster is None or around.release < releases.by_name("caracal"):
        return
    ours = [vm.name for vm in cluster.vms if vm.openstack]
    if ours and look.facts.service() is None:
        detail = f"{len(ours)} servers of an earlier OpenStack are in the cluster: {short(ours)}"
        yield found("CL11", "failure", detail, subject=around.cluster)


def options_are_known(look: NodeLook) -> Iterator[Finding]:
    """CN21: neither the answers nor nova.conf hold a [vmware] option that the release does not know."""
    around = surroundings(look)
    if around is None:
        return
    dropped = nova.unknown_options(around.release, driver_options(look.asked))
    stale = nova.unknown_options(around.release, options_in(look.facts.text(NOVA_CONF), "vmware"))
    if dropped:
        detail = f"{around.release.title} does not know {short(dropped)}: not written"
        yield found("CN21", "warning", detail, subject="node", remedy="Take them out of [node].")
    if stale:
        yield found("CN21", "warning", f"in [vmware] of nova.conf: {short(stale)}", subject=look.asked.host)
    if not dropped and not stale:
        yield found("CN21", "ok", "", subject=look.asked.host)


def dollars_are_doubled(look: NodeLook) -> Iterator[Finding]:
    """VC11: what is written is escaped; a bare $ that somebody else wrote in [vmware] would stop nova."""
    around = surroundings(look)
    if around is None:
        return
    text = after_edit(look, around)
    bare = [o for o in options_in(text, "vmware") if any(map(nova.has_bare_dollar, values(text, "vmware", o)))]
    if bare:
        remedy = "Write each $ of these values as $$ in nova.conf."
        yield found("VC11", "failure", f"a single $ in {short(bare)}", subject=look.asked.host, remedy=remedy)
    else:
        yield found("VC11", "ok", "each $ of user name and password is written as $$", subject=look.asked.host)


def settings_are_there(look: NodeLook) -> Iterator[Finding]:
    """CN28: what every compute node of this release needs is copied, or stands there already."""
    around = surroundings(look)
    if around is None:
        return
    if look.asked.copy_settings_from and look.facts.source is None:
        detail = f"{look.asked.copy_settings_from} has no {NOVA_CONF}"
        yield found("CN28", "failure", detail, subject=str(look.asked.copy_settings_from))
        return
    lacking = nova_copy.lacking(after_edit(look, around), around.release)
    if lacking:
        yield found("CN28", "failure", f"nowhere set: {short(lacking)}", subject=look.asked.host)
    else:
        of = f"copied from {look.asked.copy_settings_from}" if look.asked.copy_settings_from else "set on the node"
        yield found("CN28", "ok", of, subject=look.asked.host)


def database_access_fits(look: NodeLook) -> Iterator[Finding]:
    """CN12: from Ocata on a compute node has no database; a file of the package's own (SQLite) is none."""
    around = surroundings(look)
    text = look.facts.text(NOVA_CONF) + look.facts.text(COMPUTE_CONF)
    if around is None or not around.release.placement:
        return
    there = [s for s in ("database", "api_database") if "://" in last(text, s, "connection")]
    real = [s for s in there if not last(text, s, "connection").startswith("sqlite")]
    if real:
        detail = f"nova.conf has [{'] and ['.join(real)}] connection"
        yield found("CN12", "warning", detail, subject=look.asked.host)
    else:
        yield found("CN12", "ok", "", subject=look.asked.host)


def policy_is_given(look: NodeLook) -> Iterator[Finding]:
    """DS12: pbm_enabled needs a default policy, and then the expression for datastores is not read."""
    if not look.asked.pbm_enabled:
        return
    if not look.asked.pbm_default_policy:
        yield found("DS12", "failure", "pbm_enabled without pbm_default_policy", subject="node")
    else:
        yield found("DS12", "ok", f"policy {look.asked.pbm_default_policy}", subject="node")


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


CLOSES_UNREAD = re.compile(r"^\s*if isinstance\(image_chunks, glance_utils\.IterableWithLength\):", re.MULTILINE)
"""nova 25 to 29 without the mend of bug 2053027: this line guards a close() of what nobody has read yet."""


def images_can_be_read(look: NodeLook) -> Iterator[Finding]:
    """CN33: nova's own code is looked at where it is installed, since packages carry the mend or do not."""
    held = look.facts.survey.files.get(GLANCE_CLIENT)
    if held is None:
        return
    broken = CLOSES_UNREAD.search(decoded(held.content))
    if look.facts.installing:
        yield found("CN33", "unknown", "our own installation is under way", subject=look.asked.host)
    else:
        detail = f"{GLANCE_CLIENT} closes images before they are read" if broken else ""
        yield found("CN33", "failure" if broken else "ok", detail, subject=look.asked.host)


CHECKS = (
    *(root_is_reached, init_is_systemd, lock_is_free, packages_are_whole, packages_are_offered, release_is_the_clouds),
    *(clock_is_right, name_is_stable, room_is_enough, no_other_hypervisor, identity_is_kept),
    *(options_are_known, dollars_are_doubled, settings_are_there, database_access_fits, policy_is_given),
    images_can_be_read,
)
