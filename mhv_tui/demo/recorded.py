"""Makes a simulated world of the recorded calls of a backend.

A check in this world reads the same facts and gets the same errors as the check that was recorded. What the calls did
not show (how nova-compute starts, which packages need which) is as in the default scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from mhv_tui.core import machine, openstack, vsphere
from mhv_tui.core.changes import Json
from mhv_tui.core.errors import FindingError
from mhv_tui.demo.recorded_files import (
    end_of_file,
    file_row,
    local_stat,
    local_value,
    part_of_file,
    unpacked_head,
)
from mhv_tui.demo.recorder import Call
from mhv_tui.demo.rows import Row
from mhv_tui.demo.scenes import Document, state_of

PASSWORD = "VMware1!"
"""Every password of a recorded world; that of the other scenes."""

ADDRESS = "192.0.2.10"
"""The address of a recorded vCenter."""

FAR_FUTURE = "2999-01-01T00:00:00+00:00"
"""The end of a certificate without a known end."""

CLOUD_TABLES = ("hypervisors", "services", "agents", "images", "flavors", "networks", "aggregates")
INVENTORY_TABLES = ("clusters", "hosts", "datastores", "networks", "switches")


def world_of(calls: Sequence[Call]) -> Document:
    """The `world` of a scene, with these calls' results; its clock shows the time of the first call."""
    base = state_of("article")
    world: Document = {
        **{"clock": calls[0].time, "vcenters": {}, "machines": {}, "faults": {}, "repositories": {}},
        "local": {"free": 0, "qemu_img": "", "images": {}, "temporary": {}},
        "cloud": {**_empty_cloud(), "nova": base["cloud"]["nova"], "mechanisms": base["cloud"]["mechanisms"]},
    }
    for call in calls:
        if call.error:
            world["faults"].setdefault(_operation(call), _fault(call.error))
        elif recorder := RECORDERS.get((call.system, call.method)):
            recorder(world, call)
    return world


def _empty_cloud() -> Document:
    tables: Document = {name: {} for name in (*CLOUD_TABLES, "ports", "servers", "users", "settings")}
    return {**tables, "names": [], "hosts": []}


def _operation(call: Call) -> str:
    """The operation that fails, as demo.store names it, with the machine if it is one of several."""
    system = "world" if call.system == "backend" else call.system
    host = call.arguments[0] if call.method == "node" else call.opened_with
    return f"{system}.{call.method}" + (f"@{host.host}" if isinstance(host, machine.SshHost) else "")


def _fault(error: FindingError) -> str:
    return f"{error.finding.code} {error.finding.detail}"


def rows_of(values: Iterable[Any]) -> dict[str, Row]:
    """The table of these values by their ids; a value without an id gets a number."""
    table: dict[str, Row] = {}
    for value in values:
        row = row_of(value)
        table[row.pop("id", "") or f"recorded-{len(table) + 1}"] = row
    return table


def row_of(value: object) -> Row:
    """The fields of a frozen value as plain data; fields that are None are absent."""
    row: Row = _plain(value)
    return row


def _plain(value: object) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _vcenter(world: Document, host: str) -> Row:
    row: Row = world["vcenters"].setdefault(host, {"addresses": [ADDRESS], "skew": 0, "users": {}, "machines": {}})
    return row


def _certificate(world: Document, call: Call) -> None:
    host, port, *ca_files = call.arguments
    ca_file, certificate = next(iter(ca_files), ""), call.result
    names = [name for name in certificate.names if name != host]
    expired, wrong_name = certificate.problem == "expired", certificate.problem == "name"
    row = {
        **row_of(certificate),
        "names": names if wrong_name else [*names, host],
        "not_after": certificate.not_after.isoformat() if certificate.not_after else FAR_FUTURE,
    }
    if expired:
        row["not_after"] = min(row["not_after"], world["clock"].isoformat())
    if not certificate.problem:
        row |= {"ca_file": ca_file} if ca_file else {"system": True}
    row.pop("problem")
    _vcenter(world, host).update(port=port, certificate={**_vcenter(world, host).get("certificate", {}), **row})


def _login(world: Document, call: Call) -> None:
    _user(world, call.arguments[0])


def _user(world: Document, login: vsphere.VcenterLogin) -> Row:
    users: Row = _vcenter(world, login.host)["users"]
    user: Row = users.setdefault(login.username.lower(), {"password": PASSWORD, "lacks": {}})
    return user


def _inventory(world: Document, call: Call) -> None:
    row = _vcenter(world, call.opened_with.host)
    row["about"] = row_of(call.result.about)
    row.update({name: rows_of(getattr(call.result, name)) for name in INVENTORY_TABLES})


def _missing_privileges(world: Document, call: Call) -> None:
    lacks = _user(world, call.opened_with)["lacks"]
    for object_id, privileges in call.result.items():
        lacks[object_id] = sorted({*lacks.get(object_id, ()), *privileges})


def _clock(world: Document, call: Call) -> None:
    _vcenter(world, call.opened_with.host)["skew"] = (call.result - call.time).total_seconds()


def _extensions(world: Document, call: Call) -> None:
    _vcenter(world, call.opened_with.host)["extensions"] = sorted(call.result)


