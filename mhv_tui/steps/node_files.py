"""What nova's TLS needs on the node and nobody brings: files that its settings name, authorities above all.

Says nothing of a file that could not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import Finding
from mhv_tui.domain import nova, nova_copy
from mhv_tui.domain.catalogue import found
from mhv_tui.domain.certificates import public_part
from mhv_tui.steps.checks import short
from mhv_tui.steps.node_facts import target
from mhv_tui.steps.node_plan import NodeLook, missing_packages, settings, surroundings
from mhv_tui.steps.vcenter_trust import root_of


def named_files_are_there(look: NodeLook) -> Iterator[Finding]:
    """CN11: what the copied settings name is on this node too, unless the packages to be installed bring it."""
    around, source = surroundings(look), look.asked.copy_settings_from
    if around is None or look.facts.source is None:
        return
    bare = bool(missing_packages(look, around))
    options: dict[str, list[str]] = {}
    for row in settings(look, around):
        for path in filter(None, (nova_copy.file_of(row.option, value) for value in row.written)):
            if row.section != "vmware" and not (bare and nova_copy.is_brought(path)):
                options.setdefault(path, []).append(f"[{row.section}] {row.option}")
    for path, names in options.items():
        if _is_absent(look, path):
            remedy = f"Copy {path} from {source} to {look.asked.host}, readable by nova there."
            detail = f"{path} is not on the node; {short(names)} of {source} name{'s' if len(names) == 1 else ''} it"
            yield found("CN11", "failure", detail, subject=look.asked.host, remedy=remedy)


def authority_is_there(look: NodeLook) -> Iterator[Finding]:
    """VC03: the file of node.ca_file is on the node and holds a certificate."""
    around, path = surroundings(look), look.asked.ca_file
    if around is None or not path or not nova.OPTIONS["vmware/ca_file"].known_in(around.release):
        return
    if _is_absent(look, path):
        remedy = f"Put the root of vCenter's authority into {path} on the node, or leave node.ca_file empty."
        yield found("VC03", "failure", f"node.ca_file: {path} is not on the node", subject=path, remedy=remedy)
    elif look.facts.survey.files.get(path) and not public_part(look.facts.text(path)):
        remedy = f"Put the root of vCenter's authority, in PEM, into {path} on the node."
        yield found("VC03", "failure", f"node.ca_file: {path} holds no certificate", subject=path, remedy=remedy)


def system_trusts_vcenter(look: NodeLook) -> Iterator[Finding]:
    """VC03: with trust = "system" nova asks the node's authorities, which need not be those of this machine."""
    around = surroundings(look)
    if around is None or not nova.OPTIONS["vmware/ca_file"].known_in(around.release):
        return
    page = around.vcenter
    reach = look.facts.survey.reaches.get(target(page.host, page.port))
    if page.trust.kind != "system" or look.asked.ca_file or reach is None or reach.problem:
        return
    store = look.facts.survey.packages.get("ca-certificates")
    if reach.trusted:
        yield found("VC03", "ok", "the node's own authorities verify it", subject=look.asked.host)
    elif reach.trusted is None or not (store and store.installed):
        said = "whether the node's own authorities verify it could not be seen"
        yield found("VC03", "unknown", said, subject=look.asked.host)
    else:
        remedy = f"{root_of(page.host)}; or install that root among the authorities of {look.asked.host}."
        detail = "this machine's authorities verify it, the node's own do not"
        yield found("VC03", "failure", detail, subject=look.asked.host, remedy=remedy)


def _is_absent(look: NodeLook, path: str) -> bool:
    """Looked for and not found; what we were not allowed to see may be there."""
    files = look.facts.survey.files
    return path in files and files[path] is None


CHECKS = (named_files_are_there, authority_is_there, system_trusts_vcenter)
