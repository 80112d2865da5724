"""What nova on the node must be before it is touched: its identity, its settings, its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.changes.files import decoded
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.openstack import Hypervisor
from mhv_tui.domain import nova, nova_copy, releases
from mhv_tui.domain.catalogue import found
from mhv_tui.steps.checks import seen, short
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.node_asks import driver_options
from mhv_tui.steps.node_facts import COMPUTE_CONF, GLANCE_CLIENT, NOVA_CONF, last, options_in, values
from mhv_tui.steps.node_plan import NodeLook, after_edit, settled, surroundings, unwritable


def identity_is_kept(look: NodeLook) -> Iterator[Finding]:
    """CN14, CL10, CL11: from Antelope on a node that lost or changed its identity does not start."""
    around, facts = surroundings(look), look.facts
    if around is None:
        return
    files = [facts.survey.files[path] for path in facts.identity_files if path in facts.survey.files]
    if around.release.compute_id and facts.service() and files and not any(files):
        detail = f"the service is registered, and there is none of {', '.join(facts.identity_files)}"
        yield found("CN14", "failure", detail, subject=look.asked.host)
    renamed = _renamed(look, nova.OPTIONS["vmware/cluster_name"].repeats_in(around.release))
    if renamed:
        detail = f"registered as {renamed.hostname}, the cluster makes it {node_name(look)[0]}"
        level: Level = "failure" if around.release.compute_id else "warning"
        yield found("CL10", level, detail, subject=look.asked.host)
    yield from _left_overs(look)


def _renamed(look: NodeLook, several: bool) -> Hypervisor | None:
    """The hypervisor that this cluster was; where a node serves several, one that has its id or its name."""
    expected = node_name(look)
    rows = [row for row in look.facts.own_hypervisors if "vmware" in row.type.lower()]
    if not expected or any(row.hostname in expected for row in rows):
        return None
    key, _, name = expected[1].partition("(")
    alike = [row for row in rows if row.hostname.startswith(f"{key}(") or row.hostname.endswith(f"({name}")]
    return next(iter(alike if several else rows), None)


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
    """VC11: what is written is escaped, as far as it can be; a bare $ that somebody else wrote in [vmware] would stop
    nova."""
    around = settled(look)
    if around is None:
        return
    if refused := unwritable(look, around):
        yield from (_cannot_be_written(name, why) for name, why in refused.items())
        return
    text = after_edit(look, around)
    bare = [o for o in options_in(text, "vmware") if any(map(nova.has_bare_dollar, values(text, "vmware", o)))]
    if bare:
        remedy = "Write each $ of these values as $$ in nova.conf."
        yield found("VC11", "failure", f"a single $ in {short(bare)}", subject=look.asked.host, remedy=remedy)
    else:
        yield found("VC11", "ok", "each $ of user name and password is written as $$", subject=look.asked.host)


def _cannot_be_written(name: str, why: str) -> Finding:
    """Fatal, as nothing at all is planned for this page then."""
    thing = "password" if name == "vcenter.password" else "value"
    remedy = f"choose a {thing} without {why} for {name}"
    return replace(found("VC11", "failure", f"{name} has {why}", subject=name, remedy=remedy), fatal=True)


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
    *(identity_is_kept, options_are_known, dollars_are_doubled, settings_are_there),
    *(database_access_fits, policy_is_given, images_can_be_read),
)
