"""Postconditions of the page `node`: packages, library, driver, settings, file modes, services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhv_tui.changes.files import ConfOption
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.core.text import be, count, join_names
from mhv_tui.domain import nova, packages
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, check_with, passed, skipped
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.facts import NOVA_CONF, NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NO_INPUTS, NodeInputs
from mhv_tui.steps.node.obsolete_options import OptionName, unwanted_options, wrong_libvirt_options
from mhv_tui.steps.node.plan import authority_files, certificate_file, private_mode
from mhv_tui.steps.node.services import is_outdated, is_up, runs
from mhv_tui.steps.node.settings import differing, overridden

POSTCONDITIONS: list[Check[NodeAnswers, NodeFacts]] = []

NOT_OFFERED = "the node's package sources do not offer nova"


@check_with(NodeInputs, POSTCONDITIONS, "CN25", otherwise=NO_INPUTS)
def packages_are_installed(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    if inputs.missing_packages:
        missing = inputs.missing_packages
        detail = f"{join_names(missing)} {be(len(missing))} not installed on {view.answers.host}"
        yield finding("CN25", "failure", detail, subject=view.answers.host)
    elif inputs.packaging:
        yield finding("CN25", "ok", f"installed: {join_names(inputs.packages)}", subject=view.answers.host)
    else:
        yield skipped("CN25", NOT_OFFERED, view.answers.host)


@check_with(NodeInputs, POSTCONDITIONS, "CN07", otherwise=NO_INPUTS)
def library_is_imported(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN07: the Python that runs nova-compute imports VMware's library; the survey uses another if there is none."""
    library = packages.library(inputs.release, view.facts.offers)
    package = packages.library_package(inputs.release, view.facts.offers)
    if view.facts.survey.modules.get(library.module) and package not in inputs.missing_packages:
        detail = f"the Python that runs nova-compute can import {library.module}"
        yield finding("CN07", "ok", detail, subject=view.answers.host)
        return
    remedy = f"Install {package or ' or '.join(library.packages)} on the node."
    detail = f"the Python of nova-compute on {view.answers.host} cannot import {library.module}"
    yield finding("CN07", "failure", detail, subject=view.answers.host, remedy=remedy)


@check(POSTCONDITIONS, "CN06")
def driver_is_vmware(view: NodeView) -> Iterator[Finding]:
    """CN06: compute_driver is VMware's, in the file that nova reads last."""
    for path, conf in reversed(tuple(view.facts.confs.items())):
        if driver := conf.last("DEFAULT", "compute_driver"):
            level: Level = "ok" if driver == nova.DRIVER else "failure"
            yield finding("CN06", level, f"{path} sets compute_driver to {driver}", subject=view.answers.host)
            return
    yield finding(
        "CN06", "failure", f"no file of nova on {view.answers.host} sets compute_driver", subject=view.answers.host
    )


