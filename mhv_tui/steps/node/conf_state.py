"""Preconditions of the page `node` about nova's configuration files: their lines, options and values.

Values are checked as the plan leaves them: what it corrects is not reported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.core.findings import Finding
from mhv_tui.core.redaction import is_secret_name
from mhv_tui.core.steps import Check
from mhv_tui.core.text import join_names
from mhv_tui.domain import nova, nova_values
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, check_with, passed, skipped
from mhv_tui.steps.node.answers import NodeAnswers, driver_options, vmware_keys
from mhv_tui.steps.node.facts import NOVA_CONF, NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NO_INPUTS, NodeInputs, unwritable_values
from mhv_tui.steps.node.nova_conf import NovaConf
from mhv_tui.steps.node.obsolete_options import OptionName
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login

CHECKS: list[Check[NodeAnswers, NodeFacts]] = []


@check_with(NodeInputs, CHECKS, "CN21", otherwise=NO_INPUTS)
def files_are_accepted(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN21: nova reads every line, and accepts the value of every known option, as the answers or the files set it.

    A line that nova cannot read is fatal, because the plan does not write into such a file.
    """
    for path, problem in inputs.unreadable.items():
        detail = f"{path}:{problem.number} {problem.reason}, so nova cannot read the file"
        remedy = f"Correct line {problem.number} of {path} on the node: mhv-tui writes only into files that nova reads."
        yield replace(finding("CN21", "failure", detail, subject=path, remedy=remedy), fatal=True)
    refused = list(_refused(view, inputs))
    yield from (_refused_value(view, inputs, *row) for row in refused)
    if not refused and not inputs.unreadable:
        detail = f"nova can read every line of {join_names(view.facts.confs)}" if view.facts.confs else ""
        yield passed("CN21", "nova can read its configuration files", detail, view.answers.host)


@check_with(NodeInputs, CHECKS, "CN21", otherwise=NO_INPUTS)
def options_are_known(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN21: the release knows every [vmware] option of the answers and of nova.conf."""
    dropped = nova.unknown_options(inputs.release, driver_options(view.answers))
    stale = nova.unknown_options(inputs.release, view.facts.nova_conf.names("vmware"))
    if dropped:
        detail = f"mhv-tui does not write {join_names(dropped)}, unknown to {inputs.release.title}"
        remedy = f"Clear {join_names(f'node.{name}' for name in dropped)}."
        yield finding("CN21", "warning", detail, subject="node", remedy=remedy)
    if stale:
        detail = f"nova.conf has [vmware] options that {inputs.release.title} does not know: {join_names(stale)}"
        yield finding("CN21", "warning", detail, subject=view.answers.host)
    if not dropped and not stale:
        yield passed("CN21", "nova knows every [vmware] option", subject=view.answers.host)


def _refused(view: NodeView, inputs: NodeInputs) -> Iterator[tuple[str, nova.Option, str]]:
    """File, option and what nova accepts instead, for each value that nova refuses."""
    options = nova.options(inputs.release)
    for path, conf in _confs(view, inputs).items():
        corrected = _corrected(path, inputs)
        for option in options:
            name = (option.section, option.name)
            values = conf.values(*name) if name not in corrected else ()
            if values and (expected := nova_values.refusal(option, values[-1], inputs.release)):
                yield path, option, expected


def _refused_value(view: NodeView, inputs: NodeInputs, path: str, option: nova.Option, expected: str) -> Finding:
    """CN21: names the answer that sets the value, else the file: of the node, or of the node to copy from."""
    name, setting = (option.section, option.name), f"[{option.section}] {option.name}"
    row = next((row for row in inputs.settings if (row.section, row.option) == name), None)
    if row and not row.secrets and option.section == "vmware":
        answer = f"node.{option.name}" if option.name in vmware_keys() else "vcenter.host"
        detail, remedy = f"{answer}: nova refuses this value for {setting}", f"Set {answer} to {expected}."
        return finding("CN21", "failure", detail, subject=answer, remedy=remedy)
    place = f"{NOVA_CONF} of {view.answers.copy_settings_from}" if row and row.secrets else path
    remedy = f"Write {expected} for {setting} in {place}, or remove the line."
    return finding("CN21", "failure", f"{place}: nova refuses the value of {setting}", subject=setting, remedy=remedy)


def _confs(view: NodeView, inputs: NodeInputs) -> dict[str, NovaConf]:
    """The configuration files that nova can read, with nova.conf as the plan leaves it."""
    confs = {**view.facts.confs, NOVA_CONF: inputs.nova_conf}
    return {path: conf for path, conf in confs.items() if path not in inputs.unreadable}


def _corrected(path: str, inputs: NodeInputs) -> set[OptionName]:
    """The options of another file than nova.conf that the plan corrects, or that nova.conf overrides."""
    names = {(row.section, row.option) for row in inputs.settings} if path != NOVA_CONF else set()
    return {*names, *inputs.obsolete.get(path, ())}


@check(CHECKS, "VC11")
def values_are_read_as_intended(view: NodeView) -> Iterator[Finding]:
    """VC11: nova.conf can contain every value; if not, the finding is fatal, because the page has no plan.

    mhv-tui escapes the values that it writes. Another [vmware] option may refer only to options that nova knows.
    """
    unwritable, inputs, host = unwritable_values(view), view.inputs, view.answers.host
    for name, part in unwritable.items():
        value = "password" if name == vcenter_login(view.answers_of(VcenterAnswers)).password.label else "value"
        remedy = f"Choose a {value} without {part} for {name}."
        detail = f"the value of {name} has {part}"
        yield replace(finding("VC11", "failure", detail, subject=name, remedy=remedy), fatal=True)
    if not isinstance(inputs, NodeInputs):
        yield from () if unwritable else (skipped("VC11", NO_INPUTS, host),)
        return
    misread = list(_misread(view, inputs))
    for path, option, problem, remedy in misread:
        detail = f"{path}: {problem} in [vmware] {option}"
        yield finding("VC11", "failure", detail, subject=host, remedy=remedy)
    if not misread:
        yield finding("VC11", "ok", "each $ of user name and password is written as $$", subject=host)


def _misread(view: NodeView, inputs: NodeInputs) -> Iterator[tuple[str, str, str, str]]:
    """File, option, problem and remedy of each [vmware] value with a $ that nova takes for an option's name."""
    for path, conf in _confs(view, inputs).items():
        corrected = _corrected(path, inputs)
        for option in (name for name in conf.names("vmware") if ("vmware", name) not in corrected):
            raw = conf.last("vmware", option)
            unknown = nova_values.unknown_references(raw, "vmware", inputs.release)
            if is_secret_name(option) and nova_values.references(raw):
                yield path, option, "nova takes a $ for the name of an option", "Write each $ of this value as $$."
            elif unknown:
                names = join_names(f"${name}" for name in unknown)
                remedy = "Write $$ for each $ that is meant literally, or the name of an option that nova knows."
                yield path, option, f"{names} is not the name of an option that mhv-tui knows", remedy
