"""The settings that a new compute node copies from a working node: queue, Keystone, Placement and others.

Never copies settings of one node or one hypervisor. Values stay escaped, as they are in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mhv_tui.domain import ini
from mhv_tui.domain.nova import Networking, unescape
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read

CopiedOption = tuple[str, str, str]
"""Section, name and value of an option. The value is written as in the file."""


def copied(text: str, release: Release, networking: Networking) -> list[CopiedOption]:
    """Returns the settings that the new node needs from `text`, a working compute node's nova.conf, in their order.

    In the values, `$my_ip` and `$host` are replaced by the values of that file, because on the new node they differ.
    """
    whole, single = map(set, copied_names(release, networking))
    settings: list[CopiedOption] = []
    for section in ini.sections(text):
        group = section if section == "DEFAULT" else section.lower()
        for key, value in ini.items(text, section):
            if group in whole or f"{group}/{key}" in single:
                settings.append((group, key, _settled(text, value)))
    removed = removed_options(release)
    return [
        (section, key, value)
        for section, key, value in settings
        if not is_never_copied(section, key) and f"{section}/{key}" not in removed and _is_portable(section, key, value)
    ]


def copied_names(release: Release, networking: Networking) -> tuple[list[str], list[str]]:
    """Returns the sections to copy whole, and the single options as `section/name`; some of them are never copied."""
    rows = list(_rows(release, networking))
    sections = (section for row in rows for section in row.get("sections", ()))
    options = (option for row in rows for option in row.get("options", ()))
    return list(dict.fromkeys(sections)), list(dict.fromkeys(options))


def is_never_copied(section: str, key: str) -> bool:
    """Returns True if the setting belongs to one node, one hypervisor or one set of files."""
    never = read("nova_copied")["never"]
    return section in never["sections"] or f"{section}/{key}" in never["options"]


def removed_options(release: Release) -> list[str]:
    """Returns the options of copied sections that nova of `release` does not have any more, as `section/name`."""
    return [option for row in read("nova_copied")["removed"] if _in_range(row, release) for option in row["options"]]


def _is_portable(section: str, key: str, value: str) -> bool:
    rows = (row for row in read("nova_copied")["portable"] if row["option"] == f"{section}/{key}")
    return all(any(f"{value}/".startswith(f"{place}/") for place in row["under"]) for row in rows)


def file_of(key: str, value: str) -> str:
    """Returns the file that a copied setting names, which the new node needs too.

    Returns "" if the setting names no file, or if its path
    contains another option's value."""
    files, path = read("nova_copied")["files"], unescape(value).strip()
    return path if key in (*files["authorities"], *files["own"]) and path.startswith("/") and "$" not in value else ""


def authority_of(key: str, value: str) -> str:
    """Returns the file with authorities that a copied setting names, unless packages install it; else ""."""
    path = file_of(key, value)
    return path if key in read("nova_copied")["files"]["authorities"] and not is_brought(path) else ""


def is_brought(path: str) -> bool:
    """Returns True if nova's packages install the file."""
    return path in read("nova_copied")["files"]["brought"]


def lacking(text: str, release: Release) -> list[str]:
    """Returns the options that a compute node of `release` needs and `text` lacks, as `section/name`."""
    needed = read("nova_copied")["needed"]
    rows = [n for n in needed if _in_range(n, release)]
    return [n["any_of"][0] for n in rows if not any(ini.get(text, *option.split("/")) for option in n["any_of"])]


def _rows(release: Release, networking: Networking) -> Iterator[dict[str, list[str]]]:
    for row in read("nova_copied")["copied"]:
        if row.get("networking", networking) == networking and _in_range(row, release):
            yield row


def _in_range(row: dict[str, str], release: Release) -> bool:
    first, last = row.get("since"), row.get("until")
    return (not first or by_name(first) <= release) and (not last or release <= by_name(last))


def _settled(text: str, value: str) -> str:
    for name in ("my_ip", "host"):
        own = ini.get(text, "DEFAULT", name)
        if own:
            value = re.sub(rf"(?<!\$)\$(?:{name}\b|{{{name}}})", lambda _, own=own: own[-1], value)  # type: ignore[misc]
    return value
