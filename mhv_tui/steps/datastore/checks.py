"""The checks of the page `datastore`: which datastores nova would select, and whether they suit nova."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.core.text import count, join_names, nearest, size
from mhv_tui.domain import images, privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import Release, by_name, newest
from mhv_tui.steps.checks import check, privilege_finding, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.datastore import remedies
from mhv_tui.steps.datastore.answers import DatastoreAnswers
from mhv_tui.steps.datastore.facts import DatastoreFacts, DatastoreView
from mhv_tui.steps.vcenter.answers import VcenterAnswers

CHECKS: list[Check[DatastoreAnswers, DatastoreFacts]] = []

NONE_MATCHES = "no datastore is matched"
NONE_USABLE = "no usable datastore is matched"


@check(CHECKS, "DS02")
def expression_compiles(view: DatastoreView) -> Iterator[Finding]:
    """DS02: datastore_regex is a valid regular expression of Python; otherwise nova does not start."""
    try:
        re.compile(view.facts.regex)
    except re.error as error:
        position = f" at position {error.pos}" if error.pos is not None else ""
        detail = f"{view.facts.regex} is not a regular expression: {error.msg}{position}"
        yield finding("DS02", "failure", detail, subject=view.facts.regex)
    else:
        if view.facts.regex:
            yield finding("DS02", "ok", f"{view.facts.regex} is a regular expression", subject=view.facts.regex)
        else:
            yield skipped("DS02", "no expression is set")


@check(CHECKS, "DS01")
def something_usable_matches(view: DatastoreView) -> Iterator[Finding]:
    """DS01: every answered name is a datastore of the cluster, and nova can use at least one datastore."""
    datastores, usable_ones = view.facts.inventory.datastores_of(view.facts.cluster), usable(view)
    subject, answers = view.facts.cluster.name, view.answers
    unknown_names = list(_unknown_names(view))
    yield from unknown_names
    if usable_ones:
        names = join_names(d.name for d in usable_ones)
        detail = f"nova can use {len(usable_ones)} of {count(len(datastores), 'datastore')}: {names}"
        yield finding("DS01", "ok", detail, subject=subject)
    elif view.facts.matching:
        rows = join_names(d.name for d in view.facts.matching)
        yield finding("DS01", "failure", f"nova can use none of the matching datastores: {rows}", subject=subject)
    elif answers.datastore_regex or not unknown_names:
        detail = f"datastore_regex {view.facts.regex} matches none of {join_names(d.name for d in datastores)}"
        detail += f": {remedies.NO_WILDCARD}" if remedies.is_shell_pattern(answers.datastore_regex) else ""
        one = remedies.one_of_both(view) if answers.names and answers.datastore_regex else None
        remedy = one or remedies.other_expression(view)
        yield finding("DS01", "failure", detail, subject=subject, remedy=remedy)


def _unknown_names(view: DatastoreView) -> Iterator[Finding]:
    cluster_names = [d.name for d in view.facts.inventory.datastores_of(view.facts.cluster)]
    all_names = {d.name for d in view.facts.inventory.datastores}
    for name in view.answers.names:
        if name in cluster_names:
            continue
        near = nearest(name, cluster_names)
        hint = f"did you mean {near}?" if near else f"the cluster has {join_names(cluster_names)}"
        elsewhere = f"is not mounted in {view.facts.cluster.name}"
        problem = elsewhere if name in all_names else "is not a datastore of this vCenter"
        yield finding("DS01", "failure", f"{name} {problem}; {hint}", subject=name)


def usable(view: DatastoreView) -> tuple[vsphere.Datastore, ...]:
    """Returns the matching datastores that nova can use: accessible, not in maintenance, of a type that nova knows."""
    release = release_of(view.earlier)
    return tuple(d for d in view.facts.matching if not _outage(d) and d.type in _types(release))


def pick(view: DatastoreView) -> vsphere.Datastore | None:
    """Returns the datastore that nova uses: the usable one with the most free space; None if nova can use none."""
    return max(usable(view), key=lambda d: d.free, default=None)


def _types(release: Release | None) -> tuple[str, ...]:
    """Returns the datastore types that nova accepts; the newest release's if the cloud's release is not known."""
    return images.datastore_types(release or newest())


def _outage(datastore: vsphere.Datastore) -> str:
    if not datastore.accessible:
        return "not accessible"
    return "" if datastore.maintenance == "normal" else f"in maintenance ({datastore.maintenance})"


@check(CHECKS, "DS03")
def expression_matches_no_others(view: DatastoreView) -> Iterator[Finding]:
    """DS03: datastore_regex matches the answered names and no others; nova does not compare the end of a name."""
    names, regex = [d.name for d in view.facts.matching], view.facts.regex
    prefix_only = [name for name in names if not re.fullmatch(regex, name)]
    subject = join_names(prefix_only or names)
    if not regex:
        detail = f"datastore.names is empty, so nova uses any of {join_names(names)}"
        yield finding("DS03", "warning", detail, remedy="Choose datastores in datastore.names.")
    elif not names:
        yield skipped("DS03", NONE_MATCHES)
    elif contradiction := _contradiction(view):
        detail = f"datastore.names and datastore.datastore_regex contradict each other: {regex} {contradiction}"
        yield finding("DS03", "failure", detail, subject="datastore_regex", remedy=remedies.one_of_both(view))
    elif prefix_only:
        one = remedies.one_of_both(view) if view.answers.names else None
        whole = one or remedies.whole_names(view)
        detail = f"{regex} matches only the beginning of {subject}: nova does not compare the end of the name"
        yield finding("DS03", "warning", detail, subject=subject, remedy=whole)
    else:
        yield finding("DS03", "ok", f"{regex} matches {subject} and no other", subject=subject)


def _contradiction(view: DatastoreView) -> str:
    """Returns how datastore_regex contradicts datastore.names; "" if it does not, or if only one is answered."""
    answers, matching = view.answers, [d.name for d in view.facts.matching]
    if not (answers.names and answers.datastore_regex):
        return ""
    others = [name for name in matching if name not in answers.names]
    unmatched = [name for name in answers.names if name not in matching]
    problems = [f"does not match {join_names(unmatched)}"] if unmatched else []
    problems += [f"matches {join_names(others)} as well"] if others else []
    return join_names(problems) if problems else ""


@check(CHECKS, "DS04")
def datastores_are_shared(view: DatastoreView) -> Iterator[Finding]:
    """DS04: every host of the cluster mounts each datastore; a cluster with one host may use a local datastore."""
    hosts = view.facts.inventory.hosts_of(view.facts.cluster)
    if not view.facts.matching:
        yield skipped("DS04", NONE_MATCHES)
    for datastore in view.facts.matching:
        mounted = {m.host_id for m in datastore.mounts}
        without = [h.name for h in hosts if h.id not in mounted]
        level, detail = _sharing(datastore, len(hosts), without)
        yield finding("DS04", level, detail, subject=datastore.name)


def _sharing(datastore: vsphere.Datastore, hosts: int, without: Sequence[str]) -> tuple[Level, str]:
    if hosts < 2:
        return "ok", f"{datastore.name} needs no sharing, as the cluster has one host"
    if not datastore.mounts and datastore.shared is None:
        return "unknown", f"vCenter does not report which hosts mount {datastore.name}"
    if datastore.mounts and without:
        return "failure", f"{datastore.name} is not mounted on {join_names(without)}"
    if datastore.shared is False:
        return "failure", f"{datastore.name} is local to one host (multipleHostAccess is false)"
    if not datastore.mounts:
        return "ok", f"{datastore.name} is shared by hosts that vCenter does not list (multipleHostAccess is true)"
    return "ok", f"{datastore.name} is mounted on all {hosts} hosts"


@check(CHECKS, "DS05")
def datastores_are_in_service(view: DatastoreView) -> Iterator[Finding]:
    """DS05: each datastore is not in maintenance, and is accessible on every host that mounts it."""
    hosts = {h.id: h.name for h in view.facts.inventory.hosts_of(view.facts.cluster)}
    some_usable = bool(usable(view))
    if not view.facts.matching:
        yield skipped("DS05", NONE_MATCHES)
    for datastore in view.facts.matching:
        lost = [hosts[m.host_id] for m in datastore.mounts if not m.accessible and m.host_id in hosts]
        if outage := _outage(datastore):
            level: Level = "warning" if some_usable else "failure"
            yield finding("DS05", level, f"{datastore.name} is {outage}; nova skips it", subject=datastore.name)
        elif lost:
            detail = f"{datastore.name} is not accessible on {join_names(lost)}"
            yield finding("DS05", "warning", detail, subject=datastore.name)
        else:
            yield finding("DS05", "ok", f"{datastore.name} is accessible", subject=datastore.name)


@check(CHECKS, "DS06")
def types_are_known_to_nova(view: DatastoreView) -> Iterator[Finding]:
    release = release_of(view.earlier)
    if not view.facts.matching:
        yield skipped("DS06", NONE_MATCHES)
    for datastore in view.facts.matching:
        level: Level = "ok" if datastore.type in _types(release) else "warning" if usable(view) else "failure"
        suffix = "" if level == "ok" else f", which nova{f' {release.title}' if release else ''} does not use"
        yield finding("DS06", level, f"{datastore.name} is of type {datastore.type}{suffix}", subject=datastore.name)


@check(CHECKS, "DS08")
def pick_is_known(view: DatastoreView) -> Iterator[Finding]:
    """DS08: shows which datastore nova will use: of several, the one with the most free space."""
    usable_ones, first = usable(view), pick(view)
    if first is None:
        yield skipped("DS08", NONE_USABLE)
        return
    if len(usable_ones) == 1:
        yield finding("DS08", "ok", f"{first.name} is the only datastore that nova can use", subject=first.name)
    else:
        rows = join_names(f"{d.name} {size(d.free)}" for d in usable_ones)
        detail = f"nova puts each new server on the datastore with the most free space, now {first.name} (free: {rows})"
        yield finding("DS08", "warning", detail, subject=first.name)


@check(CHECKS, "DS10")
def room_for_the_image_twice(view: DatastoreView) -> Iterator[Finding]:
    """DS10: the datastore has space for the cached copy of the image and for the first server's disk."""
    first, image = pick(view), view.facts.image_bytes
    if first is None:
        yield skipped("DS10", NONE_USABLE)
        return
    detail = f"{first.name} has {size(first.free)} of {size(first.capacity)} free"
    if image == 0:
        yield finding("DS10", "skipped", f"{detail}; the image's size is not known yet", subject=first.name)
    else:
        level: Level = "ok" if first.free >= 2 * image else "failure"
        yield finding("DS10", level, f"{detail}; twice the largest image is {size(2 * image)}", subject=first.name)


