"""The matrix of the page `datastore`: which host mounts which datastore, its free space, and which one nova picks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from mhv_tui.core.text import share
from mhv_tui.steps.datastore.checks import pick, usable
from mhv_tui.steps.datastore.facts import DatastoreView


@dataclass(frozen=True)
class DatastoreUse:
    """What nova does with the datastores: the judgement of the checks."""

    selected: Collection[str]
    """The ids of the datastores that the answers select, usable or not."""
    usable: Collection[str]
    pick: str
    """The id of the datastore that nova uses; "" if it can use none."""
    problems: Problems


def matrix(view: DatastoreView, findings: Sequence[Finding]) -> Matrix | None:
    """Returns hosts × datastores: the one that nova picks, the other selected ones, then the rest.

    None without hosts or datastores.
    """
    hosts = sorted(view.facts.inventory.hosts_of(view.facts.cluster), key=lambda host: natural(host.name))
    problems = problems_of(findings)
    datastores = list(_datastores(view, problems))
    if not hosts or not datastores:
        return None
    first = pick(view)
    use = DatastoreUse(
        selected={d.id for d in datastores if d in view.facts.matching or ("DS01", d.name) in problems},
        usable={d.id for d in usable(view)},
        pick=first.id if first else "",
        problems=problems,
    )
    names = short_names([host.name for host in hosts])
    host_names = {host.id: name for host, name in zip(hosts, names, strict=True)}
    columns = (*map(MatrixColumn, names), MatrixColumn("free of size", True), MatrixColumn("nova", True))
    return Matrix(
        "Hosts × datastores", "datastore", columns, tuple(_row(d, host_names, use) for d in datastores), "host"
    )


def _datastores(view: DatastoreView, problems: Problems) -> Iterator[vsphere.Datastore]:
    datastores = sorted(view.facts.inventory.datastores, key=lambda d: natural(d.name))
    selected, first = {d.id for d in view.facts.matching}, pick(view)
    yield from (d for d in datastores if d == first)
    yield from (d for d in datastores if d.id in selected and d != first)
    yield from (d for d in datastores if d.id not in view.facts.cluster.datastore_ids and ("DS01", d.name) in problems)
    yield from (d for d in datastores if d.id in view.facts.cluster.datastore_ids and d.id not in selected)


def _row(datastore: vsphere.Datastore, hosts: Mapping[str, str], use: DatastoreUse) -> MatrixRow:
    mounts = {mount.host_id: mount for mount in datastore.mounts if mount.host_id in hosts}
    if datastore.id not in use.selected:
        cells = [_unselected(datastore, mounts.get(id), name) for id, name in hosts.items()]
    elif not datastore.mounts and ("DS01", datastore.name) not in use.problems:
        cells = [_unknown(datastore, name, use.problems) for name in hosts.values()]
    else:
        only = len(mounts) == 1 < len(hosts)
        cells = [_selected(datastore, mounts.get(id), name, use.problems, only) for id, name in hosts.items()]
    return MatrixRow(datastore.name, (*cells, _free(datastore, use.problems), _verdict(datastore, use)))


def _selected(
    datastore: vsphere.Datastore, mount: vsphere.Mount | None, host: str, problems: Problems, only: bool
) -> MatrixCell:
    name = datastore.name
    if mount is None:
        absent = problems.get(("DS04", name)) or problems.get(("DS01", name))
        return judged("absent", f"{name} is not mounted on {host}", absent)
    if not mount.accessible:
        return judged("no access", f"{name} is mounted on {host}, but not accessible", problems.get(("DS05", name)))
    if mount.read_only:
        return judged("ro", f"{name} is mounted read-only on {host}", problems.get(("DS14", name)))
    return MatrixCell("rw", f"{name} is mounted on {host}{' only' if only else ''}, for reading and writing")


def _unknown(datastore: vsphere.Datastore, host: str, problems: Problems) -> MatrixCell:
    sentence = f"vCenter does not report whether {host} mounts {datastore.name}"
    return judged("not known", sentence, problems.get(("DS04", datastore.name), problems.get(("DS14", datastore.name))))


def _unselected(datastore: vsphere.Datastore, mount: vsphere.Mount | None, host: str) -> MatrixCell:
    if mount is None:
        return MatrixCell("–", f"{datastore.name} is not mounted on {host}; it is not selected", "skipped")
    only = " only" if len(datastore.mounts) == 1 else ""
    sentence = f"{datastore.name} is mounted on {host}{only}; it is not selected"
    return MatrixCell("ro" if mount.read_only else "rw", sentence, "skipped")


def _free(datastore: vsphere.Datastore, problems: Problems) -> MatrixCell:
    word = share(datastore.free, datastore.capacity).removesuffix("iB")
    finding = problems.get(("DS10", datastore.name)) or problems.get(("DS15", datastore.name))
    return judged(word, f"{datastore.name} has {word}iB free", finding)


def _verdict(datastore: vsphere.Datastore, use: DatastoreUse) -> MatrixCell:
    name = datastore.name
    if datastore.id not in use.selected:
        return MatrixCell("not selected", f"nova does not use {name}, because it is not selected", "skipped")
    if datastore.id not in use.usable:
        return _outage(datastore, use.problems)
    if lacking := use.problems.get(("VC12", f"the datastore {name}")):
        return judged("no rights", f"the login lacks privileges on {name}", lacking)
    if datastore.shared is False and ("DS04", name) in use.problems:
        return judged("local only", f"{name} is local to one host", use.problems["DS04", name])
    if datastore.id == use.pick:
        sentence = f"nova picks {name}: of the datastores that it can use, it has the most free space"
        return judged("picks it", sentence, use.problems.get(("DS08", name)))
    return MatrixCell("may use it", f"nova uses {name} as soon as it has the most free space")


def _outage(datastore: vsphere.Datastore, problems: Problems) -> MatrixCell:
    """Returns why nova cannot use a selected datastore; the most important reason first."""
    in_service = "maintenance" if datastore.accessible else "no access"
    words = {"DS01": "absent", "DS06": "wrong type", "DS05": in_service}
    code = next((code for code in words if (code, datastore.name) in problems), "")
    word = words.get(code, "unusable")
    return judged(word, f"nova cannot use {datastore.name}: {word}", problems.get((code, datastore.name)))