def _virtual_machines(world: Document, call: Call) -> None:
    _vcenter(world, call.opened_with.host)["machines"].update(rows_of(call.result))


def _resource_pools(world: Document, call: Call) -> None:
    _vcenter(world, call.opened_with.host)["clusters"][call.arguments[0]]["pools"] = list(call.result)


def _cloud_login(world: Document, call: Call) -> None:
    login: openstack.CloudLogin = call.arguments[0]
    if login.name:
        world["cloud"]["names"] = sorted({*world["cloud"]["names"], login.name})
    else:
        world["cloud"]["users"][login.username] = PASSWORD


def _identity(world: Document, call: Call) -> None:
    login, identity = call.opened_with, row_of(call.result)
    world["cloud"]["identity"] = {**identity, **({} if login.name else {"auth_url": login.auth_url.rstrip("/")})}


def _versions(world: Document, call: Call) -> None:
    world["cloud"]["versions"] = row_of(call.result)


def _cloud_table(world: Document, call: Call) -> None:
    world["cloud"][call.method] = rows_of(call.result)


def _services(world: Document, call: Call) -> None:
    _cloud_table(world, call)
    has_ids = all(service.id for service in call.result)
    world["cloud"]["nova"] = {**world["cloud"]["nova"], "service_ids": has_ids}


def _ports(world: Document, call: Call) -> None:
    rows = {key: {**row, "name": call.arguments[0], "network_id": ""} for key, row in rows_of(call.result).items()}
    world["cloud"]["ports"].update(rows)


def _servers(world: Document, call: Call) -> None:
    world["cloud"]["servers"].update(rows_of(call.result))


def _machine(world: Document, host: machine.SshHost) -> Row:
    row: Row = world["machines"].setdefault(
        host.host,
        {
            **{"port": host.port, "host_key": host.host_key, "key_file": host.key_file},
            "repository": f"of {host.host}",
            **{"kvm": True, "controller": True},
            **{name: {} for name in ("packages", "units", "files", "jobs", "connections")},
            **{"modules": [], "held": [], "unreadable": [], "skew": 0.0},
        },
    )
    return row


def _node(world: Document, call: Call) -> None:
    _machine(world, call.arguments[0])


def _host_key(world: Document, call: Call) -> None:
    _machine(world, call.arguments[0])["host_key"] = call.result


def _survey(world: Document, call: Call) -> None:
    survey: machine.Survey = call.result
    request: machine.SurveyRequest = call.arguments[0]
    row = _machine(world, call.opened_with)
    facts = row_of(survey)
    row.update({name: value for name, value in facts.items() if name not in (*row, "now")})
    row["skew"] = survey.now - call.time.timestamp()
    row["files"].update({path: file_row(file) for path, file in survey.files.items() if file})
    row["unreadable"] += [path for path in request.files if path not in survey.files]
    row["modules"] += [name for name, present in survey.modules.items() if present]
    row["held"] += [name for name, package in survey.packages.items() if package.held]
    row["packages"].update({name: p.installed for name, p in survey.packages.items() if p.installed})
    row["units"].update({name: unit for name, unit in facts["units"].items() if unit["load"] != "not-found"})
    row["jobs"].update(facts["jobs"])
    row["connections"].update(facts["connections"])
    known = _default_packages()
    repository = world["repositories"].setdefault(row["repository"], {**known})
    for name, package in survey.packages.items():
        repository.pop(name, None)
        if package.candidate:
            repository[name] = {**known.get(name, {}), "version": package.candidate}


def _default_packages() -> Document:
    """The packages that the new node of the default scene can install."""
    state = state_of("article")
    packages: Document = state["repositories"][state["machines"]["novavmware1"]["repository"]]
    return packages


RECORDERS: Mapping[tuple[str, str], Callable[[Document, Call], None]] = {
    ("backend", "certificate"): _certificate,
    ("backend", "host_key"): _host_key,
    ("backend", "vcenter"): _login,
    ("backend", "cloud"): _cloud_login,
    ("backend", "node"): _node,
    ("vcenter", "inventory"): _inventory,
    ("vcenter", "missing_privileges"): _missing_privileges,
    ("vcenter", "clock"): _clock,
    ("vcenter", "extensions"): _extensions,
    ("vcenter", "virtual_machines"): _virtual_machines,
    ("vcenter", "resource_pools"): _resource_pools,
    ("cloud", "identity"): _identity,
    ("cloud", "versions"): _versions,
    **{("cloud", name): _cloud_table for name in CLOUD_TABLES if name != "services"},
    ("cloud", "services"): _services,
    ("cloud", "ports"): _ports,
    ("cloud", "servers"): _servers,
    ("cloud", "servers_on"): _servers,
    ("node", "survey"): _survey,
    ("local", "stat"): local_stat,
    ("local", "head"): end_of_file,
    ("local", "tail"): end_of_file,
    ("local", "part"): part_of_file,
    ("local", "unpacked_head"): unpacked_head,
    ("local", "free_space"): local_value,
    ("local", "qemu_img"): local_value,
}
"""How the result of a method becomes rows; the results of other methods are not part of a world."""
