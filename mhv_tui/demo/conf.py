"""Reads nova's configuration files like oslo.config, for the simulated nova-compute.

Does not use the code that writes these files. The rules were tested with oslo.config 10.7: the last value wins, `$$`
means `$`, and inline comments do not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FILES = ("/etc/nova/nova.conf", "/etc/nova/nova-compute.conf")
"""The configuration files in the order in which nova-compute reads them. The last value wins."""

OptionValues = dict[tuple[str, str], list[str]]

_REFERENCE = re.compile(r"\$\$|\\\$|\$\{?([A-Za-z_][A-Za-z0-9_.]*)\}?")


class BadValue(Exception):
    """An error for a value that oslo.config cannot read, with the message of oslo.config."""


def read(texts: Iterable[str]) -> OptionValues:
    """Returns all values of all options, in the order of the files."""
    options: OptionValues = {}
    for text in texts:
        for section, key, value_text in _entries(text):
            options.setdefault((section, key), []).append(value_text)
    return options


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


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1]
            continue
        key, sign, text_value = _split(stripped)
        if sign and section:
            yield section, key.strip(), text_value.strip()


def _split(line: str) -> tuple[str, str, str]:
    """Returns key, sign ("=" or "") and value of a line. The sign is the first = or : of the line."""
    positions = [p for p in (line.find("="), line.find(":")) if p > 0]
    return (line[: min(positions)], "=", line[min(positions) + 1 :]) if positions else (line, "", "")
