"""Preconditions of the page `node` about nova itself: its identity and its settings."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.openstack import Hypervisor
from mhv_tui.core.steps import Check
from mhv_tui.core.text import be, count, join_names
from mhv_tui.domain import nova, nova_copy, packages, releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, check_with, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.facts import NOVA_CONF, NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NO_INPUTS, NodeInputs

CHECKS: list[Check[NodeAnswers, NodeFacts]] = []


@check(CHECKS, "OS08")
def release_is_known(view: NodeView) -> Iterator[Finding]:
    """OS08: the cloud's release is known; otherwise packages and settings cannot be checked."""
    release = release_of(view.earlier)
    if release is None:
        yield finding("OS08", "unknown", "packages and settings are not checked: the cloud's release is not known yet")
    else:
        yield skipped("OS08", f"the cloud's release is {release.title}")


@check_with(NodeInputs, CHECKS, "CN14", otherwise=NO_INPUTS)
def identity_is_kept(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN14: a registered node still has its identity file; from Antelope on nova does not start without it."""
    facts, host = view.facts, view.answers.host
    files = [facts.survey.files[path] for path in facts.identity_files if path in facts.survey.files]
    if not inputs.release.compute_id:
        yield skipped("CN14", f"nova {inputs.release.title} uses no identity file", host)
    elif not facts.service():
        yield skipped("CN14", "the compute service is not registered yet", host)
    elif any(files):
        yield finding("CN14", "ok", "the identity file is on the node", subject=host)
    elif len(files) < len(facts.identity_files):
        yield finding("CN14", "unknown", "the node's identity files could not be read", subject=host)
    else:
        detail = f"the compute service is registered, but the node has none of {', '.join(facts.identity_files)}"
        yield finding("CN14", "failure", detail, subject=host)


@check_with(NodeInputs, CHECKS, "CL10", otherwise=NO_INPUTS)
def cluster_is_the_registered_one(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CL10: the node's cluster is the registered one; from Antelope on nova does not start with another."""
    host, renamed = view.answers.host, _renamed(view, inputs)
    if renamed:
        chosen = f"but the chosen cluster is {inputs.cluster} ({inputs.hypervisor_names[0]})"
        detail = f"the node is registered as {renamed.hostname}, {chosen}"
        level: Level = "failure" if inputs.release.compute_id else "warning"
        yield finding("CL10", level, detail, subject=host)
    elif any(row.hostname in inputs.hypervisor_names for row in view.facts.own_hypervisors):
        yield finding("CL10", "ok", f"the node serves {inputs.cluster}", subject=host)
    else:
        yield skipped("CL10", "the node is not registered with this cluster yet", host)


def _renamed(view: NodeView, inputs: NodeInputs) -> Hypervisor | None:
    """Returns the node's hypervisor of another cluster; if a node serves several, one with the same id or name."""
    rows = [row for row in view.facts.own_hypervisors if "vmware" in row.type.lower()]
    if any(row.hostname in inputs.hypervisor_names for row in rows):
        return None
    key, _, name = inputs.hypervisor_names[1].partition("(")
    alike = [row for row in rows if row.hostname.startswith(f"{key}(") or row.hostname.endswith(f"({name}")]
    several = nova.OPTIONS["vmware/cluster_name"].repeats_in(inputs.release)
    return next(iter(alike if several else rows), None)


@check_with(NodeInputs, CHECKS, "CL11", otherwise=NO_INPUTS)
def no_earlier_cloud_is_left(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CL11: the cluster has no servers of an earlier OpenStack; from Caracal on nova does not start with them."""
    cluster = view.facts_of(ClusterFacts)
    servers = [vm.name for vm in cluster.vms if vm.openstack] if cluster else []
    if inputs.release < releases.by_name("caracal"):
        yield skipped(
            "CL11", f"nova {inputs.release.title} starts beside servers of an earlier OpenStack", inputs.cluster
        )
    elif view.facts.service():
        yield skipped("CL11", "the node is registered already, so the cluster's servers belong to it", inputs.cluster)
    elif servers:
        some = f"{count(len(servers), 'server')} of an earlier OpenStack {be(len(servers))}"
        detail = f"{some} in the cluster: {join_names(servers)}"
        yield finding("CL11", "failure", detail, subject=inputs.cluster)
    else:
        yield finding("CL11", "ok", f"{inputs.cluster} has no server of OpenStack", subject=inputs.cluster)


@check_with(NodeInputs, CHECKS, "CN28", otherwise=NO_INPUTS)
def settings_are_there(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN28: all settings that each compute node of this release needs are copied or already set."""
    if view.answers.copy_settings_from and view.facts.source is None:
        detail = f"{view.answers.copy_settings_from} has no {NOVA_CONF}"
        yield finding("CN28", "failure", detail, subject=str(view.answers.copy_settings_from))
        return
    if problem := view.facts.source_conf.problem(packages.python_of(inputs.release, view.facts.offers)):
        detail = f"{NOVA_CONF} of {view.answers.copy_settings_from}, line {problem.number}, {problem.reason}"
        yield finding("CN28", "failure", detail, subject=str(view.answers.copy_settings_from))
        return
    if NOVA_CONF in inputs.unreadable:
        yield skipped("CN28", f"nova cannot read {NOVA_CONF}, as CN21 reports", view.answers.host)
        return
    others = [conf.text for path, conf in view.facts.confs.items() if path != NOVA_CONF]
    lacking = nova_copy.lacking("\n".join([*others, inputs.nova_conf.text]), inputs.release)
    if lacking:
        yield finding(
            "CN28", "failure", f"neither nova.conf nor an answer sets {join_names(lacking)}", subject=view.answers.host
        )
    else:
        source = view.answers.copy_settings_from
        detail = f"the settings are copied from {source}" if source else "the settings are already on the node"
        yield finding("CN28", "ok", detail, subject=view.answers.host)


@check_with(NodeInputs, CHECKS, "CN12", otherwise=NO_INPUTS)
def database_access_fits(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN12: from Ocata on a compute node connects to no database; the package's own SQLite file is allowed."""
    if not inputs.release.placement:
        yield skipped("CN12", f"nova-network of {inputs.release.title} reads the database itself")
        return
    connections = {section: view.facts.setting(section, "connection") for section in ("database", "api_database")}
    servers = [s for s, url in connections.items() if "://" in url and not url.startswith("sqlite")]
    if servers:
        detail = f"nova.conf sets a database connection in [{'] and ['.join(servers)}]"
        yield finding("CN12", "warning", detail, subject=view.answers.host)
    else:
        yield finding("CN12", "ok", "", subject=view.answers.host)


@check(CHECKS, "DS12")
def policy_is_given(view: NodeView) -> Iterator[Finding]:
    """DS12: with pbm_enabled a default storage policy is set, which replaces datastore_regex."""
    if not view.answers.pbm_enabled:
        yield skipped("DS12", "node.pbm_enabled is false", "node")
    elif not view.answers.pbm_default_policy:
        yield finding("DS12", "failure", "pbm_enabled is set without pbm_default_policy", subject="node")
    else:
        yield finding("DS12", "ok", f"the default storage policy is {view.answers.pbm_default_policy}", subject="node")
