"""An SSH host as a table of the answer file: every error of it at once, each with its key.

Looks up no more than a ~user; refuses keys that are not known, values of the wrong type, and ports that are none.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from mhv_tui.core.machine import SECRET_KEYS, SshHost
from mhv_tui.core.secret import SecretRef

HOST_KEYS = tuple(f.name for f in dataclasses.fields(SshHost) if f.compare)


class WrongHost(ValueError):
    """What is wrong in a host's table: (key, "what is wrong; what is right") of each error."""

    def __init__(self, parts: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{key} {said}" for key, said in parts))
        self.parts = parts


def port_rule(value: int) -> str:
    """Of a TCP port: "" where it is one, else what is wrong and what is right."""
    return "" if 1 <= value <= 65535 else f"{value} is no TCP port; write a number from 1 to 65535"


def url_rule(value: str) -> str:
    """Of a URL: "" if it has no user name or password in it, else what is wrong and what is right."""
    if re.search(r"//[^/?#]*@|//[^/]*:[^/]*/[^/]*@", value):
        return "has a user name or a password in it; write username and password as keys of their own"
    return ""


def host_key_rule(value: str) -> str:
    """Of a host key's SHA-256: "" where it is one or none, else what is wrong and what is right."""
    if not value or re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", value):
        return ""
    return f"{value!r} is no host key; write SHA256: and its 43 characters, as `ssh-keygen -l` shows it"


def one_line(value: str) -> str:
    """Of a text: "" where it is one line, else what is wrong and what is right."""
    if "\0" in value:
        return "has a NUL character; write text without it"
    return "has a line break; write one line" if "\n" in value or "\r" in value else ""


def local_path(value: str) -> str:
    """Of a path on this machine: "" where it is one, else what is wrong and what is right."""
    try:
        Path(value).expanduser()
    except RuntimeError:
        return f"names a home that is not there: {value.split('/')[0]}; write the path from / on"
    return one_line(value)


def kind_of(value: Any) -> str:
    """What a TOML value is, in words."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    times = {date: "a day", datetime: "a day with its hour", time: "an hour"}
    return {**names, **times}.get(type(value), type(value).__name__)


def parse_host(table: Mapping[str, Any]) -> SshHost:
    """An SSH host from a table with the keys of [node]. Raises WrongHost."""
    wrong: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            values[key] = _value(key, value)
        except ValueError as error:
            wrong.append((key, str(error)))
    if table.get("host", "") == "":
        wrong.append(("host", "is not given; write host = the name or address"))
    if wrong:
        raise WrongHost(tuple(wrong))
    return SshHost(**values)


def _value(key: str, value: Any) -> Any:
    if key not in HOST_KEYS:
        raise ValueError(f"is not known; the keys are {', '.join(HOST_KEYS)}")
    if key in SECRET_KEYS:
        return SecretRef.parse(value)
    if key == "port":
        wrong, said = type(value) is not int, "write a whole number"
    else:
        wrong, said = not isinstance(value, str), "write text"
    if wrong:
        raise ValueError(f"is {kind_of(value)}; {said}")
    rules: dict[str, Callable[[Any], str]] = {"port": port_rule, "key_file": local_path, "host_key": host_key_rule}
    if said := rules.get(key, one_line)(value):
        raise ValueError(said)
    return value
