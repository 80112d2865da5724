"""What nova on the node must be before it is touched: its identity, its settings, its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.changes.files import decoded
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.openstack import Hypervisor
from mhv_tui.core.text import be, count
from mhv_tui.domain import nova, nova_copy, releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import join_names, seen
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.node_asks import driver_options
from mhv_tui.steps.node_facts import COMPUTE_CONF, GLANCE_CLIENT, NOVA_CONF, last, options_in, values
from mhv_tui.steps.node_plan import NodeView, after_edit, settled, surroundings, unwritable


def identity_is_kept(view: NodeView) -> Iterator[Finding]:
    """CN14, CL10, CL11: from Antelope on a node that lost or changed its identity does not start."""
    inputs, facts = surroundings(view), view.facts
    if inputs is None:
        return
    files = [facts.survey.files[path] for path in facts.identity_files if path in facts.survey.files]
    if inputs.release.compute_id and facts.service() and files and not any(files):
        detail = f"the compute service is registered, but the node has none of {', '.join(facts.identity_files)}"
        yield finding("CN14", "failure", detail, subject=view.asked.host)
    renamed = _renamed(view, nova.OPTIONS["vmware/cluster_name"].repeats_in(inputs.release))
    if renamed:
        detail = f"the service is registered as {renamed.hostname}, but the cluster makes it {node_name(view)[0]}"
        level: Level = "failure" if inputs.release.compute_id else "warning"
        yield finding("CL10", level, detail, subject=view.asked.host)
    yield from _left_overs(view)


def _renamed(view: NodeView, several: bool) -> Hypervisor | None:
    """The hypervisor that this cluster was; where a node serves several, one that has its id or its name."""
    expected = node_name(view)
    rows = [row for row in view.facts.own_hypervisors if "vmware" in row.type.lower()]
    if not expected or any(row.hostname in expected for row in rows):
        return None
    key, _, name = expected[1].partition("(")
    alike = [row for row in rows if row.hostname.startswith(f"{key}(") or row.hostname.endswith(f"({name}")]
    return next(iter(alike if several else rows), None)


def node_name(view: NodeView) -> tuple[str, ...]:
    """The hypervisor names that the cluster may have: `domain-c7.UUID` from Liberty on, `domain-c7(NAME)` before."""
    facts = seen(view.earlier, "cluster", ClusterFacts)
    if facts is None or facts.cluster is None:
        return ()
    cluster, about = facts.cluster, facts.inventory.about
    return (f"{cluster.id}.{about.instance_uuid}", f"{cluster.id}({cluster.name})")


def _left_overs(view: NodeView) -> Iterator[Finding]:
    inputs, cluster = surroundings(view), seen(view.earlier, "cluster", ClusterFacts)
    if inputs is None or cluster is None or inputs.release < releases.by_name("caracal"):
        return
    ours = [vm.name for vm in cluster.vms if vm.openstack]
    if ours and view.facts.service() is None:
        detail = (
            f"{count(len(ours), 'server')} of an earlier OpenStack {be(len(ours))} in the cluster: {join_names(ours)}"
        )
        yield finding("CL11", "failure", detail, subject=inputs.cluster)


def options_are_known(view: NodeView) -> Iterator[Finding]:
    """CN21: neither the answers nor nova.conf hold a [vmware] option that the release does not know."""
    inputs = surroundings(view)
    if inputs is None:
        return
    dropped = nova.unknown_options(inputs.release, driver_options(view.asked))
    stale = nova.unknown_options(inputs.release, options_in(view.facts.text(NOVA_CONF), "vmware"))
    if dropped:
        detail = f"{inputs.release.title} does not know {join_names(dropped)}, so it is not written"
        yield finding("CN21", "warning", detail, subject="node", remedy="Take them out of [node].")
    if stale:
        yield finding(
            "CN21",
            "warning",
            f"nova.conf has options in [vmware] that {inputs.release.title} does not know: {join_names(stale)}",
            subject=view.asked.host,
        )
    if not dropped and not stale:
        yield finding("CN21", "ok", "", subject=view.asked.host)


def dollars_are_doubled(view: NodeView) -> Iterator[Finding]:
    """VC11: what is written is escaped, as far as it can be; a bare $ that somebody else wrote in [vmware] would stop
    nova."""
    inputs = settled(view)
    if inputs is None:
        return
    if refused := unwritable(view, inputs):
        yield from (_cannot_be_written(name, why, inputs.password.label) for name, why in refused.items())
        return
    text = after_edit(view, inputs)
    bare = [o for o in options_in(text, "vmware") if any(map(nova.has_bare_dollar, values(text, "vmware", o)))]
    if bare:
        remedy = "Write each $ of these values as $$ in nova.conf."
        yield finding(
            "VC11", "failure", f"nova.conf has a single $ in {join_names(bare)}", subject=view.asked.host, remedy=remedy
        )
    else:
        yield finding("VC11", "ok", "each $ of user name and password is written as $$", subject=view.asked.host)


def _cannot_be_written(name: str, why: str, password: str) -> Finding:
    """Fatal, as nothing at all is planned for this page then."""
    thing = "password" if name == password else "value"
    remedy = f"choose a {thing} without {why} for {name}"
    return replace(finding("VC11", "failure", f"{name} has {why}", subject=name, remedy=remedy), fatal=True)


def settings_are_there(view: NodeView) -> Iterator[Finding]:
    """CN28: what every compute node of this release needs is copied, or stands there already."""
    inputs = surroundings(view)
    if inputs is None:
        return
    if view.asked.copy_settings_from and view.facts.source is None:
        detail = f"{view.asked.copy_settings_from} has no {NOVA_CONF}"
        yield finding("CN28", "failure", detail, subject=str(view.asked.copy_settings_from))
        return
    lacking = nova_copy.lacking(after_edit(view, inputs), inputs.release)
    if lacking:
        yield finding("CN28", "failure", f"no file and no answer sets {join_names(lacking)}", subject=view.asked.host)
    else:
        of = f"copied from {view.asked.copy_settings_from}" if view.asked.copy_settings_from else "set on the node"
        yield finding("CN28", "ok", of, subject=view.asked.host)


def database_access_fits(view: NodeView) -> Iterator[Finding]:
    """CN12: from Ocata on a compute node has no database; a file of the package's own (SQLite) is none."""
    inputs = surroundings(view)
    text = view.facts.text(NOVA_CONF) + view.facts.text(COMPUTE_CONF)
    if inputs is None or not inputs.release.placement:
        return
    there = [s for s in ("database", "api_database") if "://" in last(text, s, "connection")]
    real = [s for s in there if not last(text, s, "connection").startswith("sqlite")]
    if real:
        detail = f"nova.conf sets a connection in [{'] and ['.join(real)}]"
        yield finding("CN12", "warning", detail, subject=view.asked.host)
    else:
        yield finding("CN12", "ok", "", subject=view.asked.host)


