"""The matrix of the page `cluster`: the hosts of the cluster, their state, version and size."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import (
    Matrix,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
    Problems,
    judged,
    natural,
    problems_of,
    short_names,
)
from mhv_tui.core.text import GIB, count, join_names
from mhv_tui.steps.cluster.checks import foreign_guests, in_service
from mhv_tui.steps.cluster.facts import ClusterView

COLUMNS = ("state", "DRS", "version", "CPU", "memory", "other VMs")
DRS = {"fullyAutomated": "auto", "partiallyAutomated": "partial"}
"""vCenter's name of DRS's behaviour -> the word for it; other names are words already."""


def matrix(view: ClusterView, findings: Sequence[Finding]) -> Matrix | None:
    """Returns the hosts of the cluster × their state, version and size. None if no cluster is chosen or it is empty."""
    cluster, problems = view.facts.cluster, problems_of(findings)
    hosts = sorted(view.facts.inventory.hosts_of(cluster) if cluster else (), key=lambda host: natural(host.name))
    if cluster is None or not hosts:
        return None
    foreign = foreign_guests(view)
    rows = []
    for host, name in zip(hosts, short_names([host.name for host in hosts]), strict=True):
        guests = [vm.name for vm in foreign if vm.host_id == host.id]
        facts = (_state(host, name, cluster, problems), _drs(cluster, problems), *_sizes(host, name))
        rows.append(MatrixRow(name, (*facts, _guests(guests, name, cluster, problems))))
    return Matrix(f"Hosts of {cluster.name}", "host", tuple(map(MatrixColumn, COLUMNS)), tuple(rows))


def _state(host: vsphere.Host, name: str, cluster: vsphere.Cluster, problems: Problems) -> MatrixCell:
    if in_service(host):
        return MatrixCell("connected", f"{name} is connected and not in maintenance mode, so nova counts it")
    word = "maintenance" if host.state == "connected" else host.state
    return judged(word, f"{name}: {word}; nova does not count it", problems.get(("CL04", cluster.name)))


def _drs(cluster: vsphere.Cluster, problems: Problems) -> MatrixCell:
    behavior = cluster.drs_behavior if cluster.drs_enabled else "off"
    finding = problems.get(("CL06" if cluster.drs_enabled else "CL05", cluster.name))
    sentence = f"DRS of {cluster.name} is {behavior}"
    if finding and finding.level == "missing":
        return judged(DRS["fullyAutomated"], f"{sentence}; the plan makes it fullyAutomated", finding)
    return judged(DRS.get(behavior, behavior), sentence, finding)


def _sizes(host: vsphere.Host, name: str) -> tuple[MatrixCell, MatrixCell, MatrixCell]:
    memory = f"{host.memory / GIB:.0f} GiB"
    threads = count(host.cpu_threads, "thread")
    return (
        MatrixCell(host.version or "–", f"{name} runs ESXi {host.version or 'of an unknown version'}"),
        MatrixCell(
            str(host.cpu_threads), f"{name} has {threads}; a server runs on one host, so it cannot have more vCPUs"
        ),
        MatrixCell(memory, f"{name} has {memory}; a server runs on one host, so it cannot have more memory"),
    )


def _guests(guests: Sequence[str], name: str, cluster: vsphere.Cluster, problems: Problems) -> MatrixCell:
    if not guests:
        return MatrixCell("none", f"every virtual machine on {name} is a server of OpenStack, or of vSphere itself")
    sentence = f"{join_names(guests)} on {name}: not OpenStack's"
    return judged(str(len(guests)), sentence, problems.get(("CL09", cluster.name)))
