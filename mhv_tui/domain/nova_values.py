"""The values of nova.conf as oslo.config reads them: which ones nova refuses, and which other options they refer to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from mhv_tui.core.text import join_names
from mhv_tui.domain.nova import FALSE, OPTIONS, TRUE, Option, unescape
from mhv_tui.domain.releases import Release

_REFERENCE = re.compile(r"\$\$|\$(?:([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})", re.IGNORECASE)
"""oslo.config's string.Template: `$$`, `$name` or `${name}`; any other `$` is literal."""

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


def references(value: str) -> tuple[str, ...]:
    """The names of options whose values oslo.config puts into a raw value."""
    matches = _REFERENCE.finditer(value.replace(r"\$", "$$"))
    return tuple(match[1] or match[2] for match in matches if match[1] or match[2])


def unknown_references(value: str, section: str, release: Release) -> tuple[str, ...]:
    """The references that nova of `release` cannot resolve: it does not start with such a value.

    A name is first an option of the same section, then of DEFAULT; `group.name` is an option of that group.
    """
    return tuple(name for name in references(value) if not _is_known(name, section, release))


def _is_known(name: str, section: str, release: Release) -> bool:
    group, dot, option = name.partition(".")
    keys = [f"{group}/{option}"] if dot and group != "DEFAULT" else [f"{section}/{name}", f"DEFAULT/{name}"]
    return any(key in OPTIONS and OPTIONS[key].known_in(release) for key in keys)


def refusal(option: Option, value: str, release: Release) -> str:
    """What nova of `release` accepts for the option; "" if it accepts the raw value.

    A value with a reference is not checked, as the other option's value is not known.
    """
    if references(value) or not option.checked_in(release):
        return ""
    return KINDS[option.kind](option, unescape(value), release)


def _bool(option: Option, value: str, release: Release) -> str:
    return "" if value.lower() in (*TRUE, *FALSE) else "true or false"


def _number(option: Option, value: str, release: Release) -> str:
    """oslo.config takes an empty text as unset."""
    least = option.least(release)
    expected = "a number" if option.kind == "float" else "a whole number"
    if not value.strip():
        return ""
    try:
        number = float(value) if option.kind == "float" else int(value)
    except ValueError:
        return expected if least is None else f"{expected}, {least} or more"
    return "" if least is None or number >= least else f"{least} or more"


def _port(option: Option, value: str, release: Release) -> str:
    try:
        good = not value.strip() or 0 <= int(value) <= 65535
    except ValueError:
        good = False
    return "" if good else "a port from 0 to 65535"


def _uri(option: Option, value: str, release: Release) -> str:
    try:
        parts = urlsplit(value)
        good = bool(parts.hostname) and (not option.schemes or value.partition(":")[0] in option.schemes)
    except ValueError:
        good = False
    kinds = join_names(f"{scheme}://HOST:PORT" for scheme in option.schemes) if option.schemes else "SCHEME://HOST"
    return "" if good and " " not in value else f"a URI such as {kinds}"


def _host(option: Option, value: str, release: Release) -> str:
    """An address, or a name of letters, digits and hyphens whose last label is not a number."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        labels = value.removesuffix(".").split(".")
        named = all(map(_LABEL.fullmatch, labels)) and re.search("[A-Za-z-]", labels[-1]) and len(value) <= 253
        return "" if named else "an address or a host name of letters, digits, hyphens and dots"
    return ""


KINDS: Mapping[str, Callable[[Option, str, Release], str]] = {
    "text": lambda option, value, release: "",
    "bool": _bool,
    "int": _number,
    "float": _number,
    "port": _port,
    "uri": _uri,
    "host": _host,
}
"""The rule of each kind in nova_options.toml. Source: oslo_config/types.py."""
