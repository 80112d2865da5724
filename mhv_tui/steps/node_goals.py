"""What must hold on the node afterwards: packages, library, driver, settings, modes, services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhv_tui.changes.files import Setting
from mhv_tui.core.findings import Finding, Level
from mhv_tui.domain import nova, packages
from mhv_tui.domain.catalogue import found
from mhv_tui.domain.releases import Release
from mhv_tui.steps.checks import short
from mhv_tui.steps.node_facts import COMPUTE_CONF, NOVA_CONF, values
from mhv_tui.steps.node_left import Place, given_up, traps
from mhv_tui.steps.node_plan import (
    NodeLook,
    certificate_file,
    differing,
    missing_packages,
    network_road,
    overriding,
    runs_nova_network,
    settings,
    sheltered,
    surroundings,
)
from mhv_tui.steps.node_services import is_outdated, is_up, runs


def packages_are_installed(look: NodeLook) -> Iterator[Finding]:
    """CN25."""
    around, road = surroundings(look), packages.road_of(look.facts.offers)
    if around is None or road is None:
        return
    missing = missing_packages(look, around)
    if missing:
        yield found("CN25", "failure", f"not installed: {short(missing)}", subject=look.asked.host)
    else:
        wanted = packages.wanted(road, around.release, look.facts.offers, network_road(look, around))
        yield found("CN25", "ok", short(wanted), subject=look.asked.host)


def library_is_imported(look: NodeLook) -> Iterator[Finding]:
    """CN07; a library of Python 2 is judged by its package, as the node's python3 does not see it."""
    around = surroundings(look)
    if around is None:
        return
    library = packages.library(around.release)
    package = packages.library_package(around.release, look.facts.offers)
    old = package.startswith("python-") and bool(look.facts.offers[package].installed)
    if look.facts.survey.modules.get(library.module) or old:
        yield found("CN07", "ok", library.module, subject=look.asked.host)
    else:
        yield found("CN07", "failure", f"{library.module} cannot be imported", subject=look.asked.host)


def driver_is_vmware(look: NodeLook) -> Iterator[Finding]:
    """CN06: in the file that is read last."""
    facts = look.facts
    for path in (COMPUTE_CONF, NOVA_CONF):
        there = values(facts.text(path), "DEFAULT", "compute_driver")
        if there:
            level: Level = "ok" if there[-1] == nova.DRIVER else "failure"
            yield found("CN06", level, f"{path} says {there[-1]}", subject=look.asked.host)
            return
    yield found("CN06", "failure", "compute_driver is not set", subject=look.asked.host)


def settings_are_written(look: NodeLook) -> Iterator[Finding]:
    """CN26: every setting, in the order in which the files are read; values are not shown."""
    around = surroundings(look)
    if around is None:
        return
    wanted = settings(look, around)
    wrong = list(_wrong(look, wanted, around.release))
    for said, options, where in wrong:
        named = short(f"[{section}] {option}" for section, option in options)
        yield found("CN26", "failure", f"{said}: {named}", subject=where)
    if not wrong:
        yield found("CN26", "ok", f"{len(wanted)} options", subject=NOVA_CONF)
    if certificate_file(look, around):
        yield found("CN26", "failure", "vCenter's certificate is not there, or another one", subject="ca_file")


def _wrong(
    look: NodeLook, wanted: tuple[Setting, ...], release: Release
) -> Iterator[tuple[str, tuple[Place, ...], str]]:
    """What is wrong, with which options, and where; nothing where all is as wanted."""
    texts = {path: look.facts.text(path) for path in (NOVA_CONF, COMPUTE_CONF)}
    rows = (
        ("not as wanted", _places(differing(texts[NOVA_CONF], wanted)), NOVA_CONF),
        ("set otherwise there", _places(overriding(texts[COMPUTE_CONF], wanted)), COMPUTE_CONF),
        ("is no type of libvirt's", tuple(p for text in texts.values() for p in traps(text)), look.asked.host),
        *(("no longer wanted", given_up(text, wanted, release), path) for path, text in texts.items()),
    )
    yield from (row for row in rows if row[1])


def _places(rows: Iterable[Setting]) -> tuple[Place, ...]:
    return tuple((row.section, row.option) for row in rows)


def secrets_are_sheltered(look: NodeLook) -> Iterator[Finding]:
    """CN22."""
    held = look.facts.survey.files.get(NOVA_CONF)
    if held is None:
        return
    said = f"{NOVA_CONF} is {held.mode:04o} {held.owner}:{held.group}"
    level: Level = "ok" if (held.mode, held.owner, held.group) == sheltered(held) else "failure"
    yield found("CN22", level, said, subject=look.asked.host)


def services_are_up(look: NodeLook) -> Iterator[Finding]:
    """CN27: enabled, active, and nova-compute up in the cloud."""
    around, road = surroundings(look), packages.road_of(look.facts.offers)
    if around is None or road is None:
        return
    side = network_road(look, around)
    for unit in side.units if side else ():
        good = runs(look.facts, unit)
        yield found("CN27", "ok" if good else "failure", f"{unit}{_age(look, unit)}", subject=unit)
    service = look.facts.service()
    state = f"{service.state} in the cloud as {service.host}" if service else "not known to the cloud"
    good = is_up(look.facts, road.unit)
    said = f"{road.unit}: {state}{_age(look, road.unit)}"
    yield found("CN27", "ok" if good else "failure", said, subject=road.unit)


def _age(look: NodeLook, unit: str) -> str:
    return ", running with its configuration of before" if is_outdated(look.facts, unit) else ""


def one_server_serves_the_network(look: NodeLook) -> Iterator[Finding]:
    """NW10, CN19: without multi_host nova-network and its metadata service run once, wherever that is."""
    around = surroundings(look)
    if around is None or around.networking != "nova-network":
        return
    there = [s.host for s in look.facts.services if s.binary == "nova-network" and s.state == "up"]
    others = [host for host in there if host != look.facts.service_host]
    own = look.facts.service("nova-network")
    if own and own.state == "up" and others and not around.network.multi_host:
        yield found("NW10", "failure", f"runs here and on {short(others)}, without multi_host", subject="nova-network")
    elif runs_nova_network(around):
        yield found("CN19", "ok", "nova-network and nova-api-metadata run on this node", subject="nova-network")
    else:
        yield found("NW10", "ok", f"runs on {short(others)}, and not here as well", subject="nova-network")


GOALS = (
    *(packages_are_installed, library_is_imported, driver_is_vmware, settings_are_written, secrets_are_sheltered),
    *(services_are_up, one_server_serves_the_network),
)
