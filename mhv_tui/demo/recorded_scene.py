"""The scene of a recording: the simulated vCenter has the recorded inventory; the cloud and the nodes are made up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mhv_tui.core import vsphere
from mhv_tui.demo import recorded, recorded_about
from mhv_tui.demo.recorded_vcenter import RecordedVcenter
from mhv_tui.demo.recorder import Call
from mhv_tui.demo.rows import Row
from mhv_tui.demo.scenes import Document, answers_of, demo_secrets, state_of

BASE = "article"
"""The scene with the cloud, the nodes, and whatever a recording lacks."""

OWN = ("vcenter", "cluster", "datastore", "network")
"""The tables of answers that are about the recorded vCenter."""


def scene_of(path: Path) -> Document:
    """Returns the scene in a recording: answers, secrets and world, and what is assumed. Raises UsageError."""
    source = RecordedVcenter(path)
    inventory = _complete(source.inventory())
    state, answers = state_of(BASE), answers_of(BASE)
    vcenter = _vcenter_answers(source, answers["vcenter"])
    login = vsphere.VcenterLogin(vcenter["host"], vcenter.get("port", 443), vcenter["username"])
    clock = recorded_about.time_of(source.about) or datetime.fromtimestamp(state["clock"], UTC)
    row: Row = recorded.world_of(list(_calls(source, inventory, login, clock, vcenter)))["vcenters"][login.host]
    if not source.about:
        certificate = next(iter(state["vcenters"].values()))["certificate"]
        row.update(port=login.port, certificate={**certificate, "names": [login.host]})
    if source.has_drs() is False:
        for cluster in row["clusters"].values():
            cluster["licensed"] = False
    world = {name: table for name, table in state.items() if name not in ("scene", "made")}
    others = {step: table for step, table in answers.items() if step not in (*OWN, "mhv_answers")}
    return {
        "answers": {**others, **_own_answers(source, inventory), "vcenter": vcenter},
        "secrets": {**demo_secrets(BASE), "vcenter.password": recorded.PASSWORD},
        "world": {**world, "clock": clock, "vcenters": {login.host: row}},
        "assumed": list(_assumed(source)),
    }


def _complete(inventory: vsphere.Inventory) -> vsphere.Inventory:
    """The inventory, whose clusters refer only to hosts, datastores and networks that are recorded."""
    recorded_ids = {row.id for row in inventory.hosts}
    recorded_ids |= {row.id for row in inventory.datastores} | {row.id for row in inventory.networks}

    def kept(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(id for id in ids if id in recorded_ids)

    clusters = [
        replace(c, host_ids=kept(c.host_ids), datastore_ids=kept(c.datastore_ids), network_ids=kept(c.network_ids))
        for c in inventory.clusters
    ]
    return replace(inventory, clusters=tuple(clusters))


def _vcenter_answers(source: RecordedVcenter, base: Document) -> Document:
    """The table vcenter: with the recorded answers, else with the name of the vCenter and the login of the base."""
    about = source.about
    if not about:
        return {**base, "host": source.name() or base["host"]}
    own = {key: about["vcenter"][key] for key in ("host", "port", "username")}
    trust = recorded_about.answers_in(about).get("vcenter", {}).get("trust", {"sha256": about["certificate"]["sha256"]})
    return {**own, "trust": trust, "password": {"prompt": True}}


def _own_answers(source: RecordedVcenter, inventory: vsphere.Inventory) -> Document:
    """The recorded answers; without any, the path of the cluster if there is only one."""
    paths = [cluster.path for cluster in inventory.clusters]
    guess = {"cluster": {"path": paths[0]}} if len(paths) == 1 else {}
    return recorded_about.answers_in(source.about) or guess


def _calls(
    source: RecordedVcenter,
    inventory: vsphere.Inventory,
    login: vsphere.VcenterLogin,
    clock: datetime,
    answers: Document,
) -> Iterator[Call]:
    """The calls of a check that read what the recording has."""

    def call(method: str, result: object, *arguments: object) -> Call:
        return Call("vcenter", login, method, arguments, clock, result)

    yield Call("backend", None, "vcenter", (login,), clock)
    if source.about:
        ca_file = answers["trust"].get("ca_file", "") if isinstance(answers["trust"], Mapping) else ""
        certificate = recorded_about.certificate_of(source.about)
        yield Call("backend", None, "certificate", (login.host, login.port, ca_file), clock, certificate)
    yield call("inventory", inventory)
    yield call("missing_privileges", source.missing_privileges())
    yield call("clock", clock + timedelta(seconds=source.about.get("skew", 0)))
    yield call("extensions", source.extensions())
    yield call("virtual_machines", source.virtual_machines(), "")
    for cluster in inventory.clusters:
        yield call("resource_pools", source.pools(cluster), cluster.id)


def _assumed(source: RecordedVcenter) -> Iterator[str]:
    """What the recording lacks, and what the scene has instead."""
    yield "the cloud and the nodes are those of the scene article"
    if not source.about.get("privileges"):
        yield "the login has every privilege, because the recording does not say which"
    if not source.about:
        yield "certificate and login of vCenter are made up, and its clock agrees with yours"
    if source.has_drs() is None:
        yield "the licences include DRS, because the recording has no licences"
