"""Preconditions of the page `node` about files that nova's settings name and no package provides, such as authorities.

A file that could not be read is unknown, not absent.
"""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Check
from mhv_tui.core.text import host_port, join_names
from mhv_tui.domain import nova, nova_copy
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.certificates import public_part
from mhv_tui.steps.checks import check_with, skipped
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.facts import NodeFacts, NodeView
from mhv_tui.steps.node.inputs import NO_INPUTS, NodeInputs
from mhv_tui.steps.node.plan import authority_files
from mhv_tui.steps.node.settings import named_files
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.trust import root_remedy

CHECKS: list[Check[NodeAnswers, NodeFacts]] = []


@check_with(NodeInputs, CHECKS, "CN11", otherwise=NO_INPUTS)
def named_files_are_there(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """CN11: files that the copied settings name are on this node too, unless packages or the plan bring them."""
    source = view.answers.copy_settings_from
    if view.facts.source is None:
        yield skipped("CN11", "no settings are copied", view.answers.host)
        return
    options = named_files(inputs.settings)
    if inputs.missing_packages:
        options = {path: names for path, names in options.items() if not nova_copy.is_brought(path)}
    copied = [change.path for change in authority_files(view, inputs)]
    absent = [path for path in options if _is_absent(view, path) and path not in copied]
    if not options:
        yield skipped("CN11", f"no setting of {source} names a file", view.answers.host)
    elif not absent:
        present = [path for path in options if path not in copied]
        has = [f"the node has {join_names(present)}, as {source} has"] if present else []
        gets = [f"the plan copies the certificates in {join_names(copied)} from {source}"] if copied else []
        yield finding("CN11", "ok", "; ".join((*has, *gets)), subject=view.answers.host)
    for path, names in options.items():
        if path in absent:
            remedy = f"Copy {path} from {source} to {view.answers.host}, readable by nova there."
            verb = "names" if len(names) == 1 else "name"
            detail = f"{path} is not on the node, but {join_names(names)} of {source} {verb} it"
            yield finding("CN11", "failure", detail, subject=view.answers.host, remedy=remedy)


@check_with(NodeInputs, CHECKS, "VC03", otherwise=NO_INPUTS)
def authority_is_there(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """VC03: the file of node.ca_file is on the node and contains a certificate."""
    path = view.answers.ca_file
    file = view.facts.survey.files.get(path)
    if not path:
        yield skipped("VC03", "node.ca_file is empty")
    elif not nova.OPTIONS["vmware/ca_file"].known_in(inputs.release):
        yield skipped("VC03", f"nova {inputs.release.title} does not verify vCenter's certificate", path)
    elif _is_absent(view, path):
        remedy = f"Put the root certificate of vCenter's CA into {path} on the node, or clear node.ca_file."
        yield finding(
            "VC03", "failure", f"the file {path} of node.ca_file is not on the node", subject=path, remedy=remedy
        )
    elif file is None:
        yield finding("VC03", "unknown", f"the file {path} of node.ca_file could not be read", subject=path)
    elif not public_part(view.facts.text(path)):
        remedy = f"Put the root certificate of vCenter's CA in PEM into {path} on the node."
        yield finding(
            "VC03", "failure", f"the file {path} of node.ca_file contains no certificate", subject=path, remedy=remedy
        )
    else:
        yield finding("VC03", "ok", f"{path} is on the node and contains a certificate", subject=path)


@check_with(NodeInputs, CHECKS, "VC03", otherwise=NO_INPUTS)
def system_trusts_vcenter(view: NodeView, inputs: NodeInputs) -> Iterator[Finding]:
    """VC03: with trust = "system" nova uses the node's authorities, which may differ from this machine's."""
    vcenter = view.answers_of(VcenterAnswers)
    reach = view.facts.survey.connections.get(host_port(vcenter.host, vcenter.port))
    store = view.facts.survey.packages.get("ca-certificates")
    if not nova.OPTIONS["vmware/ca_file"].known_in(inputs.release):
        yield skipped("VC03", f"nova {inputs.release.title} does not verify vCenter's certificate", view.answers.host)
    elif vcenter.trust.kind != "system" or view.answers.ca_file:
        yield skipped("VC03", "nova does not use the node's own authorities", view.answers.host)
    elif reach is None or reach.problem:
        yield skipped("VC03", "the node does not reach vCenter", view.answers.host)
    elif reach.trusted:
        yield finding(
            "VC03", "ok", "the node's own authorities verify vCenter's certificate", subject=view.answers.host
        )
    elif reach.trusted is None or not (store and store.installed):
        detail = "it is not known whether the node's own authorities verify vCenter's certificate"
        yield finding("VC03", "unknown", detail, subject=view.answers.host)
    else:
        remedy = f"{root_remedy(vcenter.host)}, or add this root certificate to the authorities of {view.answers.host}."
        detail = "this machine's authorities verify vCenter's certificate, but the node's own do not"
        yield finding("VC03", "failure", detail, subject=view.answers.host, remedy=remedy)


def _is_absent(view: NodeView, path: str) -> bool:
    """Returns whether the file is absent on the node; a file that could not be read is not absent."""
    files = view.facts.survey.files
    return path in files and files[path] is None
