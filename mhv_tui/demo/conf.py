"""Reads nova's configuration files like oslo.config, for the simulated nova-compute.

Does not use the code that writes these files. The rules were tested with oslo.config 10.7: the last value wins, `$$`
means `$`, inline comments do not exist, and an indented line continues the setting above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mhv_tui.demo.rows import Row

FILES = ("/etc/nova/nova.conf", "/etc/nova/nova-compute.conf")
"""The configuration files in the order in which nova-compute reads them. The last value wins."""

DIRECTORIES = ("/etc/nova/nova.conf.d/", "/etc/nova/nova-compute.conf.d/")
"""Their *.conf files are read before FILES if the service names FILES with --config-file (Debian), else after them."""

OptionValues = dict[tuple[str, str], list[str]]

_REFERENCE = re.compile(r"\$\$|\\\$|\$\{?([A-Za-z_][A-Za-z0-9_.]*)\}?")


class BadValue(Exception):
    """An error for a value that oslo.config cannot read, with the message of oslo.config."""


class Unparsable(Exception):
    """A line that oslo.config cannot read, with its message."""


def read(files: Iterable[tuple[str, str]]) -> OptionValues:
    """Returns all values of all options, in the order of the files (path, text). Raises Unparsable."""
    options: OptionValues = {}
    for path, text in files:
        for section, key, value_text in _entries(path, text):
            options.setdefault((section, key), []).append(value_text)
    return options


def files_of(machine: Row) -> list[tuple[str, str]]:
    """Path and text of the machine's configuration files, in the order in which nova-compute reads them."""
    files: Row = machine["files"]
    snippets = [
        path
        for directory in DIRECTORIES
        for path in sorted(files)
        if path.startswith(directory) and path.endswith(".conf") and "/" not in path.removeprefix(directory)
    ]
    main = [path for path in FILES if path in files]
    order = [*main, *snippets] if "openstack-nova-compute" in machine["units"] else [*snippets, *main]
    return [(path, files[path]["content"]) for path in order]


def value(options: OptionValues, section: str, key: str, default: str = "") -> str:
    """Returns the effective value of an option. Raises BadValue for a reference to an unknown option."""
    texts = options.get((section, key))
    return substitute(options, unquote(texts[-1])) if texts else default


def values(options: OptionValues, section: str, key: str) -> list[str]:
    """Returns all values of an option that can be repeated."""
    return [substitute(options, unquote(text)) for text in options.get((section, key), [])]


def is_true(text: str) -> bool:
    """Returns the value of a boolean text as oslo.config reads it."""
    return text.strip().lower() in ("true", "1", "on", "yes")


def unquote(text: str) -> str:
    """Removes one pair of outer quotes."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def substitute(options: OptionValues, text: str) -> str:
    """Replaces $name by the option of that name. Raises BadValue if there is no such option."""

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "$"
        if ("DEFAULT", name) not in options:
            raise BadValue(f"no such option {name} in group [DEFAULT]")
        return value(options, "DEFAULT", name)

    return _REFERENCE.sub(one, text)


def _entries(path: str, text: str) -> Iterator[tuple[str, str, str]]:
    section, setting = "", None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if setting and stripped and line[0] in " \t":
            setting = (*setting[:2], f"{setting[2]}\n{stripped}")
            continue
        if setting:
            yield setting
            setting = None
        if not stripped or line[0] in "#;":
            continue
        place = f"Failed to parse {path}: at {path}:{number}"
        if line[0] == "[" and stripped[-1] == "]":
            section = stripped[1:-1]
        elif message := _refusal(line, section):
            raise Unparsable(f"{place}, {message}: {line!r}")
        else:
            key, _, text_value = _split(stripped)
            setting = (section, key.strip(), text_value.strip())
    if setting:
        yield setting


def _refusal(line: str, section: str) -> str:
    """oslo.config's message for a line that starts no section; "" if it is a setting."""
    if line[0] in " \t":
        return "Unexpected continuation line"
    if line[0] == "[":
        return "Invalid section (must end with ])"
    if not _split(line)[1]:
        return "No ':' or '=' found in assignment"
    return "" if section else "Section must be started before assignment"


def _split(line: str) -> tuple[str, str, str]:
    """Returns key, sign ("=" or "") and value of a line. The sign is the first = or : of the line."""
    positions = [p for p in (line.find("="), line.find(":")) if p > 0]
    return (line[: min(positions)], "=", line[min(positions) + 1 :]) if positions else (line, "", "")
