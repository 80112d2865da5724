"""What the roles know of nova, for one release: packages, settings to copy, options to remove, kinds of hypervisors."""

from __future__ import annotations

from collections.abc import Iterable

from mhv_tui.domain import nova, nova_copy, packages
from mhv_tui.domain.hypervisors import HYPERVISORS
from mhv_tui.domain.releases import Release
from mhv_tui.domain.tables import read
from mhv_tui.export.ansible.variables import Variables
from mhv_tui.export.ansible.yaml_text import Plain


def node_variables(
    release: Release, answered: Iterable[tuple[str, str]], libvirt: Iterable[tuple[str, str]]
) -> Variables:
    """The variables of the role node. Only the answers decide the options `answered`; `libvirt` are of its driver."""
    libraries = packages.library(release, {}).packages
    rows = packages.roads()
    names = [n for row in rows for n in (*row.offers, *row.compute, *row.flavours, row.version_of)]
    wrong: list[Plain] = [{"section": s, "option": o, "only": ["vmwareapi"]} for s, o in libvirt]
    unwanted: list[Plain] = [{"section": s, "option": o, "keep": _defaults(s, o, release)} for s, o in answered]
    return {
        "node_package_names": [*dict.fromkeys((*names, *libraries))],
        "node_packagings": [_packaging(row, libraries) for row in rows],
        "node_copied_settings": _copied(release),
        "node_removed_options": [*wrong, *unwanted],
    }


def _packaging(row: packages.Packaging, libraries: Iterable[str]) -> Plain:
    return {
        "name": row.name,
        "offers": [*row.offers],
        "packages": [*row.compute],
        "flavours": [*row.flavours],
        "libraries": [*libraries],
        "version_of": row.version_of,
        "unit": row.unit,
        "files": [*row.order],
        "directories_win": row.directories_win,
    }


def _copied(release: Release) -> Plain:
    sections, options = nova_copy.copied_names(release, "neutron")
    table = read("nova_copied")
    never, files = table["never"], table["files"]
    return {
        "sections": [*sections],
        "options": [*options],
        "never_sections": [*never["sections"]],
        "never_options": [*never["options"], *nova_copy.removed_options(release)],
        "portable": {row["option"]: [*row["under"]] for row in table["portable"]},
        "authorities": [*files["authorities"]],
        "brought": [*files["brought"]],
    }


def _defaults(section: str, name: str, release: Release) -> list[Plain]:
    """The values with which an option has no effect, in lower case."""
    option = nova.OPTIONS[f"{section}/{name}"]
    texts = [text for text in (*nova.TRUE, *nova.FALSE) if option.kind == "bool" and option.is_default(text, release)]
    return [*(texts or [(option.default(release) or "").lower()])]


def register_variables(release: Release) -> Variables:
    """The variables of the role register: the kinds of hypervisors that this release has."""
    rows: list[Plain] = [
        {"types": [*kind.shown], "tag": kind.tag, "formats": [*kind.formats]}
        for kind in HYPERVISORS.values()
        if kind.state(release) not in ("removed", "absent")
    ]
    return {"register_kinds": rows}
