"""Preconditions of the page `node` about connections: vCenter, every ESXi host, the queue, the cloud's services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.machine import ConnectionTest
from mhv_tui.core.steps import Check
from mhv_tui.core.text import count, host_port, join_names
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.packages import PackageOffers
from mhv_tui.domain.releases import version_key
from mhv_tui.steps.checks import check, check_with, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.cluster.facts import ClusterFacts, hypervisor_names
from mhv_tui.steps.network.cloud_checks import trial_finding
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.endpoints import databases, queues, services, system_verified
from mhv_tui.steps.node.facts import NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NO_INPUTS, NodeInputs
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.facts import VcenterFacts

CHECKS: list[Check[NodeAnswers, NodeFacts]] = []

PROBLEMS = {
    "name": "does not resolve on the node",
    "refused": "refuses the node's connection",
    "timeout": "does not answer the node in time",
    "tls": "fails the TLS handshake with the node",
}
"""Problem of a connection test -> words that follow the address in a sentence."""

FIXED_AFTER = (4, 9)
"""The last version of oslo.vmware that hangs with urllib3 2 in NFC transfers; a change of March 2026 fixes it."""


@check(CHECKS, "VC01", "CN18")
def vcenter_is_reached(view: NodeView) -> Iterator[Finding]:
    """VC01: the node resolves vCenter's name. CN18: the node connects to vCenter."""
    vcenter, reach = view.answers_of(VcenterAnswers), _vcenter(view)
    if reach is None:
        yield finding(
            "VC01", "unknown", f"the node has not tested its connection to {vcenter.host}", subject=view.answers.host
        )
    elif reach.problem == "name":
        yield finding("VC01", "failure", f"{vcenter.host} {PROBLEMS['name']}", subject=view.answers.host)
    elif reach.problem:
        remedy = f"Open port {vcenter.port} from the node to {vcenter.host}."
        detail = f"{host_port(vcenter.host, vcenter.port)} {PROBLEMS.get(reach.problem, reach.problem)}"
        shut = finding("CN18", "failure", detail, subject=view.answers.host, remedy=remedy)
        yield replace(shut, acceptable=False)  # nova-compute cannot start without its vCenter
    else:
        yield finding(
            "VC01", "ok", f"{vcenter.host} resolves to {reach.address} on the node", subject=view.answers.host
        )


def _vcenter(view: NodeView) -> ConnectionTest | None:
    vcenter = view.answers_of(VcenterAnswers)
    return view.facts.survey.connections.get(host_port(vcenter.host, vcenter.port))


@check(CHECKS, "VC02")
def certificate_is_the_same(view: NodeView) -> Iterator[Finding]:
    """VC02: vCenter shows the node and this machine the same certificate."""
    facts, reach = view.facts_of(VcenterFacts), _vcenter(view)
    if facts is None or reach is None or reach.problem:
        yield skipped("VC02", "the node does not reach vCenter", view.answers.host)
    elif not reach.sha256:
        yield finding("VC02", "unknown", "the node did not read vCenter's certificate", subject=view.answers.host)
    elif reach.sha256 != facts.certificate.sha256:
        detail = f"vCenter shows the node the certificate {reach.sha256}, but this machine {facts.certificate.sha256}"
        yield finding("VC02", "failure", detail, subject=view.answers.host)
    else:
        yield finding(
            "VC02", "ok", "vCenter shows the node and this machine the same certificate", subject=view.answers.host
        )


def _hosts(view: NodeView) -> dict[str, ConnectionTest | None]:
    """Returns ESXi host of the cluster -> the node's connection test; None if the connection was not tested."""
    facts = view.facts_of(ClusterFacts)
    hosts = facts.inventory.hosts_of(facts.cluster) if facts and facts.cluster else ()
    return {host.name: view.facts.survey.connections.get(host_port(host.name, 443)) for host in hosts}


