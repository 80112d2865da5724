"""Filters that read and edit nova's configuration files as oslo.config reads them.

The last value of an option wins, and a `$` stays as the file has it. All other lines of a file stay the same.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

MAIN = "/etc/nova/nova.conf"
COMPUTE = "/etc/nova/nova-compute.conf"
DIRECTORIES = ("/etc/nova/nova.conf.d", "/etc/nova/nova-compute.conf.d")
"""The directories with more configuration files, in the order in which nova reads them."""

Option = tuple[str, str]
"""Section and name of an option."""


class OptionRow(TypedDict):
    """The values of an option, as the file contains them; `secret` values are written to nova.conf only."""

    section: str
    option: str
    values: list[str]
    secret: NotRequired[bool]


class RemovedOption(TypedDict):
    """An option to remove: if it has one of the values `only`, or if its last value is none of `keep`."""

    section: str
    option: str
    only: NotRequired[list[str]]
    keep: NotRequired[list[str]]


class SlurpedFile(TypedDict):
    """A file as ansible.builtin.slurp returns it: `content` is in base64."""

    source: str
    content: str


class CopyRules(TypedDict):
    """The settings to copy: sections, options, those never to copy, and the directories in which a path may be.

    `authorities`: options that name a file with certificate authorities; `brought`: such files that packages create.
    """

    sections: list[str]
    options: list[str]
    never_sections: list[str]
    never_options: list[str]
    portable: dict[str, list[str]]
    authorities: list[str]
    brought: list[str]


@dataclass
class Setting:
    """A setting: its lines in the file, from `start` to before `end`, and its value without quotes."""

    option: Option
    start: int
    end: int
    value: str


def option_of(section: str, name: str) -> Option:
    """The option's section as oslo.config compares it, and the option's name."""
    return (section if section == "DEFAULT" else section.lower()), name


def settings(lines: Sequence[str]) -> list[Setting]:
    """All settings of a file in their order."""
    rows: list[Setting] = []
    section, is_open = "", False
    for number, line in enumerate(lines):
        bare = line.rstrip()
        if bare[:1] in (" ", "\t") and is_open:
            rows[-1].value += f"\n{bare.lstrip()}"
            rows[-1].end = number + 1
            continue
        setting = re.match(r"([^\s\[#;=:][^=:]*)[=:](.*)", bare)
        is_open = bool(setting and section)
        if bare[:1] == "[" and bare[-1:] == "]":
            section = bare[1:-1]
        elif setting and section:
            value = unquoted(setting[2].strip())
            rows.append(Setting(option_of(section, setting[1].strip()), number, number + 1, value))
    return rows


def unquoted(value: str) -> str:
    return value[1:-1] if value and value[0] == value[-1] and value[0] in "\"'" else value


def quoted(value: str) -> str:
    first, *more = value.split("\n")
    return "\n  ".join([f'"{first}"' if first != first.strip() or first != unquoted(first) else first, *more])


def values_of(text: str) -> dict[Option, list[str]]:
    """All values of each option in the order of the file."""
    values: dict[Option, list[str]] = {}
    for row in settings(lines_of(text)):
        values.setdefault(row.option, []).append(row.value)
    return values


def lines_of(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def with_values(text: str, option: Option, values: Sequence[str]) -> str:
    """The text with these values of an option and no others; without values, the option is removed."""
    lines = lines_of(text)
    old = [row for row in settings(lines) if row.option == option]
    at = old[-1].start if old else place_of(lines, option)
    new = [f"{option[1]} = {quoted(value)}\n" for value in values]
    if at is None:
        new, at = ([f"\n[{option[0]}]\n", *new] if new else []), len(lines)
    if at and new and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    removed = {number for row in old for number in range(row.start, row.end)}
    before = [line for number, line in enumerate(lines[:at]) if number not in removed]
    after = [line for number, line in enumerate(lines[at:], at) if number not in removed]
    return "".join([*before, *new, *after])


def place_of(lines: Sequence[str], option: Option) -> int | None:
    """The line of a new setting: below its commented default, else below its section's name; None if it has none."""
    section, place = "", None
    for number, line in enumerate(lines):
        bare = line.rstrip()
        if bare[:1] == "[" and bare[-1:] == "]":
            section = bare[1:-1]
            is_first = place is None and option_of(section, option[1]) == option
            place = number + 1 if is_first else place
        elif option_of(section, option[1]) == option and re.match(rf"[#;]\s*{re.escape(option[1])}\s*[=:]", bare):
            return number + 1
    return place


