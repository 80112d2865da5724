"""The matrix of the page `cluster`: the hosts of the cluster, their state, version and size."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Cell, Matrix, MatrixColumn, MatrixRow, Problems, judged, problems_of, short_names
from mhv_tui.core.text import GIB, count, join_names
from mhv_tui.steps.cluster.checks import foreign_guests, in_service
from mhv_tui.steps.cluster.facts import ClusterView

COLUMNS = ("state", "version", "CPU", "memory", "VMs of others")


def matrix(view: ClusterView, findings: Sequence[Finding]) -> Matrix | None:
    """Returns the hosts of the cluster × their state, version and size. None if no cluster is chosen or it is empty."""
    cluster, problems = view.facts.cluster, problems_of(findings)
    hosts = view.facts.inventory.hosts_of(cluster) if cluster else ()
    if cluster is None or not hosts:
        return None
    foreign = foreign_guests(view)
    rows = []
    for host, name in zip(hosts, short_names([host.name for host in hosts]), strict=True):
        guests = [vm.name for vm in foreign if vm.host_id == host.id]
        cells = (_state(host, name, cluster, problems), *_sizes(host, name), _guests(guests, name, cluster, problems))
        rows.append(MatrixRow(name, cells))
    return Matrix(f"Hosts of {cluster.name}", "host", tuple(map(MatrixColumn, COLUMNS)), tuple(rows))


def _state(host: vsphere.Host, name: str, cluster: vsphere.Cluster, problems: Problems) -> Cell:
    if in_service(host):
        return Cell("connected", f"{name} is connected and not in maintenance mode, so DRS places servers on it")
    word = "maintenance" if host.state == "connected" else host.state
    return judged(word, f"{name}: {word}; nova does not count it", problems.get(("CL04", cluster.name)))


def _sizes(host: vsphere.Host, name: str) -> tuple[Cell, Cell, Cell]:
    memory = f"{host.memory / GIB:.0f} GiB"
    threads = count(host.cpu_threads, "thread")
    return (
        Cell(host.version or "–", f"{name} runs ESXi {host.version or 'of an unknown version'}"),
        Cell(threads, f"{name} has {threads}; a server runs on one host, so it cannot have more vCPUs"),
        Cell(memory, f"{name} has {memory}; a server runs on one host, so it cannot have more memory"),
    )


def _guests(guests: Sequence[str], name: str, cluster: vsphere.Cluster, problems: Problems) -> Cell:
    if not guests:
        return Cell("none", f"every virtual machine on {name} is a server of OpenStack, or of vSphere itself")
    sentence = f"{join_names(guests)} on {name}: not OpenStack's"
    return judged(str(len(guests)), sentence, problems.get(("CL09", cluster.name)))
