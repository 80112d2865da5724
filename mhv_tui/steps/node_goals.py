"""What must hold on the node afterwards: packages, library, driver, settings, modes, services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhv_tui.changes.files import ConfOption
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.text import be
from mhv_tui.domain import nova, packages
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import Release
from mhv_tui.steps.checks import join_names
from mhv_tui.steps.node_facts import COMPUTE_CONF, NOVA_CONF, values
from mhv_tui.steps.node_left import OptionName, given_up, traps
from mhv_tui.steps.node_plan import (
    NodeView,
    certificate_file,
    differing,
    missing_packages,
    nova_network_packages,
    overriding,
    runs_nova_network,
    settings,
    sheltered,
    surroundings,
)
from mhv_tui.steps.node_services import is_outdated, is_up, runs


def packages_are_installed(view: NodeView) -> Iterator[Finding]:
    """CN25."""
    inputs, packaging = surroundings(view), packages.packaging_of(view.facts.offers)
    if inputs is None or packaging is None:
        return
    missing = missing_packages(view, inputs)
    if missing:
        yield finding(
            "CN25", "failure", f"{join_names(missing)} {be(len(missing))} not installed", subject=view.asked.host
        )
    else:
        wanted = packages.wanted(packaging, inputs.release, view.facts.offers, nova_network_packages(view, inputs))
        yield finding("CN25", "ok", join_names(wanted), subject=view.asked.host)


def library_is_imported(view: NodeView) -> Iterator[Finding]:
    """CN07; a library of Python 2 is judged by its package, as the node's python3 does not see it."""
    inputs = surroundings(view)
    if inputs is None:
        return
    library = packages.library(inputs.release)
    package = packages.library_package(inputs.release, view.facts.offers)
    old = package.startswith("python-") and bool(view.facts.offers[package].installed)
    if view.facts.survey.modules.get(library.module) or old:
        yield finding("CN07", "ok", library.module, subject=view.asked.host)
    else:
        yield finding("CN07", "failure", f"{library.module} cannot be imported", subject=view.asked.host)


def driver_is_vmware(view: NodeView) -> Iterator[Finding]:
    """CN06: in the file that is read last."""
    facts = view.facts
    for path in (COMPUTE_CONF, NOVA_CONF):
        there = values(facts.text(path), "DEFAULT", "compute_driver")
        if there:
            level: Level = "ok" if there[-1] == nova.DRIVER else "failure"
            yield finding("CN06", level, f"{path} sets compute_driver to {there[-1]}", subject=view.asked.host)
            return
    yield finding("CN06", "failure", "compute_driver is not set", subject=view.asked.host)


def settings_are_written(view: NodeView) -> Iterator[Finding]:
    """CN26: every setting, in the order in which the files are read; values are not shown."""
    inputs = surroundings(view)
    if inputs is None:
        return
    wanted = settings(view, inputs)
    wrong = list(_wrong(view, wanted, inputs.release))
    for sentence, options, where in wrong:
        named = join_names(f"[{section}] {option}" for section, option in options)
        yield finding("CN26", "failure", sentence.format(named), subject=where)
    if not wrong:
        yield finding("CN26", "ok", f"{len(wanted)} options", subject=NOVA_CONF)
    if certificate_file(view, inputs):
        yield finding(
            "CN26",
            "failure",
            "the file of vCenter's certificate is missing, or has another certificate",
            subject="ca_file",
        )


def _wrong(
    view: NodeView, wanted: tuple[ConfOption, ...], release: Release
) -> Iterator[tuple[str, tuple[OptionName, ...], str]]:
    """A sentence with a gap for the options, the options, and where; nothing if all are right."""
    texts = {path: view.facts.text(path) for path in (NOVA_CONF, COMPUTE_CONF)}
    rows = (
        (f"{NOVA_CONF} has no or another value for {{}}", _places(differing(texts[NOVA_CONF], wanted)), NOVA_CONF),
        (f"{COMPUTE_CONF} overrides {{}}", _places(overriding(texts[COMPUTE_CONF], wanted)), COMPUTE_CONF),
        (
            "nova.conf has a type that libvirt does not know in {}",
            tuple(p for text in texts.values() for p in traps(text)),
            view.asked.host,
        ),
        *(
            (f"{path} still has {{}}, which the answers no longer set", given_up(text, wanted, release), path)
            for path, text in texts.items()
        ),
    )
    yield from (row for row in rows if row[1])


def _places(rows: Iterable[ConfOption]) -> tuple[OptionName, ...]:
    return tuple((row.section, row.option) for row in rows)


def secrets_are_sheltered(view: NodeView) -> Iterator[Finding]:
    """CN22."""
    held = view.facts.survey.files.get(NOVA_CONF)
    if held is None:
        return
    detail = f"{NOVA_CONF} has mode {held.mode:04o} and owner {held.owner}:{held.group}"
    level: Level = "ok" if (held.mode, held.owner, held.group) == sheltered(held) else "failure"
    yield finding("CN22", level, detail, subject=view.asked.host)


def services_are_up(view: NodeView) -> Iterator[Finding]:
    """CN27: enabled, active, and nova-compute up in the cloud."""
    inputs, packaging = surroundings(view), packages.packaging_of(view.facts.offers)
    if inputs is None or packaging is None:
        return
    side = nova_network_packages(view, inputs)
    for unit in side.units if side else ():
        good = runs(view.facts, unit)
        yield finding("CN27", "ok" if good else "failure", _state(view, unit), subject=unit)
    service = view.facts.service()
    in_cloud = f"it is {service.state} in the cloud as {service.host}" if service else "the cloud does not know it"
    good = is_up(view.facts, packaging.unit)
    detail = f"{_state(view, packaging.unit)}; {in_cloud}"
    yield finding("CN27", "ok" if good else "failure", detail, subject=packaging.unit)


def _state(view: NodeView, unit: str) -> str:
    if is_outdated(view.facts, unit):
        return f"{unit} runs with its earlier configuration"
    return f"{unit} is enabled and running" if runs(view.facts, unit) else f"{unit} is not enabled and running"


def one_server_serves_the_network(view: NodeView) -> Iterator[Finding]:
    """NW10, CN19: without multi_host nova-network and its metadata service run once, wherever that is."""
    inputs = surroundings(view)
    if inputs is None or inputs.networking != "nova-network":
        return
    there = [s.host for s in view.facts.services if s.binary == "nova-network" and s.state == "up"]
    others = [host for host in there if host != view.facts.service_host]
    own = view.facts.service("nova-network")
    if own and own.state == "up" and others and not inputs.network.multi_host:
        yield finding(
            "NW10",
            "failure",
            f"nova-network runs on this node and on {join_names(others)}, without multi_host",
            subject="nova-network",
        )
    elif runs_nova_network(inputs):
        yield finding("CN19", "ok", "nova-network and nova-api-metadata run on this node", subject="nova-network")
    else:
        yield finding(
            "NW10", "ok", f"nova-network runs on {join_names(others)}, not on this node", subject="nova-network"
        )


GOALS = (
    *(packages_are_installed, library_is_imported, driver_is_vmware, settings_are_written, secrets_are_sheltered),
    *(services_are_up, one_server_serves_the_network),
)