def decoded(content: str) -> str:
    return base64.b64decode(content).decode()


def nova_conf_copied(content: str, rules: CopyRules) -> list[OptionRow]:
    """The settings that a new compute node needs from nova.conf of a working one (in base64).

    In the values, $my_ip and $host are replaced by the values of that file, because they differ on the new node.
    """
    current = values_of(decoded(content))
    rows: list[OptionRow] = []
    for (section, name), values in current.items():
        full_name = f"{section}/{name}"
        is_copied = section in rules["sections"] or full_name in rules["options"]
        if not is_copied or section in rules["never_sections"] or full_name in rules["never_options"]:
            continue
        places = rules["portable"].get(full_name)
        if places is None or all(any(f"{v}/".startswith(f"{p}/") for p in places) for v in values):
            own = [settled(value, current) for value in values]
            rows.append({"section": section, "option": name, "values": own, "secret": True})
    return rows


def nova_conf_authorities(copied: Sequence[OptionRow], rules: CopyRules) -> list[str]:
    """The files with certificate authorities that the copied settings name, except those that packages create."""
    values = [value.strip() for row in copied if row["option"] in rules["authorities"] for value in row["values"]]
    paths = [value for value in values if value.startswith("/") and "$" not in value]
    return [path for path in dict.fromkeys(paths) if path not in rules["brought"]]


def settled(value: str, current: Mapping[Option, list[str]]) -> str:
    for name in ("my_ip", "host"):
        for own in current.get(("DEFAULT", name), [])[-1:]:
            pattern = rf"(?<!\$)\$(?:{name}\b|{{{name}}})"
            value = re.sub(pattern, own.replace("\\", r"\\"), value)
    return value


def nova_conf_paths(paths: Sequence[str], main: Sequence[str], directories_win: bool) -> list[str]:
    """The configuration files in the order in which nova-compute reads them; `main` are those in no directory."""
    own = [path for path in main if path in paths]
    others = [path for place in DIRECTORIES for path in sorted(paths) if path.rpartition("/")[0] == place]
    return [*own, *others] if directories_win else [*others, *own]


def nova_conf_changes(
    files: Sequence[SlurpedFile],
    rows: Sequence[OptionRow],
    copied: Sequence[OptionRow],
    removed: Sequence[RemovedOption],
) -> list[dict[str, str]]:
    """Path and new text of each file that must change; `files` (from slurp) are in the order in which nova reads them.

    nova.conf gets all settings. A later file that sets one of them to another value is corrected; it gets no secret.
    """
    own = {option_of(row["section"], row["option"]): row for row in (*copied, *rows)}
    paths = [file["source"] for file in files]
    changes = []
    for file in files:
        path, text = file["source"], decoded(file["content"])
        later = MAIN in paths and paths.index(path) > paths.index(MAIN)
        new = text
        for option, values in edits(path, later, values_of(text), own, removed):
            new = with_values(new, option, values)
        if new != text:
            changes.append({"path": path, "text": new})
    return changes


def edits(
    path: str,
    later: bool,
    current: Mapping[Option, list[str]],
    own: Mapping[Option, OptionRow],
    removed: Sequence[RemovedOption],
) -> Iterator[tuple[Option, list[str]]]:
    """The options to set in a file, and those to remove, which get no values."""
    for option, row in own.items():
        values = [str(value) for value in row["values"]]
        now = current.get(option, [])
        differs = (now[-1:] if len(values) == 1 else now) != values
        is_driver = path == COMPUTE and option == ("DEFAULT", "compute_driver")
        if differs and (path == MAIN or is_driver or (later and now)):
            yield option, ([] if later and row.get("secret") else values)
    for wrong in removed:
        option = option_of(wrong["section"], wrong["option"])
        now = current.get(option, [])
        if now and option not in own and is_wrong(now, wrong):
            yield option, []


def is_wrong(values: Sequence[str], row: RemovedOption) -> bool:
    if "only" in row:
        return any(value in row["only"] for value in values)
    return values[-1].lower() not in row["keep"]


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {
            "nova_conf_authorities": nova_conf_authorities,
            "nova_conf_changes": nova_conf_changes,
            "nova_conf_copied": nova_conf_copied,
            "nova_conf_paths": nova_conf_paths,
        }
