"""What the node must reach: vCenter, every ESXi host, the queue, the cloud's services; and whom it sees there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhv_tui.changes.files import decoded
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.machine import ConnectionTest
from mhv_tui.core.text import count
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.packages import PackageOffers
from mhv_tui.domain.releases import version_key
from mhv_tui.steps import vcenter
from mhv_tui.steps.checks import join_names, seen
from mhv_tui.steps.cloud import release_of
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.network_cloud_checks import tried
from mhv_tui.steps.node_facts import databases, queues, services, target
from mhv_tui.steps.node_nova import node_name
from mhv_tui.steps.node_plan import NodeView, surroundings

WORDS = {
    "name": "does not resolve on the node",
    "refused": "refuses the node's connection",
    "timeout": "does not answer the node in time",
    "tls": "fails the TLS handshake with the node",
}
"""What each problem of a ConnectionTest means."""

FIXED_AFTER = (4, 9)
"""oslo.vmware of 2026 up to this version hangs with urllib3 2 in NFC transfers; fixed by its change of March 2026."""


def vcenter_is_reached(view: NodeView) -> Iterator[Finding]:
    """VC01 (name), CN18 (connection), VC02 (somebody else's certificate): as the node sees vCenter."""
    page = view.answers.of("vcenter", vcenter.VcenterAnswers)
    reach = view.facts.survey.connections.get(target(page.host, page.port))
    if reach is None:
        return
    if reach.problem == "name":
        yield finding("VC01", "failure", f"{page.host} {WORDS['name']}", subject=view.asked.host)
    elif reach.problem:
        remedy = f"Open port {page.port} from the node to {page.host}."
        detail = f"{page.host}:{page.port} {WORDS.get(reach.problem, reach.problem)}"
        yield finding("CN18", "failure", detail, subject=view.asked.host, remedy=remedy)
    else:
        yield finding("VC01", "ok", f"{page.host} is {reach.address} on the node", subject=view.asked.host)
        yield from _same_certificate(view, reach)


def _same_certificate(view: NodeView, reach: ConnectionTest) -> Iterator[Finding]:
    facts = seen(view.earlier, "vcenter", vcenter.VcenterFacts)
    if facts is None or not reach.sha256:
        return
    if reach.sha256 != facts.certificate.sha256:
        detail = f"the node gets the certificate {reach.sha256}, this machine gets {facts.certificate.sha256}"
        yield finding("VC02", "failure", detail, subject=view.asked.host)
    else:
        yield finding("VC02", "ok", "the node gets the same certificate", subject=view.asked.host)


def hosts_are_reached(view: NodeView) -> Iterator[Finding]:
    """CN18 and VC06: images go straight to the ESXi hosts, by the names that vCenter knows them by."""
    facts = seen(view.earlier, "cluster", ClusterFacts)
    if facts is None or facts.cluster is None:
        return
    names = [host.name for host in facts.inventory.hosts_of(facts.cluster)]
    reaches = {name: view.facts.survey.connections.get(target(name, 443)) for name in names}
    shut = {name: reach.problem for name, reach in reaches.items() if reach and reach.problem not in ("", "tls")}
    unsafe = [name for name, reach in reaches.items() if reach and reach.problem == "tls"]
    if shut:
        said = join_names(f"{name} {WORDS.get(problem, problem)}" for name, problem in shut.items())
        yield finding(
            "CN18",
            "failure",
            f"the node does not reach {len(shut)} of {count(len(names), 'ESXi host')}: {said}",
            subject=view.asked.host,
        )
    elif names:
        yield finding("CN18", "ok", count(len(names), "ESXi host"), subject=view.asked.host)
    if unsafe:
        detail = f"TLS between the node and {join_names(unsafe)} fails"
        yield finding("VC06", "warning", detail, subject=view.asked.host)


def queue_is_reached(view: NodeView) -> Iterator[Finding]:
    """CN10."""
    yield from _reached(view, "CN10", queues(_settings(view)))


def services_are_reached(view: NodeView) -> Iterator[Finding]:
    """CN11."""
    yield from _reached(view, "CN11", services(_settings(view)))


def database_is_reached(view: NodeView) -> Iterator[Finding]:
    """CN12: where this release's nova-network reads the database itself."""
    inputs = surroundings(view)
    if inputs and inputs.networking == "nova-network" and not inputs.release.placement:
        yield from _reached(view, "CN12", databases(_settings(view)))


def _settings(view: NodeView) -> str:
    return decoded(view.facts.source.content) if view.facts.source else ""


def _reached(view: NodeView, code: str, targets: Iterable[str]) -> Iterator[Finding]:
    reaches = {name: view.facts.survey.connections.get(name) for name in targets}
    shut = [f"{name} {WORDS.get(r.problem, r.problem)}" for name, r in reaches.items() if r and r.problem]
    open_ones = [name for name, reach in reaches.items() if reach and not reach.problem]
    level: Level = "failure" if shut and (code != "CN10" or not open_ones) else "warning" if shut else "ok"
    if shut or open_ones:
        yield finding(code, level, join_names(shut or open_ones), subject=view.asked.host)


def transfers_do_not_hang(view: NodeView) -> Iterator[Finding]:
    """VC18: oslo.vmware without its fix and urllib3 2 hang in NFC transfers, as streamOptimized images need them."""
    library, other = _versions(view.facts.offers)
    if not library or not other:
        return
    detail = f"oslo.vmware {_dotted(library)} with urllib3 {_dotted(other)}"
    if transfers_hang(view.facts.offers):
        remedy = 'Install a newer oslo.vmware on the node, or set image.disk_type = "sparse" (not on vSAN).'
        yield finding("VC18", "warning", f"{detail} hangs in image uploads", subject=view.asked.host, remedy=remedy)
    else:
        yield finding("VC18", "ok", detail, subject=view.asked.host)


def transfers_hang(offers: PackageOffers) -> bool:
    """Whether NFC transfers hang with the node's libraries, installed or about to be."""
    library, other = _versions(offers)
    return bool(library) and library <= FIXED_AFTER and other[:1] >= (2,)


def _versions(offers: PackageOffers) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Major and minor of oslo.vmware and of urllib3; () where a package is neither installed nor offered."""
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


def neutron_binds_here(view: NodeView) -> Iterator[Finding]:
    """NW02, where the page of the port group could not know the node's own name."""
    trial, cluster = view.facts.trial, seen(view.earlier, "cluster", ClusterFacts)
    if trial is None or cluster is None or cluster.cluster is None:
        return
    opaque = any(n.kind == "opaque" for n in cluster.inventory.networks_of(cluster.cluster))
    yield tried(trial, release_of(view.earlier), opaque)


def nobody_else_serves_the_cluster(view: NodeView) -> Iterator[Finding]:
    """CL08, where the page of the cluster could not tell our node from another."""
    names, ours = node_name(view), view.facts.service_host
    for row in view.facts.hypervisors:
        if row.hostname in names and row.service_host and row.service_host != ours:
            detail = f"{row.hostname} is served by nova-compute on {row.service_host}, not by {ours}"
            yield finding("CL08", "failure", detail, subject=row.hostname)


CHECKS = (
    *(vcenter_is_reached, hosts_are_reached, queue_is_reached, services_are_reached, database_is_reached),
    *(transfers_do_not_hang, neutron_binds_here, nobody_else_serves_the_cluster),
)