def policy_is_given(view: NodeView) -> Iterator[Finding]:
    """DS12: pbm_enabled needs a default policy, and then the expression for datastores is not read."""
    if not view.asked.pbm_enabled:
        return
    if not view.asked.pbm_default_policy:
        yield finding("DS12", "failure", "pbm_enabled is set without pbm_default_policy", subject="node")
    else:
        yield finding("DS12", "ok", f"policy {view.asked.pbm_default_policy}", subject="node")


CLOSES_UNREAD = re.compile(r"^\s*if isinstance\(image_chunks, glance_utils\.IterableWithLength\):", re.MULTILINE)
"""nova 25 to 29 without the mend of bug 2053027: this line guards a close() of what nobody has read yet."""


def images_can_be_read(view: NodeView) -> Iterator[Finding]:
    """CN33: nova's own code is looked at where it is installed, since packages carry the mend or do not."""
    held = view.facts.survey.files.get(GLANCE_CLIENT)
    if held is None:
        return
    broken = CLOSES_UNREAD.search(decoded(held.content))
    if view.facts.installing:
        yield finding("CN33", "unknown", "mhv-tui's own installation is still running", subject=view.asked.host)
    else:
        detail = f"{GLANCE_CLIENT} closes images before they are read" if broken else ""
        yield finding("CN33", "failure" if broken else "ok", detail, subject=view.asked.host)


CHECKS = (
    *(identity_is_kept, options_are_known, dollars_are_doubled, settings_are_there),
    *(database_access_fits, policy_is_given, images_can_be_read),
)
