"""What nova's TLS needs on the node and nobody brings: files that its settings name, authorities above all.

Says nothing of a file that could not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding
from mhv_tui.domain import nova, nova_copy
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.certificates import public_part
from mhv_tui.steps.checks import join_names
from mhv_tui.steps.node_facts import target
from mhv_tui.steps.node_plan import NodeView, missing_packages, settings, surroundings
from mhv_tui.steps.vcenter_trust import root_of


def named_files_are_there(view: NodeView) -> Iterator[Finding]:
    """CN11: what the copied settings name is on this node too, unless the packages to be installed bring it."""
    inputs, source = surroundings(view), view.asked.copy_settings_from
    if inputs is None or view.facts.source is None:
        return
    bare = bool(missing_packages(view, inputs))
    options: dict[str, list[str]] = {}
    for row in settings(view, inputs):
        for path in filter(None, (nova_copy.file_of(row.option, value) for value in row.written)):
            if row.section != "vmware" and not (bare and nova_copy.is_brought(path)):
                options.setdefault(path, []).append(f"[{row.section}] {row.option}")
    for path, names in options.items():
        if _is_absent(view, path):
            remedy = f"Copy {path} from {source} to {view.asked.host}, readable by nova there."
            detail = (
                f"{path} is not on the node; {join_names(names)} of {source} name{'s' if len(names) == 1 else ''} it"
            )
            yield finding("CN11", "failure", detail, subject=view.asked.host, remedy=remedy)


def authority_is_there(view: NodeView) -> Iterator[Finding]:
    """VC03: the file of node.ca_file is on the node and holds a certificate."""
    inputs, path = surroundings(view), view.asked.ca_file
    if inputs is None or not path or not nova.OPTIONS["vmware/ca_file"].known_in(inputs.release):
        return
    if _is_absent(view, path):
        remedy = f"Put the root of vCenter's authority into {path} on the node, or leave node.ca_file empty."
        yield finding("VC03", "failure", f"node.ca_file: {path} is not on the node", subject=path, remedy=remedy)
    elif view.facts.survey.files.get(path) and not public_part(view.facts.text(path)):
        remedy = f"Put the root of vCenter's authority, in PEM, into {path} on the node."
        yield finding("VC03", "failure", f"node.ca_file: {path} contains no certificate", subject=path, remedy=remedy)


def system_trusts_vcenter(view: NodeView) -> Iterator[Finding]:
    """VC03: with trust = "system" nova asks the node's authorities, which need not be those of this machine."""
    inputs = surroundings(view)
    if inputs is None or not nova.OPTIONS["vmware/ca_file"].known_in(inputs.release):
        return
    page = inputs.vcenter
    reach = view.facts.survey.connections.get(target(page.host, page.port))
    if page.trust.kind != "system" or view.asked.ca_file or reach is None or reach.problem:
        return
    store = view.facts.survey.packages.get("ca-certificates")
    if reach.trusted:
        yield finding("VC03", "ok", "the node's own authorities verify it", subject=view.asked.host)
    elif reach.trusted is None or not (store and store.installed):
        detail = "it is not known whether the node's own authorities verify vCenter's certificate"
        yield finding("VC03", "unknown", detail, subject=view.asked.host)
    else:
        remedy = f"{root_of(page.host)}; or install that root among the authorities of {view.asked.host}."
        detail = "this machine's authorities verify vCenter's certificate, but the node's own do not"
        yield finding("VC03", "failure", detail, subject=view.asked.host, remedy=remedy)


def _is_absent(view: NodeView, path: str) -> bool:
    """Looked for and not found; what we were not allowed to see may be there."""
    files = view.facts.survey.files
    return path in files and files[path] is None


CHECKS = (named_files_are_there, authority_is_there, system_trusts_vcenter)