@check(CHECKS, "DS14")
def mounts_are_writable(view: DatastoreView) -> Iterator[Finding]:
    """DS14: no host mounts it read-only."""
    hosts = {h.id: h.name for h in view.facts.inventory.hosts_of(view.facts.cluster)}
    if not view.facts.matching:
        yield skipped("DS14", NONE_MATCHES)
    for datastore in view.facts.matching:
        read_only = [hosts[m.host_id] for m in datastore.mounts if m.read_only and m.host_id in hosts]
        if read_only:
            detail = f"{datastore.name} is read-only on {join_names(read_only)}"
            yield finding("DS14", "failure", detail, subject=datastore.name)
        elif datastore.mounts:
            yield finding("DS14", "ok", f"{datastore.name} is mounted for writing", subject=datastore.name)
        else:
            detail = f"vCenter does not list the hosts that mount {datastore.name}"
            yield finding("DS14", "unknown", detail, subject=datastore.name)


@check(CHECKS, "DS15")
def only_this_cluster_uses_it(view: DatastoreView) -> Iterator[Finding]:
    """DS15: no other cluster mounts the datastore; its servers could fill the datastore."""
    if not view.facts.matching:
        yield skipped("DS15", NONE_MATCHES)
    for datastore in view.facts.matching:
        others = [
            c.path
            for c in view.facts.inventory.clusters
            if datastore.id in c.datastore_ids and c.id != view.facts.cluster.id
        ]
        if others:
            detail = f"{datastore.name} is also mounted in {join_names(others)}"
            yield finding("DS15", "warning", detail, subject=datastore.name)
        else:
            yield finding("DS15", "ok", f"no other cluster mounts {datastore.name}", subject=datastore.name)