@check(CHECKS, "CN18")
def hosts_are_reached(view: NodeView) -> Iterator[Finding]:
    """CN18: the node reaches every ESXi host, because nova copies images directly to the hosts."""
    reaches = _hosts(view)
    shut = {name: reach.problem for name, reach in reaches.items() if reach and reach.problem not in ("", "tls")}
    untested = [name for name, reach in reaches.items() if reach is None]
    if shut:
        rows = join_names(f"{name} {PROBLEMS.get(problem, problem)}" for name, problem in shut.items())
        detail = f"the node does not reach {len(shut)} of {count(len(reaches), 'ESXi host')}: {rows}"
        yield finding("CN18", "failure", detail, subject=view.answers.host)
    elif untested:
        detail = f"the node has not tested its connection to {join_names(untested)}"
        yield finding("CN18", "unknown", detail, subject=view.answers.host)
    elif reaches:
        yield finding("CN18", "ok", f"the node reaches {join_names(reaches)}", subject=view.answers.host)
    else:
        yield skipped("CN18", "the cluster has no host yet", view.answers.host)


@check(CHECKS, "VC06")
def hosts_speak_tls(view: NodeView) -> Iterator[Finding]:
    """VC06: the TLS handshake succeeds with every ESXi host that the node reaches."""
    problems = {name: reach.problem for name, reach in _hosts(view).items() if reach}
    unsafe = [name for name, problem in problems.items() if problem == "tls"]
    safe = [name for name, problem in problems.items() if not problem]
    if unsafe:
        detail = f"TLS between the node and {join_names(unsafe)} fails"
        yield finding("VC06", "warning", detail, subject=view.answers.host)
    elif safe:
        detail = f"TLS between the node and {join_names(safe)} works"
        yield finding("VC06", "ok", detail, subject=view.answers.host)
    else:
        yield skipped("VC06", "the node reaches no ESXi host", view.answers.host)


@check(CHECKS, "CN10")
def queue_is_reached(view: NodeView) -> Iterator[Finding]:
    yield from _reached(view, "CN10", queues(view.facts.source_conf))


@check(CHECKS, "CN11")
def services_are_reached(view: NodeView) -> Iterator[Finding]:
    """CN11: the node reaches the services, and its own authorities verify those for which nova uses them."""
    yield from _reached(view, "CN11", services(view.facts.source_conf))
    reaches, store = view.facts.survey.connections, view.facts.survey.packages.get("ca-certificates")
    names = [name for name in system_verified(view.facts.source_conf) if name in reaches]
    untrusted = [name for name in names if reaches[name].trusted is False]
    if untrusted and store and store.installed:
        source, node = view.answers.copy_settings_from, view.answers.host
        remedy = f"Add the authority of the cloud to the system's authorities of {node}, as {source} has it."
        detail = f"the system's authorities of the node do not verify the certificate of {join_names(untrusted)}"
        yield finding("CN11", "failure", detail, subject=node, remedy=remedy)


