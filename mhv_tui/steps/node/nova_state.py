"""Preconditions of the page `node` about nova itself: its identity, its settings, its code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mhv_tui.changes.files import decoded
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.openstack import Hypervisor
from mhv_tui.core.text import be, count, join_names
from mhv_tui.domain import nova, nova_copy, releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import with_inputs
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.node.answers import driver_options
from mhv_tui.steps.node.facts import GLANCE_CLIENT, NOVA_CONF, NodeView
from mhv_tui.steps.node.inputs import NodeInputs, inputs_are_complete
from mhv_tui.steps.node.nova_conf import NovaConf

CLOSES_UNREAD = re.compile(r"^\s*if isinstance\(image_chunks, glance_utils\.IterableWithLength\):", re.MULTILINE)
"""nova 25 to 29 without the fix of bug 2053027: this line guards a close() of an image that was not read yet."""


def identity_is_kept(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN14, CL10, CL11: from Antelope on a node that lost or changed its identity does not start."""
    facts = view.facts
    files = [facts.survey.files[path] for path in facts.identity_files if path in facts.survey.files]
    if inputs.release.compute_id and facts.service() and files and not any(files):
        detail = f"the compute service is registered, but the node has none of {', '.join(facts.identity_files)}"
        yield finding("CN14", "failure", detail, subject=view.answers.host)
    renamed = _renamed(view, inputs)
    if renamed:
        detail = (
            f"the service is registered as {renamed.hostname}, but the cluster makes it {inputs.hypervisor_names[0]}"
        )
        level: Level = "failure" if inputs.release.compute_id else "warning"
        yield finding("CL10", level, detail, subject=view.answers.host)
    yield from _servers_of_an_earlier_cloud(view, inputs)


def _renamed(view: NodeView, inputs: NodeInputs) -> Hypervisor | None:
    """The earlier hypervisor of this cluster; if a node serves several clusters, one with the same id or name."""
    rows = [row for row in view.facts.own_hypervisors if "vmware" in row.type.lower()]
    if any(row.hostname in inputs.hypervisor_names for row in rows):
        return None
    key, _, name = inputs.hypervisor_names[1].partition("(")
    alike = [row for row in rows if row.hostname.startswith(f"{key}(") or row.hostname.endswith(f"({name}")]
    several = nova.OPTIONS["vmware/cluster_name"].repeats_in(inputs.release)
    return next(iter(alike if several else rows), None)


def _servers_of_an_earlier_cloud(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    cluster = view.facts_of(ClusterFacts)
    if cluster is None or inputs.release < releases.by_name("caracal"):
        return
    servers = [vm.name for vm in cluster.vms if vm.openstack]
    if servers and view.facts.service() is None:
        some = f"{count(len(servers), 'server')} of an earlier OpenStack {be(len(servers))}"
        detail = f"{some} in the cluster: {join_names(servers)}"
        yield finding("CL11", "failure", detail, subject=inputs.cluster)


def options_are_known(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN21: neither the answers nor nova.conf have a [vmware] option that the release does not know."""
    dropped = nova.unknown_options(inputs.release, driver_options(view.answers))
    stale = nova.unknown_options(inputs.release, view.facts.nova_conf.names("vmware"))
    if dropped:
        detail = f"{inputs.release.title} does not know {join_names(dropped)}, so it is not written"
        yield finding("CN21", "warning", detail, subject="node", remedy="Take them out of [node].")
    if stale:
        unknown = f"options in [vmware] that {inputs.release.title} does not know"
        detail = f"nova.conf has {unknown}: {join_names(stale)}"
        yield finding("CN21", "warning", detail, subject=view.answers.host)
    if not dropped and not stale:
        yield finding("CN21", "ok", "", subject=view.answers.host)


def dollars_are_doubled(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """VC11: our values are written escaped; a bare $ in another [vmware] option would stop nova."""
    conf = inputs.nova_conf
    bare = [name for name in conf.names("vmware") if any(map(nova.has_bare_dollar, conf.values("vmware", name)))]
    if bare:
        remedy = "Write each $ of these values as $$ in nova.conf."
        detail = f"nova.conf has a single $ in {join_names(bare)}"
        yield finding("VC11", "failure", detail, subject=view.answers.host, remedy=remedy)
    else:
        yield finding("VC11", "ok", "each $ of user name and password is written as $$", subject=view.answers.host)


def settings_are_there(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN28: what every compute node of this release needs is copied, or already set."""
    if view.answers.copy_settings_from and view.facts.source is None:
        detail = f"{view.answers.copy_settings_from} has no {NOVA_CONF}"
        yield finding("CN28", "failure", detail, subject=str(view.answers.copy_settings_from))
        return
    lacking = nova_copy.lacking(inputs.nova_conf.text, inputs.release)
    if lacking:
        yield finding("CN28", "failure", f"no file and no answer sets {join_names(lacking)}", subject=view.answers.host)
    else:
        source = view.answers.copy_settings_from
        detail = f"copied from {source}" if source else "set on the node"
        yield finding("CN28", "ok", detail, subject=view.answers.host)


def database_access_fits(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN12: from Ocata on a compute node has no database; a file of the package's own (SQLite) is none."""
    if not inputs.release.placement:
        return
    conf = NovaConf(f"{view.facts.nova_conf.text}\n{view.facts.compute_conf.text}")
    connections = {section: conf.last(section, "connection") for section in ("database", "api_database")}
    servers = [s for s, url in connections.items() if "://" in url and not url.startswith("sqlite")]
    if servers:
        detail = f"nova.conf sets a connection in [{'] and ['.join(servers)}]"
        yield finding("CN12", "warning", detail, subject=view.answers.host)
    else:
        yield finding("CN12", "ok", "", subject=view.answers.host)


def policy_is_given(view: NodeView) -> Iterator[Finding]:
    """DS12: pbm_enabled needs a default policy, and then the expression for datastores is not read."""
    if not view.answers.pbm_enabled:
        return
    if not view.answers.pbm_default_policy:
        yield finding("DS12", "failure", "pbm_enabled is set without pbm_default_policy", subject="node")
    else:
        yield finding("DS12", "ok", f"policy {view.answers.pbm_default_policy}", subject="node")


def images_can_be_read(view: NodeView) -> Iterator[Finding]:
    """CN33: reads nova's installed code, since a package may or may not contain the fix."""
    file = view.facts.survey.files.get(GLANCE_CLIENT)
    if file is None:
        return
    broken = CLOSES_UNREAD.search(decoded(file.content))
    if view.facts.installing:
        yield finding("CN33", "unknown", "mhv-tui's own installation is still running", subject=view.answers.host)
    else:
        detail = f"{GLANCE_CLIENT} closes images before they are read" if broken else ""
        yield finding("CN33", "failure" if broken else "ok", detail, subject=view.answers.host)


CHECKS = (
    inputs_are_complete,
    with_inputs(NodeInputs, identity_is_kept, options_are_known, dollars_are_doubled, settings_are_there),
    with_inputs(NodeInputs, database_access_fits),
    *(policy_is_given, images_can_be_read),
)