@check_with(NodeInputs, POSTCONDITIONS, "CN26", otherwise=NO_INPUTS)
def settings_are_written(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN26: nova's files have every planned setting; the finding shows names of options, no values."""
    problems = list(_problems(view, inputs))
    for problem, names, subject in problems:
        options = join_names(f"[{section}] {option}" for section, option in names)
        yield finding("CN26", "failure", problem.format(options), subject=subject)
    if not problems:
        yield finding("CN26", "ok", f"{count(len(inputs.settings), 'option')} set as planned", subject=NOVA_CONF)
    if certificate_file(view, inputs):
        detail = "the file with vCenter's certificate is missing or has another certificate"
        yield finding("CN26", "failure", detail, subject="ca_file")
    for change in authority_files(view, inputs):
        detail = f"{change.path} does not have the certificates of the same file on {view.answers.copy_settings_from}"
        yield finding("CN26", "failure", detail, subject=change.path)


def _problems(view: NodeView, inputs: NodeInputs) -> Iterator[tuple[str, tuple[OptionName, ...], str]]:
    """Yields each problem: a sentence with a gap {} for the options, the options, and the finding's subject."""
    settings, confs = inputs.settings, view.facts.confs
    libvirt = tuple(dict.fromkeys(name for conf in confs.values() for name in wrong_libvirt_options(conf)))
    rows = [(f"{NOVA_CONF} lacks the planned value of {{}}", _names(differing(confs[NOVA_CONF], settings)), NOVA_CONF)]
    for path in view.facts.later_confs:
        rows.append((f"{path} overrides {{}}", _names(overridden(confs[path], settings)), path))
    rows.append(("nova.conf sets a type that libvirt does not know in {}", libvirt, view.answers.host))
    for path, conf in confs.items():
        names = unwanted_options(conf, settings, inputs.release)
        rows.append((f"{path} still has {{}}, which the answers no longer set", names, path))
    yield from (row for row in rows if row[1])


def _names(rows: Iterable[ConfOption]) -> tuple[OptionName, ...]:
    return tuple((row.section, row.option) for row in rows)


@check(POSTCONDITIONS, "CN22")
def secrets_are_private(view: NodeView) -> Iterator[Finding]:
    file = view.facts.survey.files.get(NOVA_CONF)
    if file is None:
        yield skipped("CN22", f"{NOVA_CONF} does not exist yet", view.answers.host)
        return
    detail = f"{NOVA_CONF} has mode {file.mode:04o} and owner {file.owner}:{file.group}"
    level: Level = "ok" if (file.mode, file.owner, file.group) == private_mode(file) else "failure"
    yield finding("CN22", level, detail, subject=view.answers.host)


@check_with(NodeInputs, POSTCONDITIONS, "CN27", otherwise=NO_INPUTS)
def services_are_up(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN27: the services are enabled and active, and nova-compute is up in the cloud."""
    if inputs.packaging is None:
        yield skipped("CN27", NOT_OFFERED, view.answers.host)
        return
    for unit in inputs.nova_network.units if inputs.nova_network else ():
        if runs(view.facts, unit):
            yield passed("CN27", f"The service {unit} is enabled and running", subject=unit)
        else:
            yield finding("CN27", "failure", _state(view, unit), subject=unit)
    service, unit = view.facts.service(), inputs.packaging.unit
    in_cloud = f"the cloud shows {service.host} as {service.state}" if service else "the cloud does not show it"
    detail = f"{_state(view, unit)}; {in_cloud}"
    if is_up(view.facts, unit):
        yield passed("CN27", f"The service {unit} is enabled, running and up", detail, unit)
    else:
        yield finding("CN27", "failure", detail, subject=unit)


def _state(view: NodeView, unit: str) -> str:
    if is_outdated(view.facts, unit):
        return f"{unit} runs with its earlier configuration"
    return f"{unit} is enabled and running" if runs(view.facts, unit) else f"{unit} is not enabled and running"


@check_with(NodeInputs, POSTCONDITIONS, "NW10", "CN19", otherwise=NO_INPUTS)
def one_server_serves_the_network(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """NW10, CN19: without multi_host nova-network and its metadata service run on one node only."""
    if inputs.networking != "nova-network":
        yield skipped("NW10", "Neutron provides the networks", "nova-network")
        return
    hosts = [s.host for s in view.facts.services if s.binary == "nova-network" and s.state == "up"]
    others = [host for host in hosts if host != view.facts.service_host]
    own = view.facts.service("nova-network")
    if own and own.state == "up" and others and not view.answers_of(NetworkAnswers).multi_host:
        detail = f"nova-network runs on this node and on {join_names(others)}, but multi_host is false"
        yield finding("NW10", "failure", detail, subject="nova-network")
    elif inputs.runs_nova_network:
        yield finding("CN19", "ok", "nova-network and nova-api-metadata run on this node", subject="nova-network")
    else:
        detail = f"nova-network runs on {join_names(others)}, not on this node"
        yield finding("NW10", "ok", detail, subject="nova-network")