@check_with(NodeInputs, CHECKS, "CN12", otherwise=NO_INPUTS)
def database_is_reached(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN12: the node reaches the database, if this release's nova-network reads it directly."""
    if inputs.networking == "nova-network" and not inputs.release.placement:
        yield from _reached(view, "CN12", databases(view.facts.source_conf))
    else:
        yield skipped("CN12", "nova on the node does not read the database itself", view.answers.host)


def _reached(view: NodeView, code: str, targets: Sequence[str]) -> Iterator[Finding]:
    reaches = {name: view.facts.survey.connections.get(name) for name in targets}
    shut = [f"{name} {PROBLEMS.get(r.problem, r.problem)}" for name, r in reaches.items() if r and r.problem]
    open_ones = [name for name, reach in reaches.items() if reach and not reach.problem]
    level: Level = "failure" if shut and (code != "CN10" or not open_ones) else "warning" if shut else "ok"
    if shut or open_ones:
        detail = join_names(shut) if shut else f"the node reaches {join_names(open_ones)}"
        yield finding(code, level, detail, subject=view.answers.host)
    elif targets:
        detail = f"the node has not tested its connection to {join_names(targets)}"
        yield finding(code, "unknown", detail, subject=view.answers.host)
    else:
        source = view.answers.copy_settings_from
        reason = (
            f"nova.conf of {source} names no address of this kind" if source else "node.copy_settings_from is empty"
        )
        yield skipped(code, reason, view.answers.host)


@check(CHECKS, "VC18")
def transfers_do_not_hang(view: NodeView) -> Iterator[Finding]:
    """VC18: NFC transfers do not hang; an oslo.vmware without the fix hangs with urllib3 2."""
    library, urllib3 = _versions(view.facts.offers)
    if not library or not urllib3:
        missing = "oslo.vmware" if urllib3 else "urllib3"
        yield skipped("VC18", f"{missing} is neither installed on the node nor offered", view.answers.host)
        return
    detail = f"oslo.vmware {_dotted(library)} with urllib3 {_dotted(urllib3)}"
    if transfers_hang(view.facts.offers):
        remedy = "Install a newer oslo.vmware on the node, or set image.disk_type to sparse (not on vSAN)."
        yield finding("VC18", "warning", f"{detail} hangs in image uploads", subject=view.answers.host, remedy=remedy)
    else:
        yield finding("VC18", "ok", f"{detail} does not hang in image uploads", subject=view.answers.host)


def transfers_hang(offers: PackageOffers) -> bool:
    """Returns whether NFC transfers hang with the oslo.vmware and urllib3 that the node has installed or offers."""
    library, urllib3 = _versions(offers)
    return bool(library) and library <= FIXED_AFTER and urllib3[:1] >= (2,)


def _versions(offers: PackageOffers) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns the versions (major, minor) of oslo.vmware and urllib3; () for one neither installed nor offered."""
    library = _version(offers, "python3-oslo.vmware") or _version(offers, "python3-oslo-vmware")
    return library, _version(offers, "python3-urllib3")


def _version(offers: PackageOffers, name: str) -> tuple[int, ...]:
    package = offers.get(name)
    version = (package.installed or package.candidate) if package else ""
    digits = version.partition(":")[2] or version
    try:
        return version_key(".".join(digits.partition("-")[0].partition("+")[0].split(".")[:2]))
    except ValueError:
        return ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@check(CHECKS, "NW02")
def neutron_binds_here(view: NodeView) -> Iterator[Finding]:
    """NW02: Neutron binds a port on this node; tested here if the page `network` did not know the node's name."""
    trial, cluster = view.facts.trial, view.facts_of(ClusterFacts)
    if trial is None or cluster is None or cluster.cluster is None:
        yield skipped("NW02", "the page node tries no port", view.answers.host)
        return
    opaque = any(n.kind == "opaque" for n in cluster.inventory.networks_of(cluster.cluster))
    yield trial_finding(trial, release_of(view.earlier), opaque)


@check(CHECKS, "CL08")
def no_other_node_serves_the_cluster(view: NodeView) -> Iterator[Finding]:
    """CL08: no other node serves the cluster. This page always knows by which name nova registers the node."""
    facts, our_host = view.facts_of(ClusterFacts), view.facts.service_host
    cluster = facts.cluster if facts else None
    names = hypervisor_names(facts.inventory, cluster) if facts and cluster else ()
    name = cluster.name if cluster else ""
    rows = [row for row in view.facts.hypervisors if row.hostname in names and row.service_host]
    for row in rows:
        detail = f"the cluster {name} ({row.hostname}) is served by nova-compute on {row.service_host}"
        if row.service_host == our_host:
            yield finding("CL08", "ok", f"{detail}, which is this node", subject=row.hostname)
        else:
            yield finding("CL08", "failure", f"{detail}, not by {our_host}", subject=row.hostname)
    if not rows:
        yield skipped("CL08", "no other node is known to serve this cluster")
