"""What oslo.config reads from a service's files, for the simulated nova-compute: a second reader, independent of what
mhv-tui writes them with. Rules as tested with oslo.config 10.7: later wins, `$$` is `$`, no inline comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FILES = ("/etc/nova/nova.conf", "/etc/nova/nova-compute.conf")
"""In the order nova-compute reads them: the later one wins."""

Options = dict[tuple[str, str], list[str]]

_REFERENCE = re.compile(r"\$\$|\\\$|\$\{?([A-Za-z_][A-Za-z0-9_.]*)\}?")


class BadValue(Exception):
    """A value that oslo.config cannot read; the message is its own."""


def read(texts: Iterable[str]) -> Options:
    """Every value given, in the order of the files."""
    options: Options = {}
    for text in texts:
        for section, key, value in _entries(text):
            options.setdefault((section, key), []).append(value)
    return options


def last(options: Options, section: str, key: str, default: str = "") -> str:
    """The value in force. Raises BadValue for a bare dollar sign."""
    values = options.get((section, key))
    return substituted(options, unquoted(values[-1])) if values else default


def every(options: Options, section: str, key: str) -> list[str]:
    """All values of an option that may be repeated."""
    return [substituted(options, unquoted(v)) for v in options.get((section, key), [])]


def true(value: str) -> bool:
    """A boolean as oslo.config spells it."""
    return value.strip().lower() in ("true", "1", "on", "yes")


def unquoted(value: str) -> str:
    """Without its pair of outer quotes."""
    paired = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if paired else value


def substituted(options: Options, value: str) -> str:
    """With $name replaced by the option of that name."""

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "$"
        if ("DEFAULT", name) not in options:
            raise BadValue(f"no such option {name} in group [DEFAULT]")
        return last(options, "DEFAULT", name)

    return _REFERENCE.sub(one, value)


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if bare.startswith("[") and bare.endswith("]"):
            section = bare[1:-1]
            continue
        key, sign, value = _split(bare)
        if sign and section:
            yield section, key.strip(), value.strip()


def _split(line: str) -> tuple[str, str, str]:
    places = [p for p in (line.find("="), line.find(":")) if p > 0]
    return (line[: min(places)], "=", line[min(places) + 1 :]) if places else (line, "", "")