@check(CHECKS, "DS11")
def release_finds_it_in_its_datacenter(view: DatastoreView) -> Iterator[Finding]:
    """DS11: the release supports several datacenters; 2013.2.0 and 2013.2.1 do not, but the API shows only Havana."""
    release = release_of(view.earlier)
    centers = sorted({c.datacenter for c in view.facts.inventory.clusters})
    datacenter = view.facts.cluster.datacenter
    if len(centers) < 2:
        yield skipped("DS11", "the vCenter has one datacenter")
    elif release is None:
        yield finding("DS11", "unknown", "the cloud's release is not known yet", subject=datacenter)
    elif release >= by_name("icehouse"):
        detail = f"nova {release.title} supports the {count(len(centers), 'datacenter')} of this vCenter"
        yield finding("DS11", "ok", detail, subject=datacenter)
    else:
        detail = f"vCenter has the datacenters {join_names(centers)}; nova 2013.2.0 and 2013.2.1 support one"
        yield finding("DS11", "warning", detail, subject=datacenter)


@check(CHECKS, "VC12")
def privileges_are_granted(view: DatastoreView) -> Iterator[Finding]:
    """VC12: the login has its privileges on each datastore."""
    who = view.answers_of(VcenterAnswers).username
    if not view.facts.matching:
        yield skipped("VC12", NONE_MATCHES)
    for datastore in view.facts.matching:
        missing = view.facts.missing_privileges.get(datastore.id, ())
        yield privilege_finding("VC12", f"the datastore {datastore.name}", who, missing, privileges.DATASTORE)


PICKER_CHECKS = (
    types_are_known_to_nova,
    datastores_are_in_service,
    datastores_are_shared,
    mounts_are_writable,
    only_this_cluster_uses_it,
)
"""The checks that a picker runs on each datastore in its list; they need the inventory only."""
